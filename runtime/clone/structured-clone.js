// structuredClone(), and what postMessage() does with a message: they copy
// within an isolate, so nothing is written to bytes.

import { KIND_ARRAY_BUFFER, KIND_VIEW, v8 } from "../native.js";
import {
  list, ObjectGetPrototypeOf, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { dataCloneError, transferableOf } from "../core/clone.js";
import { toSequence } from "../core/convert.js";
import { interfaceOf, isObject, requireArguments } from "../core/webidl.js";
import { Copy, Deferred, madeOf } from "./copy.js";
import { makeError, setCause } from "./errors.js";
import { copyLeaf, requireAttached, viewOf } from "./leaves.js";

class Clone extends Copy {
  constructor() {
    super();
  }

  copyLeaf(kind, value) {
    if (kind === KIND_VIEW) return this.#copyView(value);
    return copyLeaf(kind, value);
  }

  // A view of a buffer that is transferred is made when it has been.
  #copyView(view) {
    const { buffer, make } = viewOf(view);
    const copied = this.copy(buffer);
    return this.later !== null && Deferred.is(copied)
      ? new Deferred(() => make(copied.get())) : make(copied);
  }

  copyPlatformObject(cloneable, value) {
    return cloneable.read(cloneable.write(value));
  }

  copyErrorParts(parts) {
    return makeError(parts[0], parts[1], parts[2]);
  }

  setCause(error, cause) {
    setCause(error, cause);
  }
}

// [value, what was transferred], both in this isolate.
// https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializewithtransfer
export function cloneWithTransfer(value, transfer, where) {
  const clone = new Clone();
  if (transfer.length === 0) return { value: clone.copy(value), moved: list() };

  const moves = list();
  for (let i = 0; i < transfer.length; i++) {
    const object = transfer[i];
    if (clone.memory.has(object)) {
      throw dataCloneError(
        `Failed to execute '${where}': value at index ${i} is a duplicate of ` +
        "an earlier one.");
    }
    moves[i] = moveOf(object, i, where);
    clone.memory.set(object, moves[i].copy);
  }

  clone.later = list();
  const copied = clone.copy(value);
  for (let i = 0; i < moves.length; i++) moves[i].check();
  const moved = list();
  for (let i = 0; i < moves.length; i++) moved[i] = moves[i].run();
  for (let i = 0; i < clone.later.length; i++) clone.later[i]();
  return { value: madeOf(copied), moved };
}

// What is done with an object in the list: "copy" stands for what it becomes.
function moveOf(object, index, where) {
  if (v8.cloneKind(object) === KIND_ARRAY_BUFFER) {
    const copy = new Deferred(() => v8.transfer(object));
    return {
      copy, check: () => requireAttached(object), run: () => copy.get(),
    };
  }

  let prototype = ObjectGetPrototypeOf(object);
  for (; prototype !== null; prototype = ObjectGetPrototypeOf(prototype)) {
    const transferable = transferableOf(prototype);
    if (transferable?.is(object)) {
      const copy = transferable.receive();
      return {
        copy,
        check() {
          if (transferable.detached(object)) {
            throw dataCloneError(
              `Failed to execute '${where}': value at index ${index} is ` +
              "detached.");
          }
        },
        run() {
          transferable.send(object, copy);
          return copy;
        },
      };
    }
    const name = interfaceOf(prototype)?.name;
    if (name === "ReadableStream" || name === "WritableStream" ||
        name === "TransformStream") {
      throw dataCloneError(
        `Failed to execute '${where}': transferring a ${name} is not ` +
        "supported yet.");
    }
  }
  throw dataCloneError(
    `Failed to execute '${where}': value at index ${index} does not have a ` +
    "transferable type.");
}

// The member "transfer" of StructuredSerializeOptions.
export function toTransferList(value, where, method = undefined) {
  return toSequence(value, (object) => {
    if (isObject(object)) return object;
    throw new TypeError(
      `Failed to execute '${where}': an element of transfer is not an object.`);
  }, where, "transfer", method);
}

export function transferOf(options, where) {
  if (options === undefined || options === null) return list();
  if (!isObject(options)) {
    throw new TypeError(
      `Failed to execute '${where}': parameter 2 is not an object.`);
  }
  const { transfer } = options;
  return transfer === undefined ? list() : toTransferList(transfer, where);
}

// https://html.spec.whatwg.org/multipage/structured-data.html#dom-structuredclone
export function structuredClone(value, options = undefined) {
  const where = "structuredClone";
  requireArguments(arguments.length, 1, where);
  return cloneWithTransfer(value, transferOf(options, where), where).value;
}
