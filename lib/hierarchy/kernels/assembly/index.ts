// What the compiled module exports.
export { rotate, slide, turn, unrotate } from "./oriented_gradients";
export { filterRows, filterColumns, nearestWords } from "./textons";
