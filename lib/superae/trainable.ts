/**
 * The encoder of SuperAE with gradients, for the reach `full` of the cut: features of every pixel as a function of its
 * variables.
 */
import * as tf from "@tensorflow/tfjs-core";
import { upsample2 } from "../backend/ops.ts";
import type { Image } from "../image/image.ts";
import { EMBEDDING_CHANNELS, ENCODER } from "./architecture.ts";
import { createParameters, disposeParameters, encode, imageTensor, withoutMargin } from "./model.ts";
import type { SuperAEWeights } from "./weights.ts";

/** An encoder to optimise. */
export interface TrainableEncoder {
  /** (H * W, D) features of every pixel under the current variables. Call where gradients are recorded. */
  readonly features: () => tf.Tensor2D;
  readonly variables: tf.Variable[];
  /** Frees image and variables. */
  dispose(): void;
}

/** Uploads one image and an encoder to fine-tune on it. */
export function trainableEncoder(image: Image, weights: SuperAEWeights): TrainableEncoder {
  const parameters = createParameters(weights, ENCODER);
  const x = imageTensor(image);
  return {
    features: () => {
      const full = withoutMargin(upsample2(encode(parameters, x)), image, 1);
      return tf.reshape(full, [image.height * image.width, EMBEDDING_CHANNELS]);
    },
    variables: ENCODER.flatMap(({ name }) => {
      const { filter, bias } = parameters[name]!;
      return [filter, bias] as tf.Tensor[] as tf.Variable[];
    }),
    dispose() {
      x.dispose();
      disposeParameters(parameters);
    },
  };
}
