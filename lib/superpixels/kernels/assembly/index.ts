// What the compiled module exports.
export { assign } from "./slic";
