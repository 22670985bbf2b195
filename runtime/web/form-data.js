// https://xhr.spec.whatwg.org/#interface-formdata

import {
  list, PrimordialTypeError as TypeError, toArray,
} from "../primordials.js";
import {
  defineInterface, definePairIterable, isObject, requireArguments,
  requireBrand, toUSVString,
} from "../core/webidl.js";
import { isBlob } from "./blob.js";
import { BodyState } from "./body.js";
import { addBodyKind } from "./extract.js";
import { asFile, isFile } from "./file.js";
import { encodeMultipart } from "./multipart.js";

let isFormData;
let entriesOf;
export let createFormData;        // of a list of [name, value]

// https://xhr.spec.whatwg.org/#create-an-entry, for arguments of append() and
// set(): with a third one, the value must be a Blob.
function toEntry(name, value, filename, given, where) {
  name = toUSVString(name);
  if (!isBlob(value)) {
    if (given > 2) {
      throw new TypeError(
        `Failed to execute '${where}': parameter 2 is not of type 'Blob'.`);
    }
    return [name, toUSVString(value)];
  }
  if (filename !== undefined) {
    return [name, asFile(value, toUSVString(filename))];
  }
  return [name, isFile(value) ? value : asFile(value, "blob")];
}

export class FormData {
  #entries = list();

  static {
    isFormData = (value) => isObject(value) && #entries in value;
    entriesOf = (data) => data.#entries;
    createFormData = (entries) => {
      const data = new FormData();
      data.#entries = entries;
      return data;
    };
  }

  // There are no forms here.
  constructor(form = undefined, submitter = undefined) {
    if (form === undefined && (submitter === undefined || submitter === null)) {
      return;
    }
    throw new TypeError(
      "Failed to construct 'FormData': parameter 1 is not of type " +
      "'HTMLFormElement'.");
  }

  append(name, value, filename = undefined) {
    const where = "FormData.append";
    requireBrand(isFormData(this));
    requireArguments(arguments.length, 2, where);
    const entry = toEntry(name, value, filename, arguments.length, where);
    this.#entries[this.#entries.length] = entry;
  }

  delete(name) {
    requireBrand(isFormData(this));
    requireArguments(arguments.length, 1, "FormData.delete");
    name = toUSVString(name);
    const entries = this.#entries;
    let n = 0;
    for (let i = 0; i < entries.length; i++) {
      if (entries[i][0] !== name) entries[n++] = entries[i];
    }
    entries.length = n;
  }

  get(name) {
    requireBrand(isFormData(this));
    requireArguments(arguments.length, 1, "FormData.get");
    name = toUSVString(name);
    for (let i = 0; i < this.#entries.length; i++) {
      if (this.#entries[i][0] === name) return this.#entries[i][1];
    }
    return null;
  }

  getAll(name) {
    requireBrand(isFormData(this));
    requireArguments(arguments.length, 1, "FormData.getAll");
    name = toUSVString(name);
    const values = list();
    for (let i = 0; i < this.#entries.length; i++) {
      if (this.#entries[i][0] === name) {
        values[values.length] = this.#entries[i][1];
      }
    }
    return toArray(values);
  }

  has(name) {
    requireBrand(isFormData(this));
    requireArguments(arguments.length, 1, "FormData.has");
    name = toUSVString(name);
    for (let i = 0; i < this.#entries.length; i++) {
      if (this.#entries[i][0] === name) return true;
    }
    return false;
  }

  set(name, value, filename = undefined) {
    const where = "FormData.set";
    requireBrand(isFormData(this));
    requireArguments(arguments.length, 2, where);
    const entry = toEntry(name, value, filename, arguments.length, where);
    const entries = this.#entries;
    let n = 0;
    let found = false;
    for (let i = 0; i < entries.length; i++) {
      if (entries[i][0] !== entry[0]) {
        entries[n++] = entries[i];
      } else if (!found) {
        found = true;
        entries[n++] = entry;
      }
    }
    if (!found) entries[n++] = entry;
    entries.length = n;
  }
}
defineInterface(FormData);
definePairIterable(FormData, {
  name: "FormData",
  requireOurs(self) { requireBrand(isFormData(self)); },
  pairAt: (data, index) => entriesOf(data)[index],
});

addBodyKind((value) => isFormData(value), (data) => {
  const { boundary, bytes } = encodeMultipart(entriesOf(data));
  return {
    body: BodyState.ofBytes(bytes),
    type: `multipart/form-data; boundary=${boundary}`,
  };
});
