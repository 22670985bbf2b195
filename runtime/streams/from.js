// https://streams.spec.whatwg.org/#readable-stream-from-iterable

import {
  PrimordialTypeError as TypeError, ReflectApply, SymbolAsyncIterator,
  SymbolIterator,
} from "../primordials.js";
import { isObject } from "../core/webidl.js";
import {
  CreateReadableStream, ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
} from "./default-controller.js";
import { createSafeDeferred, failed, resultOf, upon } from "./promises.js";

// https://tc39.es/ecma262/#sec-getmethod
function GetMethod(value, key) {
  const method = value[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") {
    throw new TypeError("A method of the iterator is not a function.");
  }
  return method;
}

// https://tc39.es/ecma262/#sec-getiterator, of kind async.  Returns the
// {iterator, next} of an asynchronous iterator.
function GetIterator(value) {
  let method = GetMethod(value, SymbolAsyncIterator);
  if (method !== undefined) return GetIteratorFromMethod(value, method);
  method = GetMethod(value, SymbolIterator);
  if (method === undefined) throw new TypeError("The value is not iterable.");
  const record = GetIteratorFromMethod(value, method);
  const iterator = new AsyncFromSyncIterator(record);
  return { __proto__: null, iterator, next: iterator.next };
}

// https://tc39.es/ecma262/#sec-getiteratorfrommethod
function GetIteratorFromMethod(value, method) {
  const iterator = ReflectApply(method, value, []);
  requireObject(iterator);
  return { __proto__: null, iterator, next: iterator.next };
}

function requireObject(value) {
  if (!isObject(value)) {
    throw new TypeError("An iterator has returned what is not an object.");
  }
}

// https://tc39.es/ecma262/#sec-%asyncfromsynciteratorprototype%-object
class AsyncFromSyncIterator {
  #iterator;
  #next;

  constructor({ iterator, next }) {
    this.#iterator = iterator;
    this.#next = next;
  }

  next() {
    const result = ReflectApply(this.#next, this.#iterator, []);
    requireObject(result);
    return this.#continue(result, true);
  }

  return(reason) {
    const method = GetMethod(this.#iterator, "return");
    if (method === undefined) {
      return { __proto__: null, done: true, value: undefined };
    }
    const result = ReflectApply(method, this.#iterator, [reason]);
    requireObject(result);
    return this.#continue(result, false);
  }

  // https://tc39.es/ecma262/#sec-asyncfromsynciteratorcontinuation
  #continue(given, closeIterator) {
    const done = !!given.done;
    const { value } = given;
    const deferred = createSafeDeferred();
    const result = resultOf(value);
    upon(result, (awaited) => {
      deferred.resolve({
        __proto__: null, done, value: result === undefined ? value : awaited,
      });
    }, (reason) => {
      if (!done && closeIterator) this.#close();
      deferred.reject(reason);
    });
    return deferred.promise;
  }

  // https://tc39.es/ecma262/#sec-iteratorclose, of an iterator that threw: what
  // its return() throws is not looked at.
  #close() {
    try {
      const method = GetMethod(this.#iterator, "return");
      if (method !== undefined) ReflectApply(method, this.#iterator, []);
    } catch {
      // as the standard says
    }
  }
}

// What an iterator's method gives, passed on when it is there: "use" may throw.
function react(method, iterator, args, use) {
  let given;
  try {
    given = ReflectApply(method, iterator, args);
    requireObject(given);
  } catch (error) {
    return failed(error);
  }
  const deferred = createSafeDeferred();
  upon(given, (result) => {
    try {
      requireObject(result);
      use(result);
    } catch (error) {
      deferred.reject(error);
      return;
    }
    deferred.resolve(undefined);
  }, (error) => deferred.reject(error));
  return deferred.promise;
}

// The record of a stream.
export function ReadableStreamFromIterable(asyncIterable) {
  const { iterator, next } = GetIterator(asyncIterable);
  let controller;

  const use = (result) => {
    if (result.done) ReadableStreamDefaultControllerClose(controller);
    else ReadableStreamDefaultControllerEnqueue(controller, result.value);
  };
  const pullAlgorithm = () => react(next, iterator, [], use);

  const cancelAlgorithm = (reason) => {
    let method;
    try {
      method = GetMethod(iterator, "return");
    } catch (error) {
      return failed(error);
    }
    return method === undefined
      ? undefined : react(method, iterator, [reason], () => {});
  };

  const stream =
    CreateReadableStream(undefined, pullAlgorithm, cancelAlgorithm, 0);
  ({ controller } = stream);
  return stream;
}
