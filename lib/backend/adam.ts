/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980), algorithm 1. The bias corrections are folded into the step size and into
 * epsilon, which is the same arithmetic with two scalars in place of two corrected moments.
 */
import * as tf from "@tensorflow/tfjs-core";

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
  let means = variables.map((variable) => tf.keep(tf.zeros(variable.shape)));
  let squares = variables.map((variable) => tf.keep(tf.zeros(variable.shape)));
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
      tf.tidy(() => {
        const nextMeans = means.map((m, i) =>
          tf.keep(tf.add(tf.mul(m, beta1), tf.mul(gradients[i]!, 1 - beta1)))
        );
        const nextSquares = squares.map((v, i) =>
          tf.keep(tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradients[i]!), 1 - beta2)))
        );
        variables.forEach((variable, i) => {
          const move = tf.div(tf.mul(nextMeans[i]!, rate), tf.add(tf.sqrt(nextSquares[i]!), tiny));
          // a new tensor each time: XNNPACK caches packed filters by tensor and would miss a change in place
          variable.assign(tf.sub(variable, move));
        });
        tf.dispose([means, squares]);
        means = nextMeans;
        squares = nextSquares;
      });
    },
    dispose(): void {
      tf.dispose([means, squares]);
      means = squares = [];
    },
  };
}
