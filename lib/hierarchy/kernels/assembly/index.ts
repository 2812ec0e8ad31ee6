// What the compiled module exports.
export { rotate, slide, unrotate } from "./oriented_gradients";
