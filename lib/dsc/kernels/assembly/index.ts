// What the compiled module exports.
export { product } from "./product";
