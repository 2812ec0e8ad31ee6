/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980), algorithm 1. The bias corrections are folded into the step size and into
 * epsilon, which is the same arithmetic with two scalars in place of two corrected moments.
 */
import * as tf from "@tensorflow/tfjs-core";
import { ADAM } from "./kernels/names.ts";

/** Options of {@linkcode createAdam}. */
export interface AdamOptions {
  /** Step size, > 0. @default 0.001 */
  learningRate?: number;
  /** Decay of the mean of gradients, 0 to 1. @default 0.9 */
  beta1?: number;
  /** Decay of the mean of squared gradients, 0 to 1. @default 0.999 */
  beta2?: number;
  /** Keeps the step finite where gradients vanish, > 0. @default 1e-8 */
  epsilon?: number;
}

/** An optimiser with its moments. */
export interface Adam {
  /** Step size of the next step; may be changed between steps. */
  learningRate: number;
  /** Moves each variable against its gradient; gradients stay the caller's to free. */
  step(gradients: readonly tf.Tensor[]): void;
  /** Frees the moments. */
  dispose(): void;
}

/** Makes an optimiser for these variables, moments at zero. */
export function createAdam(variables: readonly tf.Variable[], options: AdamOptions = {}): Adam {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const moments = () =>
    variables.map((variable) => {
      const zeros = tf.zeros(variable.shape), moment = tf.variable(zeros, false);
      zeros.dispose();
      return moment;
    });
  const means = moments(), squares = moments();
  let power1 = 1, power2 = 1;
  return {
    learningRate,
    step(gradients: readonly tf.Tensor[]): void {
      if (gradients.length !== variables.length) {
        throw new TypeError(`Cannot step: want ${variables.length} gradients, got ${gradients.length}`);
      }
      power1 *= beta1;
      power2 *= beta2;
      const correction = Math.sqrt(1 - power2);
      const rate = this.learningRate * correction / (1 - power1), tiny = epsilon * correction;
      variables.forEach((variable, i) => {
        const [mean, square] = [means[i]!, squares[i]!], gradient = gradients[i]!;
        const attributes = { rate, tiny, beta1, beta2 };
        const next = tf.getKernel(ADAM, tf.getBackend())
          ? tf.engine().runKernel(ADAM, { value: variable, gradient, mean, square }, attributes) as tf.Tensor
          : composedStep(variable, gradient, mean, square, attributes);
        // a new tensor each time: XNNPACK caches packed filters by tensor and would miss a change in place
        variable.assign(next);
        next.dispose();
      });
    },
    dispose(): void {
      tf.dispose([means, squares]);
    },
  };
}

/** The step from tfjs's own operations. */
function composedStep(
  value: tf.Tensor,
  gradient: tf.Tensor,
  mean: tf.Variable,
  square: tf.Variable,
  { rate, tiny, beta1, beta2 }: Record<"rate" | "tiny" | "beta1" | "beta2", number>,
): tf.Tensor {
  return tf.tidy(() => {
    mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)));
    square.assign(tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
    return tf.sub(value, tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), tiny)));
  });
}
