export {
  invalidArgType, invalidArgValue, nodeError, nodeRangeError, nodeTypeError,
  notImplemented, outOfRange, requireBoolean, requireFunction, requireInteger,
  requireNumber, requireObject, requireString, requireType,
} from "../node/errors.js";
