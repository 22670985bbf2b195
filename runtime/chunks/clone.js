export { fromParts, toPlain } from "../clone/plain.js";
export {
  cloneWithTransfer, structuredClone, toTransferList, transferOf,
} from "../clone/structured-clone.js";
