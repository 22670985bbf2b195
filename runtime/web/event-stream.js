// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

import { v8 } from "../native.js";
import {
  list, PrimordialNumber as Number, RegExpPrototypeExec,
  StringPrototypeCharCodeAt, StringPrototypeIndexOf, StringPrototypeSlice,
  TypedArrayPrototypeGetByteLength,
} from "../primordials.js";
import { joinBytes, viewOf } from "../core/bytes.js";

const CR = 0x0d;
const LF = 0x0a;

const digits = /^[0-9]+$/;

// Takes bytes as they come.  "onMessage" is called with type, data and the last
// event id, "onRetry" with milliseconds.
export class EventStreamParser {
  #onMessage;
  #onRetry;
  #pending = list();      // bytes of a line that is not complete
  #pendingSize = 0;
  #isFirst = true;        // a BOM may come
  #afterCR = false;       // a LF would belong to the line before
  #data = "";
  #hasData = false;
  #type = "";
  #id;

  constructor(lastEventId, onMessage, onRetry) {
    this.#id = lastEventId;
    this.#onMessage = onMessage;
    this.#onRetry = onRetry;
  }

  push(bytes) {
    const length = TypedArrayPrototypeGetByteLength(bytes);
    let end = length;
    while (end > 0 && bytes[end - 1] !== CR && bytes[end - 1] !== LF) end--;
    if (end > 0) {
      this.#keep(viewOf(bytes, 0, end));
      const lines = joinBytes(this.#pending, this.#pendingSize);
      this.#pending = list();
      this.#pendingSize = 0;
      // line ends are ASCII, so no character is cut
      const text = v8.utf8Decode(lines, false, !this.#isFirst);
      this.#isFirst = false;
      this.#onLines(text);
    }
    if (end < length) this.#keep(viewOf(bytes, end, length));
  }

  #keep(bytes) {
    this.#pending[this.#pending.length] = bytes;
    this.#pendingSize += TypedArrayPrototypeGetByteLength(bytes);
  }

  // The text ends with a line end.
  #onLines(text) {
    let from = 0;
    if (this.#afterCR && StringPrototypeCharCodeAt(text, 0) === LF) from = 1;
    this.#afterCR = StringPrototypeCharCodeAt(text, text.length - 1) === CR;
    for (let to = from; to < text.length; to++) {
      const code = StringPrototypeCharCodeAt(text, to);
      if (code !== CR && code !== LF) continue;
      this.#onLine(StringPrototypeSlice(text, from, to));
      if (code === CR && StringPrototypeCharCodeAt(text, to + 1) === LF) to++;
      from = to + 1;
    }
  }

  #onLine(line) {
    if (line === "") {
      this.#dispatch();
      return;
    }
    const colon = StringPrototypeIndexOf(line, ":");
    if (colon === 0) return;
    if (colon === -1) {
      this.#onField(line, "");
      return;
    }
    const hasSpace = StringPrototypeCharCodeAt(line, colon + 1) === 0x20;
    const from = hasSpace ? colon + 2 : colon + 1;
    this.#onField(
      StringPrototypeSlice(line, 0, colon), StringPrototypeSlice(line, from));
  }

  #onField(name, value) {
    switch (name) {
    case "event":
      this.#type = value;
      break;
    case "data":
      this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
      this.#hasData = true;
      break;
    case "id":
      if (StringPrototypeIndexOf(value, "\0") === -1) this.#id = value;
      break;
    case "retry":
      if (RegExpPrototypeExec(digits, value) !== null) {
        this.#onRetry(Number(value));
      }
      break;
    }
  }

  #dispatch() {
    const type = this.#type === "" ? "message" : this.#type;
    const data = this.#data;
    const hasData = this.#hasData;
    this.#type = "";
    this.#data = "";
    this.#hasData = false;
    this.#onMessage(type, hasData ? data : null, this.#id);
  }
}
