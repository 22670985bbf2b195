// The tables of UTS #46.

export { toASCII } from "tr46";
