// setTimeout() and its kin, over the one alarm that an isolate has.
// https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers

import { ops } from "../native.js";
import {
  list, MathMax, MathMin, MathTrunc, PrimordialTypeError as TypeError,
} from "../primordials.js";
import { runIn } from "./context.js";
import { toLong } from "./convert.js";
import { IdTable } from "./id-table.js";
import { currentFrame, requireInvocation, setEntered } from "./invocation.js";
import { runMicrotasks } from "./rejections.js";
import { reportException } from "./report.js";
import { requireArguments } from "./webidl.js";

// Of delays in milliseconds, and of ids: a worker has them as type long.
const MAX_LONG = 2 ** 31 - 1;

const timers = new IdTable();
let lastId = 0;

// A binary heap by due time, then by order of setting.  A cleared timer stays
// in it, marked, until its turn comes or they are the majority.
let heap = list();
let cleared = 0;
let alarmDue = Infinity;

const before = (a, b) => a.due < b.due || (a.due === b.due && a.order < b.order);

function siftUp(index) {
  const timer = heap[index];
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(timer, heap[parent])) break;
    heap[index] = heap[parent];
    index = parent;
  }
  heap[index] = timer;
}

function siftDown(index) {
  const timer = heap[index];
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
    if (!before(heap[child], timer)) break;
    heap[index] = heap[child];
    index = child;
  }
  heap[index] = timer;
}

function insert(timer) {
  heap[heap.length] = timer;
  siftUp(heap.length - 1);
}

function removeFirst() {
  const last = heap[heap.length - 1];
  heap.length--;
  if (heap.length === 0) return;
  heap[0] = last;
  siftDown(0);
}

function dropCleared() {
  const old = heap;
  heap = list();
  for (let i = 0; i < old.length; i++) {
    if (!old[i].cleared) insert(old[i]);
  }
  cleared = 0;
}

function setAlarm() {
  while (heap.length > 0 && heap[0].cleared) {
    removeFirst();
    cleared--;
  }
  const due = heap.length === 0 ? Infinity : heap[0].due;
  if (due === alarmDue) return;
  alarmDue = due;
  ops.alarm(due === Infinity ? -1 : MathMax(0, due - ops.now()));
}

function nextId() {
  do {
    lastId = lastId === MAX_LONG ? 1 : lastId + 1;
  } while (timers.has(lastId));
  return lastId;
}

let lastOrder = 0;

function start(callback, delay, args, repeats) {
  const invocation = requireInvocation();
  const timer = {
    id: nextId(),
    order: ++lastOrder,
    due: ops.now() + delay,
    delay,
    repeats,
    callback,
    args,
    invocation,
    frame: currentFrame(),
    cleared: false,
    cleanup: undefined,
  };
  timer.cleanup = () => clear(timer.id);
  timers.set(timer.id, timer);
  invocation.addCleanup(timer.cleanup);
  insert(timer);
  if (timer.due < alarmDue) setAlarm();
  return timer.id;
}

function forget(timer) {
  timers.delete(timer.id);
  timer.invocation.removeCleanup(timer.cleanup);
}

function clear(id) {
  const timer = timers.get(id);
  if (timer === undefined) return;
  forget(timer);
  timer.cleared = true;
  cleared++;
  if (cleared > 64 && cleared > heap.length >> 1) dropCleared();
  if (timer.due === alarmDue) setAlarm();
}

// The event ALARM.
export function onAlarm() {
  const now = ops.now();
  const lastOrderOfThisTurn = lastOrder;
  alarmDue = Infinity;

  while (heap.length > 0) {
    const timer = heap[0];
    if (!timer.cleared && (timer.due > now || timer.order > lastOrderOfThisTurn)) {
      break;
    }
    removeFirst();
    if (timer.cleared) {
      cleared--;
      continue;
    }
    if (timer.repeats) {
      timer.due = now + MathMax(1, timer.delay);
      timer.order = ++lastOrder;
      insert(timer);
    } else {
      forget(timer);
    }
    ops.enter(timer.invocation.channel);
    setEntered(timer.invocation);
    try {
      runIn(timer.frame, timer.callback, globalThis, timer.args);
    } catch (error) {
      reportException(timer.frame, "in a timer", error);
    }
    runMicrotasks();
  }
  setAlarm();
}

function requireCallback(callback, where) {
  if (typeof callback === "function") return;
  throw new TypeError(
    `Failed to execute '${where}': parameter 1 is not of type 'Function'.`);
}

export const timerFunctions = {
  setTimeout(callback, delay = 0, ...args) {
    requireArguments(arguments.length, 1, "setTimeout");
    requireCallback(callback, "setTimeout");
    return start(callback, MathMax(toLong(delay), 0), args, false);
  },

  setInterval(callback, delay = 0, ...args) {
    requireArguments(arguments.length, 1, "setInterval");
    requireCallback(callback, "setInterval");
    return start(callback, MathMax(toLong(delay), 0), args, true);
  },

  clearTimeout(id = 0) {
    clear(toLong(id));
  },

  clearInterval(id = 0) {
    clear(toLong(id));
  },
};

// A timer of our own; the callback runs in the current invocation.  "delay" is a
// number; one too long for setTimeout() is as good as for ever.
export const startTimer = (callback, delay) => start(
  callback, delay > 0 ? MathTrunc(MathMin(delay, MAX_LONG)) : 0, [], false);
export const clearTimer = clear;
