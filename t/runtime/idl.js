// What Web IDL says of each interface's shape: https://webidl.spec.whatwg.org/
// #js-interfaces.  A line a member:
//
//     interface Name : Parent (length of the constructor, or "-" for none)
//     attribute name            a getter
//     attribute name =          a getter and a setter
//     method name length        "static" before either

import { isolates, FORMAT } from "./lib/harness.js";
import assert from "node:assert/strict";

const idl = `
interface AbortController (0)
  attribute signal
  method abort 0
interface AbortSignal : EventTarget (-)
  static method abort 0
  static method any 1
  static method timeout 1
  attribute aborted
  attribute reason
  attribute onabort =
  method throwIfAborted 0
interface Blob (0)
  attribute size
  attribute type
  method arrayBuffer 0
  method bytes 0
  method slice 0
  method stream 0
  method text 0
interface ByteLengthQueuingStrategy (1)
  attribute highWaterMark
  attribute size
interface CompressionStream (1)
  attribute readable
  attribute writable
interface CountQueuingStrategy (1)
  attribute highWaterMark
  attribute size
interface Crypto (-)
  attribute subtle
  method getRandomValues 1
  method randomUUID 0
interface CryptoKey (-)
  attribute algorithm
  attribute extractable
  attribute type
  attribute usages
interface CustomEvent : Event (1)
  attribute detail
  method initCustomEvent 1
interface DOMException (0)
  attribute code
  attribute message
  attribute name
interface DecompressionStream (1)
  attribute readable
  attribute writable
interface ErrorEvent : Event (1)
  attribute colno
  attribute error
  attribute filename
  attribute lineno
  attribute message
interface Event (1)
  attribute bubbles
  attribute cancelBubble =
  attribute cancelable
  attribute composed
  attribute currentTarget
  attribute defaultPrevented
  attribute eventPhase
  attribute returnValue =
  attribute srcElement
  attribute target
  attribute timeStamp
  attribute type
  method composedPath 0
  method initEvent 1
  method preventDefault 0
  method stopImmediatePropagation 0
  method stopPropagation 0
interface EventSource : EventTarget (1)
  attribute onerror =
  attribute onmessage =
  attribute onopen =
  attribute readyState
  attribute url
  attribute withCredentials
  method close 0
interface EventTarget (0)
  method addEventListener 2
  method dispatchEvent 1
  method removeEventListener 2
interface File : Blob (2)
  attribute lastModified
  attribute name
interface FormData (0)
  method append 2
  method delete 1
  method get 1
  method getAll 1
  method has 1
  method set 2
  method entries 0
  method forEach 1
  method keys 0
  method values 0
interface Headers (0)
  method append 2
  method delete 1
  method get 1
  method getSetCookie 0
  method has 1
  method set 2
  method entries 0
  method forEach 1
  method keys 0
  method values 0
interface MessageChannel (0)
  attribute port1
  attribute port2
interface MessageEvent : Event (1)
  attribute data
  attribute lastEventId
  attribute origin
  attribute ports
  attribute source
interface MessagePort : EventTarget (-)
  attribute onmessage =
  attribute onmessageerror =
  method close 0
  method postMessage 1
  method start 0
interface PromiseRejectionEvent : Event (2)
  attribute promise
  attribute reason
interface ReadableByteStreamController (-)
  attribute byobRequest
  attribute desiredSize
  method close 0
  method enqueue 1
  method error 0
interface ReadableStream (0)
  static method from 1
  attribute locked
  method cancel 0
  method getReader 0
  method pipeThrough 1
  method pipeTo 1
  method tee 0
  method values 0
interface ReadableStreamBYOBReader (1)
  attribute closed
  method cancel 0
  method read 1
  method releaseLock 0
interface ReadableStreamBYOBRequest (-)
  attribute view
  method respond 1
  method respondWithNewView 1
interface ReadableStreamDefaultController (-)
  attribute desiredSize
  method close 0
  method enqueue 0
  method error 0
interface ReadableStreamDefaultReader (1)
  attribute closed
  method cancel 0
  method read 0
  method releaseLock 0
interface Request (1)
  attribute body
  attribute bodyUsed
  attribute cache
  attribute credentials
  attribute headers
  attribute integrity
  attribute keepalive
  attribute method
  attribute mode
  attribute redirect
  attribute referrer
  attribute referrerPolicy
  attribute signal
  attribute url
  method arrayBuffer 0
  method blob 0
  method bytes 0
  method clone 0
  method formData 0
  method json 0
  method text 0
interface Response (0)
  static method error 0
  static method json 1
  static method redirect 1
  attribute body
  attribute bodyUsed
  attribute headers
  attribute ok
  attribute redirected
  attribute status
  attribute statusText
  attribute type
  attribute url
  method arrayBuffer 0
  method blob 0
  method bytes 0
  method clone 0
  method formData 0
  method json 0
  method text 0
interface SubtleCrypto (-)
  method decrypt 3
  method deriveBits 2
  method deriveKey 5
  method digest 2
  method encrypt 3
  method exportKey 2
  method generateKey 3
  method importKey 5
  method sign 3
  method unwrapKey 7
  method verify 4
  method wrapKey 4
interface TextDecoder (0)
  attribute encoding
  attribute fatal
  attribute ignoreBOM
  method decode 0
interface TextDecoderStream (0)
  attribute encoding
  attribute fatal
  attribute ignoreBOM
  attribute readable
  attribute writable
interface TextEncoder (0)
  attribute encoding
  method encode 0
  method encodeInto 2
interface TextEncoderStream (0)
  attribute encoding
  attribute readable
  attribute writable
interface TransformStream (0)
  attribute readable
  attribute writable
interface TransformStreamDefaultController (-)
  attribute desiredSize
  method enqueue 0
  method error 0
  method terminate 0
interface URL (1)
  static method canParse 1
  static method parse 1
  attribute hash =
  attribute host =
  attribute hostname =
  attribute href =
  attribute origin
  attribute password =
  attribute pathname =
  attribute port =
  attribute protocol =
  attribute search =
  attribute searchParams
  attribute username =
  method toJSON 0
  method toString 0
interface URLPattern (0)
  attribute hasRegExpGroups
  attribute hash
  attribute hostname
  attribute password
  attribute pathname
  attribute port
  attribute protocol
  attribute search
  attribute username
  method exec 0
  method test 0
interface URLSearchParams (0)
  attribute size
  method append 2
  method delete 1
  method get 1
  method getAll 1
  method has 1
  method set 2
  method sort 0
  method toString 0
  method entries 0
  method forEach 1
  method keys 0
  method values 0
interface WritableStream (0)
  attribute locked
  method abort 0
  method close 0
  method getWriter 0
interface WritableStreamDefaultController (-)
  attribute signal
  method error 0
interface WritableStreamDefaultWriter (1)
  attribute closed
  attribute desiredSize
  attribute ready
  method abort 0
  method close 0
  method releaseLock 0
  method write 0
`;

const interfaces = [];
for (const line of idl.split("\n").filter(Boolean)) {
  const [, name, parent, length] =
    /^interface (\w+)(?: : (\w+))? \((\d|-)\)$/.exec(line) ?? [];
  if (name !== undefined) {
    interfaces.push({ name, parent, length, members: [] });
    continue;
  }
  const [, isStatic, kind, member, rest] =
    /^ {2}(static )?(attribute|method) (\w+)(?: (\d|=))?$/.exec(line);
  interfaces.at(-1).members.push({
    name: member, isStatic: Boolean(isStatic),
    setter: rest === "=", length: kind === "method" ? Number(rest) : undefined,
  });
}

// Runs in the worker; returns what is wrong with one interface.
function check({ name, parent, length, members }) {
  const wrong = [];
  const expect = (what, got, wanted) => {
    if (got !== wanted) wrong.push(`${what} is ${String(got)}, not ${wanted}`);
  };
  const attributes = (what, property, enumerable, writable) => {
    expect(`${what}: enumerable`, property.enumerable, enumerable);
    expect(`${what}: configurable`, property.configurable, true);
    if ("value" in property) expect(`${what}: writable`, property.writable, writable);
  };
  const refuses = (what, call) => {
    let thrown;
    try {
      const result = call();
      if (result instanceof Promise) {
        result.catch(() => {});
        return; // told by tests of its own
      }
    } catch (error) {
      thrown = error;
    }
    expect(`${what} throws`, thrown?.constructor?.name, "TypeError");
  };

  const property = Object.getOwnPropertyDescriptor(globalThis, name);
  if (property === undefined) return ["there is none"];
  attributes(name, property, false, true);
  const Interface = property.value;
  const { prototype } = Interface;
  expect("its name", Interface.name, name);
  expect("its length", Interface.length, length === "-" ? 0 : Number(length));
  expect("its parent", Object.getPrototypeOf(Interface),
    parent === undefined ? Function.prototype : globalThis[parent]);
  expect("its prototype's parent", Object.getPrototypeOf(prototype),
    parent !== undefined ? globalThis[parent].prototype
      : name === "DOMException" ? Error.prototype : Object.prototype);
  expect("prototype.constructor", prototype.constructor, Interface);
  const own = Object.getOwnPropertyDescriptor(Interface, "prototype");
  expect("prototype is writable", own.writable, false);
  const tag = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag);
  expect("its class string", tag?.value, name);
  expect("its class string is enumerable", tag?.enumerable, false);
  refuses("a call without new", () => Interface());
  if (length === "-") refuses("new", () => new Interface());

  for (const { name: key, isStatic, setter, length: wanted } of members) {
    const target = isStatic ? Interface : prototype;
    const member = Object.getOwnPropertyDescriptor(target, key);
    if (member === undefined) {
      wrong.push(`${key} is missing`);
      continue;
    }
    attributes(key, member, true, true);
    if (wanted === undefined) {
      expect(`${key}: the getter's name`, member.get?.name, `get ${key}`);
      expect(`${key}: a setter`, typeof member.set, setter ? "function" : "undefined");
      if (setter) {
        expect(`${key}: the setter's name`, member.set.name, `set ${key}`);
        expect(`${key}: the setter's length`, member.set.length, 1);
      }
      refuses(`${key} of another object`, () => member.get.call({}));
      refuses(`${key} of the prototype`, () => prototype[key]);
    } else {
      expect(`${key}: its name`, member.value?.name, key);
      expect(`${key}: its length`, member.value?.length, wanted);
      expect(`${key}: a prototype of its own`, "prototype" in member.value, false);
      if (!isStatic) refuses(`${key}() of another object`, () => member.value.call({}));
    }
  }

  // Workers have more than the standards; nothing of it is of another shape.
  for (const key of Reflect.ownKeys(prototype)) {
    if (key === "constructor" || typeof key === "symbol") continue;
    const member = Object.getOwnPropertyDescriptor(prototype, key);
    if (member.writable === false) continue; // a constant
    if (key === "DigestStream") continue; // a class, as on the global scope
    attributes(`${key} (beyond the standard)`, member, true, true);
  }
  return wrong;
}

for (const definition of interfaces) {
  isolates(`${definition.name} has the shape of its interface`, async (isolate) => {
    await isolate.load(FORMAT.MODULE, `${check}
      export default { fetch() {
        return Response.json(check(${JSON.stringify(definition)}));
      } };`);
    const answer = await isolate.request();
    assert.equal(answer.reset, null);
    assert.deepEqual(JSON.parse(answer.text), []);
  }, { only: "engine" });
}
