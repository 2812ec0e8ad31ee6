// What the compiled module exports.
export { joinEdges, smooth, sortEdges, weigh } from "./felzenszwalb";
export { assign } from "./slic";
