// The async context: https://tc39.es/proposal-async-context/
//
// V8's continuation-preserved data is a frame: { invocation, values }, or
// undefined outside of all.  Frames are immutable, so whoever wants to go on in
// the present one later only keeps it.  An Invocation is itself the frame that
// has no values: an event that uses no storage makes no other.

import { v8 } from "../native.js";
import { list, ReflectApply } from "../primordials.js";

// key, value, key, value ...: there are few storages, and each key is here
// once.
export const NO_VALUES = list();

class Frame {
  invocation;
  values;

  constructor(invocation, values) {
    this.invocation = invocation;
    this.values = values;
  }
}

// The values of the frame at hand: a snapshot of it, for runWithValues().
export const currentValues = () => v8.getContext()?.values ?? NO_VALUES;

export function valueIn(values, key, otherwise) {
  for (let i = 0; i < values.length; i += 2) {
    if (values[i] === key) return values[i + 1];
  }
  return otherwise;
}

export function withValue(values, key, value) {
  const copy = list();
  let at = values.length;
  for (let i = 0; i < values.length; i += 2) {
    copy[i] = values[i];
    copy[i + 1] = values[i + 1];
    if (values[i] === key) at = i;
  }
  copy[at] = key;
  copy[at + 1] = value;
  return copy;
}

// Calls a function in a frame.
export function runIn(frame, callback, self, args) {
  const before = v8.getContext();
  v8.setContext(frame);
  try {
    return ReflectApply(callback, self, args);
  } finally {
    v8.setContext(before);
  }
}

// Calls a function with these values, on behalf of an invocation (or of none).
export const runWithValues = (invocation, values, callback, self, args) =>
  runIn(
    invocation !== undefined && values === NO_VALUES
      ? invocation : new Frame(invocation, values),
    callback, self, args);
