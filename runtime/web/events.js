// https://dom.spec.whatwg.org/#interface-event

import {
  DateNow, ObjectDefineProperty, ObjectGetOwnPropertyDescriptor,
} from "../primordials.js";
import { toDictionary } from "../core/convert.js";
import {
  defineConstants, defineInterface, isObject, requireArguments, requireBrand,
  toDOMString,
} from "../core/webidl.js";
import { AT_TARGET, NONE, provideEvents } from "./event-target.js";

// What dispatching needs to know of an event.
class EventState {
  type;
  bubbles = false;
  cancelable = false;
  composed = false;
  canceled = false;
  stopped = false;
  stoppedImmediately = false;
  passive = false;
  trusted = false;
  dispatching = false;
  target = null;
  currentTarget = null;
  phase = NONE;

  constructor(type) {
    this.type = type;
  }

  cancel() {
    if (this.cancelable && !this.passive) this.canceled = true;
  }
}

let stateOf;
let defineIsTrusted;

export class Event {
  #state;
  #timeStamp;

  static {
    stateOf = (value) =>
      isObject(value) && #state in value ? value.#state : undefined;
  }

  // https://dom.spec.whatwg.org/#dom-event-event
  constructor(type, init = undefined) {
    requireArguments(arguments.length, 1, "Event");
    const state = new EventState(toDOMString(type));
    init = toDictionary(init, "Event", "EventInit");
    if (init !== undefined) {
      state.bubbles = Boolean(init.bubbles);
      state.cancelable = Boolean(init.cancelable);
      state.composed = Boolean(init.composed);
    }
    this.#state = state;
    // by the clock of performance.now()
    this.#timeStamp = DateNow();
    defineIsTrusted(this);
  }

  get type() { return requireEvent(this).type; }
  get target() { return requireEvent(this).target; }
  get srcElement() { return requireEvent(this).target; }
  get currentTarget() { return requireEvent(this).currentTarget; }

  composedPath() {
    const { currentTarget } = requireEvent(this);
    return currentTarget === null ? [] : [currentTarget];
  }

  get eventPhase() { return requireEvent(this).phase; }

  stopPropagation() {
    requireEvent(this).stopped = true;
  }

  get cancelBubble() { return requireEvent(this).stopped; }
  set cancelBubble(value) {
    const state = requireEvent(this);
    if (value) state.stopped = true;
  }

  stopImmediatePropagation() {
    const state = requireEvent(this);
    state.stopped = true;
    state.stoppedImmediately = true;
  }

  get bubbles() { return requireEvent(this).bubbles; }
  get cancelable() { return requireEvent(this).cancelable; }

  get returnValue() { return !requireEvent(this).canceled; }
  set returnValue(value) {
    const state = requireEvent(this);
    if (!value) state.cancel();
  }

  preventDefault() {
    requireEvent(this).cancel();
  }

  get defaultPrevented() { return requireEvent(this).canceled; }
  get composed() { return requireEvent(this).composed; }

  get timeStamp() {
    requireEvent(this);
    return this.#timeStamp;
  }

  // https://dom.spec.whatwg.org/#dom-event-initevent
  initEvent(type, bubbles = false, cancelable = false) {
    const state = requireEvent(this);
    requireArguments(arguments.length, 1, "Event.initEvent");
    initialize(
      state, toDOMString(type), Boolean(bubbles), Boolean(cancelable));
  }
}
defineInterface(Event);
defineConstants(Event, {
  NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3,
});

provideEvents(stateOf);

export function requireEvent(event) {
  const state = stateOf(event);
  requireBrand(state !== undefined);
  return state;
}

// False if the event is being dispatched, and stays as it is.
// https://dom.spec.whatwg.org/#concept-event-initialize
export function initialize(state, type, bubbles, cancelable) {
  if (state.dispatching) return false;
  state.stopped = false;
  state.stoppedImmediately = false;
  state.canceled = false;
  state.trusted = false;
  state.target = null;
  state.type = type;
  state.bubbles = bubbles;
  state.cancelable = cancelable;
  return true;
}

// [LegacyUnforgeable]: each event has it of its own, and all the same getter.
{
  const { get } = ObjectGetOwnPropertyDescriptor({
    get isTrusted() { return requireEvent(this).trusted; },
  }, "isTrusted");
  defineIsTrusted = (event) => {
    ObjectDefineProperty(event, "isTrusted", {
      __proto__: null, get, enumerable: true, configurable: false,
    });
  };
}

// https://dom.spec.whatwg.org/#interface-customevent
export class CustomEvent extends Event {
  #detail = null;

  constructor(type, init = undefined) {
    requireArguments(arguments.length, 1, "CustomEvent");
    super(type, init);
    const detail = init?.detail;
    if (detail !== undefined) this.#detail = detail;
  }

  get detail() {
    requireBrand(#detail in this);
    return this.#detail;
  }

  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    requireBrand(#detail in this);
    requireArguments(arguments.length, 1, "CustomEvent.initCustomEvent");
    if (initialize(requireEvent(this), toDOMString(type), Boolean(bubbles),
      Boolean(cancelable))) {
      this.#detail = detail;
    }
  }
}
defineInterface(CustomEvent);
