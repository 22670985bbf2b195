// What the engine and the shim give us: "ops" (bytes in, bytes out) and "v8"
// (V8 itself).  docs/architecture.md lists both.  The shim deletes the global
// when the snapshot is made, so this is the only module that ever sees it.

export const { ops, v8 } = globalThis.native;

// wire/dw_wire.h: dw_wire_format_t
export const FORMAT_RECORDS = 1;
export const FORMAT_VALUE = 2;
export const FORMAT_JSON = 3;
export const FORMAT_MODULE = 4;

// flags of respond and fetch
export const BODY = 0x01;
export const JOIN = 0x02;
export const LOADED = 0x04;
export const RPC = 0x20;
export const SELF = 0x40;

// dw_wire_code_t: why a channel was reset
export const CANCEL = 1;
export const EXCEPTION = 2;
export const BAD_CODE = 3;
export const CPU = 4;
export const WALL = 5;
export const MEMORY = 6;
export const OVERLOAD = 7;
export const ENGINE = 8;
export const NETWORK = 9;
export const DENIED = 10;
export const SUBREQUESTS = 11;

// dw_wire_outbound_t
export const OUTBOUND_INHERIT = 0;
export const OUTBOUND_NONE = 1;
export const OUTBOUND_CAPABILITY = 2;

// dw_wire_grant_kind_t
export const GRANT_CAPABILITY = 1;
export const GRANT_ENTRYPOINT = 2;

// the numbers of what a call grants, and of nothing else, start here
export const CALL_GRANTS = 2 ** 32;

// dw_wire_level_t
export const LOG_DEBUG = 1;
export const LOG_INFO = 2;
export const LOG_WARN = 3;
export const LOG_ERROR = 4;

// native.v8.cloneKind(): what an object is by its internal slots
export const KIND_PLAIN = 0;
export const KIND_ARRAY = 1;
export const KIND_UNCLONEABLE = 2;
export const KIND_BOOLEAN = 3;
export const KIND_NUMBER = 4;
export const KIND_STRING = 5;
export const KIND_BIGINT = 6;
export const KIND_DATE = 7;
export const KIND_REGEXP = 8;
export const KIND_ARRAY_BUFFER = 9;
export const KIND_VIEW = 10;
export const KIND_MAP = 11;
export const KIND_SET = 12;
export const KIND_ERROR = 13;

// native.v8.kindOf(): runtime/inspect/kinds.js has the others.
export const KIND_OF_PROXY = 0;
