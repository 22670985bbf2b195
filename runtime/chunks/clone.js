export {
  copyEnv, createGrants, requireGivable, serializeLoadedProps, serializeProps,
} from "../clone/capabilities.js";
export { classNotSerializable, notSerializable } from "../clone/copy.js";
export { fromParts, Plain, toPlain } from "../clone/plain.js";
export {
  cloneWithTransfer, structuredClone, toTransferList, transferOf,
} from "../clone/structured-clone.js";
