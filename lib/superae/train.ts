/**
 * Training of SuperAE, without labels: on one image (a few seconds make its smoothing fit the photo at hand) or on many
 * (the pretrained weights, tools/train_superae.ts).
 */
import * as tf from "@tensorflow/tfjs-core";
import { createAdam } from "../backend/adam.ts";
import { createCheckpoint } from "../checkpoint.ts";
import { createRandom } from "../random.ts";
import { BOUNDARY_HEAD, DECODER, ENCODER } from "./architecture.ts";
import { cropTensors, drawCrops, type TrainingImage } from "./crops.ts";
import { boundaryLoss, superAELoss } from "./loss.ts";
import {
  boundaryLogits,
  createParameters,
  decode,
  disposeParameters,
  encode,
  readParameters,
} from "./model.ts";
import { initialWeights, type SuperAEWeights } from "./weights.ts";

/** Options of {@linkcode trainSuperAE}. */
export interface TrainOptions {
  /** Where to start. @default random, by `seed` */
  weights?: SuperAEWeights;
  /** Weight of the superpixel term, >= 0; larger smooths more. @default 2 */
  lambda?: number;
  /** Adam steps, >= 0. @default 100 */
  iterations?: number;
  /** First step size, > 0. @default 0.002 */
  learningRate?: number;
  /** Last step size, > 0; the steps between fall linearly. @default learningRate / 100 */
  finalLearningRate?: number;
  /** Weight of the boundary loss, >= 0, where the images bring pseudo-labels. @default 1 */
  boundaryWeight?: number;
  /** Flips windows and shifts their colours; for training on many images. @default false */
  augment?: boolean;
  /** Side of the square windows in pixels, rounded down to a multiple of 16 and to the image. @default 160 */
  cropSize?: number;
  /** Windows in a step, >= 1. @default 2 */
  batchSize?: number;
  /** Draws starting weights and windows. @default 0 */
  seed?: number;
  /** Stops the work between steps. */
  signal?: AbortSignal;
  /** Receives each step's loss. */
  onIteration?: (point: { iteration: number; iterations: number; loss: number }) => void;
}

/** What {@linkcode trainSuperAE} returns. */
export interface TrainedSuperAE {
  /** Ready for `applySuperAE` and for further training. */
  readonly weights: SuperAEWeights;
  /** L_r per pixel, plus the boundary loss where it is learnt, of each step. */
  readonly losses: Float32Array;
}

/**
 * Trains encoder and decoder on L_r (loss.ts), and the boundary head where every image brings pseudo-labels, on windows
 * drawn at random. Run it where the backend is yours.
 *
 * @param images At least one; each at least 1 x 1.
 * @param options See {@linkcode TrainOptions}.
 * @returns The weights and the loss curve.
 * @throws {RangeError} If there is no image.
 * @throws The signal's reason when it stops.
 */
export async function trainSuperAE(
  images: readonly TrainingImage[],
  options: TrainOptions = {},
): Promise<TrainedSuperAE> {
  const { lambda = 2, iterations = 100, learningRate = 0.002, finalLearningRate = learningRate / 100 } =
    options;
  const { boundaryWeight = 1, augment = false, cropSize = 160, batchSize = 2, seed = 0 } = options;
  if (images.length === 0) throw new RangeError("Cannot train SuperAE: got no image, want at least 1");
  const random = createRandom(seed);
  const checkpoint = createCheckpoint(options.signal);
  const withBoundary = boundaryWeight > 0 && images.every(({ boundary }) => boundary);
  const trained = [...ENCODER, ...DECODER, ...(withBoundary ? BOUNDARY_HEAD : [])];
  const parameters = createParameters(options.weights ?? initialWeights(random), trained);
  const variables = trained.flatMap(({ name }) => {
    const { filter, bias } = parameters[name]!;
    return [filter, bias] as tf.Tensor[] as tf.Variable[];
  });
  const adam = createAdam(variables, { learningRate });
  const losses = new Float32Array(iterations);
  try {
    for (let i = 0; i < iterations; i++) {
      const { x, means, boundary } = cropTensors(drawCrops(images, batchSize, cropSize, augment, random));
      const { value, grads } = tf.variableGrads(() => {
        const features = encode(parameters, x);
        const loss = superAELoss(x, decode(parameters, features), means, lambda);
        if (!withBoundary) return loss;
        return tf.add(
          loss,
          tf.mul(boundaryWeight, boundaryLoss(boundaryLogits(parameters, features), boundary!)),
        );
      }, variables);
      adam.learningRate = learningRate + (finalLearningRate - learningRate) * i / iterations;
      adam.step(variables.map((variable) => grads[variable.name]!));
      losses[i] = (await value.data())[0]!;
      tf.dispose([x, means, boundary ?? [], value, Object.values(grads)]);
      options.onIteration?.({ iteration: i + 1, iterations, loss: losses[i]! });
      await checkpoint();
    }
    return { weights: await readParameters(parameters), losses };
  } finally {
    adam.dispose();
    disposeParameters(parameters);
  }
}
