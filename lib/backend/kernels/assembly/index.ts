/** The module's exports. Memory is imported: it is tfjs's own heap. No data segment, no stack, no allocation. */
export { convolve3x3, inputGradient3x3Stride2, multiply } from "./convolution";
export { filterGradient1x1, filterGradient3x3 } from "./filter_gradient";
export { moments, normGradient, normGradientSums, scaleShiftRelu } from "./norm";
export { peak } from "./peak";
export { pixelShuffle, upsample, upsampleGradient } from "./resample";
export { adam, columnSums, gather, segmentSum } from "./rows";
export { pack } from "./tile";
export { winograd3x3, winogradFilter, winogradFilterGradient, winogradFilterSums } from "./winograd";
