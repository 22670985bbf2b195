export { connect, connectFrom } from "../web/sockets.js";
