// How functions and classes are shown.

import {
  FunctionPrototypeToString, ObjectGetPrototypeOf, StringPrototypeEndsWith,
  StringPrototypeStartsWith,
} from "../primordials.js";
import { descriptorOf } from "../core/properties.js";
import {
  ASYNC, functionKind, GENERATOR_FUNCTION, getSafely, isProxy,
} from "./kinds.js";

const ownName = (value) => {
  const name = descriptorOf(value, "name")?.value;
  return typeof name === "string" ? name : "";
};

function isClass(value) {
  const text = FunctionPrototypeToString(value);
  return StringPrototypeStartsWith(text, "class") &&
    StringPrototypeEndsWith(text, "}");
}

export function functionText(value, constructor, tag) {
  const tagText = tag !== "" && constructor !== tag ? ` [${tag}]` : "";
  if (isClass(value)) {
    const name = ownName(value);
    let text = name === "" ? "[class (anonymous)" : `[class ${name}`;
    if (constructor !== "Function" && constructor !== null) {
      text += ` [${constructor}]`;
    }
    text += tagText;
    const parent = ObjectGetPrototypeOf(value);
    if (constructor === null) {
      text += " extends null";
    } else if (parent !== null && !isProxy(parent)) {
      const parentName = getSafely(parent, "name");
      if (typeof parentName === "string" && parentName !== "") {
        text += ` extends ${parentName}`;
      }
    }
    return `${text}]`;
  }

  const kind = functionKind(value);
  let type = "Function";
  if (kind & GENERATOR_FUNCTION) type = `Generator${type}`;
  if (kind & ASYNC) type = `Async${type}`;
  const name = getSafely(value, "name");
  let text = `[${type}`;
  if (constructor === null) text += " (null prototype)";
  text += typeof name === "string" && name !== "" ? `: ${name}`
    : " (anonymous)";
  text += "]";
  if (constructor !== type && constructor !== null) text += ` ${constructor}`;
  return text + tagText;
}
