/** Kernels that tfjs does not have. On backends without them the operations are composed of tfjs's own. */

/** Input gradient of a convolution followed by relu: `{ dy, filter, y? }`, the attributes of `Conv2DBackpropInput`. */
export const CONV_INPUT_GRADIENT = "DscConv2DInputGradient";
/** Filter and bias gradients likewise: `{ x, dy, y? }`, the attributes of `Conv2DBackpropFilter`; two outputs. */
export const CONV_FILTER_GRADIENT = "DscConv2DFilterGradient";
/** Inverse of `DepthToSpace`: `{ x }`, `{ blockSize }`. */
export const SPACE_TO_DEPTH = "DscSpaceToDepth";
/** One step of Adam: `{ value, gradient, mean, square }`, moments change in place; the output is the new value. */
export const ADAM = "DscAdam";
/** Batch normalisation and relu: `{ x, gamma, beta }`, `{ epsilon }`; outputs y and the statistics (2, C). */
export const NORM_RELU = "DscNormRelu";
/** Its gradient: `{ x, y, dy, gamma, statistics }`; outputs of x, gamma and beta. */
export const NORM_RELU_GRADIENT = "DscNormReluGradient";
