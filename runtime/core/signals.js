// What the rest of the runtime asks of AbortSignals, whose class is loaded when
// it is first used: by a worker, or by a signal that is made here.

import { chunk } from "./chunks.js";

let functions = null;

export function provideSignalFunctions(provided) {
  functions = provided;
}

function load() {
  if (functions === null) chunk("events");
  return functions;
}

export const isAbortSignal = (value) =>
  functions !== null && functions.isSignal(value);

export const createSignal = () => load().create();

// A signal that follows another one.
export const followSignal = (source) => functions.follow(source);

export const signalAbort = (signal, reason) =>
  functions.signalAbort(signal, reason);
export const isAborted = (signal) => functions.isAborted(signal);
export const abortReason = (signal) => functions.abortReason(signal);

// Algorithms run before the event is fired.
export const addAlgorithm = (signal, algorithm) =>
  functions.addAlgorithm(signal, algorithm);
export const removeAlgorithm = (signal, algorithm) =>
  functions.removeAlgorithm(signal, algorithm);
