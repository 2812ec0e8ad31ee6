/**
 * Gradient of a convolution with bias and relu in one kernel. tfjs differentiates only the parts, which keeps the sum and
 * the masked gradient of every layer alive until the whole backward pass ends.
 */
import * as tf from "@tensorflow/tfjs-core";
import { convGeometry } from "./kernels/conv_geometry.ts";
import { CONV_FILTER_GRADIENT, CONV_INPUT_GRADIENT } from "./kernels/names.ts";

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
    const relu = activation === "relu";
    const toInput = { ...geometry, inputShape: x.shape },
      toFilter = { ...geometry, filterShape: filter.shape };
    const run = <T extends tf.Tensor | tf.Tensor[]>(
      name: string,
      inputs: tf.NamedTensorMap,
      attrs: tf.NamedAttrMap,
    ) => tf.engine().runKernel(name, inputs, attrs) as T;

    if (
      tf.getKernel(CONV_FILTER_GRADIENT, tf.getBackend()) && convGeometry(x.shape, filter.shape, attributes)
    ) {
      const mask: tf.NamedTensorMap = relu ? { y } : {};
      // both small, both made in one pass over dy: kept until the end of the backward pass
      const [dfilter, dbias] = run<[tf.Tensor, tf.Tensor]>(
        CONV_FILTER_GRADIENT,
        { x, dy, ...mask },
        toFilter,
      );
      return {
        x: () => {
          const dx = run<tf.Tensor>(CONV_INPUT_GRADIENT, { dy, filter, ...mask }, toInput);
          // the last use of this layer's activations; tfjs would hold all layers' until the first one is done
          tf.dispose(saved);
          return dx;
        },
        filter: () => tf.clone(dfilter),
        bias: () => tf.clone(dbias),
      };
    }

    // three masks instead of one kept: an elementwise product is cheaper than a buffer that lives to the end
    const masked = () => relu ? tf.mul(dy, tf.step(y)) : dy;
    return {
      x: () => run<tf.Tensor>(tf.Conv2DBackpropInput, { dy: masked(), filter }, toInput),
      filter: () => run<tf.Tensor>(tf.Conv2DBackpropFilter, { x, dy: masked() }, toFilter),
      bias: () => tf.sum(masked(), [0, 1, 2]),
    };
  },
};
