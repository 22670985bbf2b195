// The events that the engine delivers: docs/architecture.md has their fields.

import { v8 } from "./native.js";
import { receiverOf } from "./core/channels.js";
import { setEntered } from "./core/invocation.js";
import { installRejectionHandler, runEvent } from "./core/rejections.js";
import { onAlarm } from "./core/timers.js";
import { onFetch } from "./worker/events.js";
import { afterLoad, checkLoaded, onLoad } from "./worker/load.js";

const LOAD = 1;
const FETCH = 2;
const HEAD = 3;
const DATA = 4;
const END = 5;
const RESET = 6;
const WINDOW = 7;
const ALARM = 8;

function handle(type, channel, a, b, c, text, bytes, d) {
  switch (type) {
  case LOAD:
    onLoad(a, b, c, bytes);
    return;
  case FETCH:
    onFetch(channel, a, b, c, text, bytes, d);
    return;
  case ALARM:
    checkLoaded();
    onAlarm();
    return;
  }

  const receiver = receiverOf(channel);
  if (receiver === undefined) return;
  setEntered(receiver.invocation);
  switch (type) {
  case HEAD:
    receiver.onHead(a, b, c, text);
    break;
  case DATA:
    receiver.onData(bytes);
    break;
  case END:
    receiver.onEnd();
    break;
  case RESET:
    receiver.onReset(a, text);
    break;
  case WINDOW:
    receiver.onWindow();
    break;
  }
}

export function installDispatch() {
  installRejectionHandler();
  v8.setDispatch((type, channel, a, b, c, text, bytes, d) => {
    runEvent(handle, type, channel, a, b, c, text, bytes, d);
    if (type === LOAD) afterLoad();
  });
}
