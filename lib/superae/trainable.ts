/**
 * The encoder of SuperAE with gradients, for the reach `full` of the cut: embedding and x^R of every pixel as functions of
 * its variables.
 */
import * as tf from "@tensorflow/tfjs-core";
import { upsample2 } from "../backend/ops.ts";
import type { Image } from "../image/image.ts";
import { EMBEDDING_CHANNELS, ENCODER } from "./architecture.ts";
import { createParameters, decode, disposeParameters, encode, imageTensor, withoutMargin } from "./model.ts";
import type { SuperAEWeights } from "./weights.ts";

/** Channels of the features: the embedding's and the three of x^R. */
export const FEATURE_CHANNELS = EMBEDDING_CHANNELS + 3;

/** An encoder to optimise. */
export interface TrainableEncoder {
  /** (H * W, D) embedding and x^R of every pixel under the current variables. Call where gradients are recorded. */
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
      const F = encode(parameters, x);
      const full = tf.concat([upsample2(F), decode(parameters, F)], 3) as tf.Tensor4D;
      return tf.reshape(withoutMargin(full, image, 1), [image.height * image.width, FEATURE_CHANNELS]);
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
