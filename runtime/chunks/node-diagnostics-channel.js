export {
  default as diagnosticsChannel,
} from "../node/diagnostics-channel.js";
