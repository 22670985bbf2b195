// connect() of "cloudflare:sockets" and of Fetchers, as far as it goes: what is
// asked for is checked as Workers do, but no connection is made yet.
// https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/

import {
  MathTrunc, PrimordialError as Error, PrimordialTypeError as TypeError,
  RegExpPrototypeExec,
} from "../primordials.js";
import { toDictionary } from "../core/convert.js";
import { NO_NETWORK } from "../core/errors.js";
import { requireInvocation } from "../core/invocation.js";
import {
  isObject, requireArguments, toDOMString, toUSVString,
} from "../core/webidl.js";
import { parseURL } from "../url/lazy.js";
import { GLOBAL_OUTBOUND, hasGlobalOutbound } from "./fetch.js";

const MAX_PORT = 65535;

// A name or an address, and its port.
const addressText = /^[-._:[\]A-Za-z0-9]{1,255}$/;

function requireField(value, field, type) {
  if (value !== undefined) return value;
  throw new TypeError(
    `Incorrect type for the '${field}' field on 'SocketAddress': the provided ` +
    `value is not of type '${type}'.`);
}

function toPort(value) {
  const number = +value;
  if (!(number > -Infinity && number < Infinity)) {
    throw new TypeError(
      "The value cannot be converted because it is not an integer.");
  }
  const port = MathTrunc(number);
  if (port < 0) {
    throw new TypeError(
      "The value cannot be converted because it is negative and this API " +
      "expects a positive number.");
  }
  if (port > MAX_PORT) {
    throw new TypeError(
      `Value out of range. Must be less than or equal to ${MAX_PORT}.`);
  }
  return port + 0;
}

// "name:port"
function toAddress(value) {
  if (isObject(value)) {
    const hostname = requireField(value.hostname, "hostname", "string");
    const port = requireField(value.port, "port", "number");
    return `${toDOMString(hostname)}:${toPort(port)}`;
  }
  const address = toUSVString(value);
  // not of a scheme that has ports of its own
  const url = parseURL(`tcp://${address}`);
  if (url === null) {
    throw new TypeError("Specified address could not be parsed.");
  }
  if (url.host === "") {
    throw new TypeError("Specified address is missing hostname.");
  }
  if (url.port === null) {
    throw new TypeError("Specified address is missing port.");
  }
  return address;
}

function checkOptions(value, where) {
  const options = toDictionary(value, where, "SocketOptions");
  const secureTransport = options?.secureTransport;
  if (secureTransport === undefined) return;
  const text = toDOMString(secureTransport);
  if (text !== "off" && text !== "on" && text !== "starttls") {
    throw new TypeError(
      `Unsupported value in secureTransport socket option: ${text}`);
  }
}

export function connectFrom(target, address, options, given, where) {
  requireArguments(given, 1, where);
  if (target === undefined) throw new TypeError("Illegal invocation");
  if (RegExpPrototypeExec(addressText, toAddress(address)) === null) {
    throw new TypeError(
      "Specified address is empty string, contains unsupported characters or " +
      "is too long.");
  }
  checkOptions(options, where);
  requireInvocation();
  if (target === GLOBAL_OUTBOUND && !hasGlobalOutbound()) {
    throw new Error(NO_NETWORK);
  }
  throw new Error(
    "connect() is not supported yet: a worker can open no TCP connection.");
}

export function connect(address, options = undefined) {
  return connectFrom(
    GLOBAL_OUTBOUND, address, options, arguments.length, "connect");
}
