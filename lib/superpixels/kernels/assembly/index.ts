// What the compiled module exports.
export { joinEdges, smooth, sortEdges, weigh } from "./felzenszwalb";
export { climb } from "./mean_shift";
export { assign } from "./slic";
