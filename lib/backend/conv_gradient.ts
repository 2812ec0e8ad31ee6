/**
 * Gradient of a convolution with bias and relu in one kernel. tfjs differentiates only the parts, which keeps the sum and
 * the masked gradient of every layer alive until the whole backward pass ends.
 */
import * as tf from "@tensorflow/tfjs-core";

/** Registered by gradients.ts. */
export const gradientOfFusedConv2d: tf.GradConfig = {
  kernelName: tf.FusedConv2D,
  inputsToSave: ["x", "filter"],
  outputsToSave: [true],
  gradFunc: (dys, saved, attributes) => {
    const dy = dys as tf.Tensor4D, [x, filter, y] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const { strides, pad, dataFormat, dimRoundingMode, activation } = attributes as Record<
      string,
      tf.Attribute
    >;
    const geometry = { strides, pad, dataFormat, dimRoundingMode } as tf.NamedAttrMap;
    // three masks instead of one kept: an elementwise product is cheaper than a buffer that lives to the end
    const masked = () => activation === "relu" ? tf.mul(dy, tf.step(y)) : dy;
    return {
      x: () =>
        tf.engine().runKernel(tf.Conv2DBackpropInput, { dy: masked(), filter }, {
          ...geometry,
          inputShape: x.shape,
        }) as tf.Tensor,
      filter: () =>
        tf.engine().runKernel(tf.Conv2DBackpropFilter, { x, dy: masked() }, {
          ...geometry,
          filterShape: filter.shape,
        }) as tf.Tensor,
      bias: () => tf.sum(masked(), [0, 1, 2]),
    };
  },
};
