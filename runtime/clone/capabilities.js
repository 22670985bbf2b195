// Values that hold capabilities: the env of a worker that is loaded, and the
// props of an export, which only ever come back to the worker that made them.

import {
  CALL_GRANTS, GRANT_CAPABILITY, GRANT_ENTRYPOINT, v8,
} from "../native.js";
import {
  list, PrimordialRangeError as RangeError, PrimordialUint8Array as Uint8Array,
  toArray, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeSet,
} from "../primordials.js";
import { joinBytes, write32 } from "../core/bytes.js";
import {
  dataCloneError, TAG_CAPABILITY, TAG_EXPORT, TAG_GRANT, toBytes,
} from "../core/clone.js";
import { fetcherTarget } from "../core/remote.js";
import { FETCHER, LOADER } from "../worker/capabilities.js";
import { worker } from "../worker/entrypoints.js";
import { loaderCapability } from "../worker/loader.js";
import { classNotSerializable } from "./copy.js";
import { Plain } from "./plain.js";

const MAX_GRANTS = 1000;
const MAX_CALL_GRANTS = 255;
const GRANT_SIZE = 24;

const isLoaded = () => dataCloneError(
  "Entrypoints to dynamically-loaded workers cannot be transferred to other " +
  "Workers, because the system does not know how to reload this Worker from " +
  "scratch. Instead, have the parent Worker expose an entrypoint which " +
  "constructs the dynamic worker and forwards to it.");

const isLive = () => dataCloneError(
  "A stub of an RPC session could not be cloned: it ends with the session.");

const isGranted = () => dataCloneError(
  "A stub in the props that a Worker was called with could not be cloned: it " +
  "ends with that call.");

// Throws for what belongs to an RPC session, or to a worker that was loaded.
export function requireGivable(target) {
  if (target.stub !== null || (target.self && !worker.isHost)) throw isLoaded();
  if (target.ref !== null) throw isLive();
}

// ... and for what belongs to a call of this worker.
function requireLasting(target) {
  requireGivable(target);
  if (target.capability >= CALL_GRANTS) throw isGranted();
}

const parts = (...values) => toArray(values);

// What a stub is: { kind, target }, or undefined.
function capabilityOf(value) {
  const target = fetcherTarget(value);
  if (target !== undefined) return { kind: FETCHER, target };
  const capability = loaderCapability(value);
  return capability === undefined ? undefined : {
    kind: LOADER, target: { capability, stub: null, self: false, ref: null },
  };
}

// What is granted to one loaded worker: with its code, or with one call of it.
class Grants {
  #records = list();
  #max;
  #holder;
  #requireRight;

  constructor(max, holder, requireRight) {
    this.#max = max;
    this.#holder = holder;
    this.#requireRight = requireRight;
  }

  // Its index.  One for each time: nginx does not care.
  add(target) {
    this.#requireRight(target);
    const index = this.#records.length;
    if (index >= this.#max) {
      throw new RangeError(
        `The ${this.#holder} more than ${this.#max} stubs.`);
    }
    this.#records[index] = target.self
      ? record(
        GRANT_ENTRYPOINT, 0, v8.utf8Encode(target.entrypoint), target.props)
      : record(GRANT_CAPABILITY, target.capability, null, null);
    return index;
  }

  // As wire/dw_wire.h has them, or null for none.
  toBytes() {
    return this.#records.length === 0 ? null : joinBytes(this.#records);
  }
}

function record(kind, capability, name, props) {
  const nameSize = name === null ? 0 : TypedArrayPrototypeGetByteLength(name);
  const propsSize =
    props === null ? 0 : TypedArrayPrototypeGetByteLength(props);
  const bytes = new Uint8Array(GRANT_SIZE + nameSize + propsSize);
  bytes[0] = kind;
  write32(bytes, 4, nameSize);
  write32(bytes, 8, propsSize);
  write32(bytes, 16, capability);
  write32(bytes, 20, capability / 2 ** 32);
  if (nameSize > 0) TypedArrayPrototypeSet(bytes, name, GRANT_SIZE);
  if (propsSize > 0) {
    TypedArrayPrototypeSet(bytes, props, GRANT_SIZE + nameSize);
  }
  return bytes;
}

class WithCapabilities extends Plain {
  #write;

  constructor(write) {
    super();
    this.#write = write;
  }

  copyFunction(value) {
    return this.copySpecial(value) ?? super.copyFunction(value);
  }

  copySpecial(value) {
    const found = capabilityOf(value);
    return found === undefined ? undefined : this.#write(found);
  }

  checkPlain(value, prototype) {
    if (prototype !== null) throw classNotSerializable(value);
  }
}

export const createGrants = () =>
  new Grants(MAX_GRANTS, "worker's env holds", requireLasting);

// What of a loaded worker's env or props is sent: a copy for
// native.v8.serialize().
export function copyEnv(env, grants) {
  return new WithCapabilities(({ kind, target }) => v8.hostObject(
    TAG_GRANT, parts(kind, grants.add(target)))).finish(env);
}

// Props for an export of this worker, as bytes.
export function serializeProps(props) {
  return toBytes(new WithCapabilities(({ kind, target }) => {
    requireLasting(target);
    return target.self
      ? v8.hostObject(TAG_EXPORT, parts(target.entrypoint, target.props))
      : v8.hostObject(TAG_CAPABILITY, parts(kind, target.capability));
  }).finish(props));
}

// Props for an entrypoint of a loaded worker, and what is granted with them, as
// bytes.  They travel with each call and end with it, so they may be of what this
// worker has no longer than that.
export function serializeLoadedProps(props) {
  const grants = new Grants(MAX_CALL_GRANTS, "props hold", requireGivable);
  const bytes = toBytes(copyEnv(props, grants));
  return { props: bytes, grants: grants.toBytes() };
}
