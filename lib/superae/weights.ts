/**
 * Weights of SuperAE: where they start, and how they travel (half precision, base64) between the training command, the
 * repository and other isolates.
 */
import { normal, type Random } from "../random.ts";
import { type Layer, LAYERS } from "./architecture.ts";

/** Filter (size, size, input, output) and bias (output) of each layer by name, row-major. */
export type SuperAEWeights = Readonly<
  Record<string, { readonly filter: Float32Array; readonly bias: Float32Array }>
>;

/**
 * Random starting weights: He et al. 2015 (doi:10.1109/ICCV.2015.123), which keeps the variance of a relu network level,
 * and zero biases.
 *
 * @param random Seeded generator.
 * @returns Weights of every layer.
 *
 * @example
 * ```ts
 * import { initialWeights } from "./weights.ts";
 * import { createRandom } from "../random.ts";
 * import assert from "node:assert/strict";
 *
 * const weights = initialWeights(createRandom(1));
 * assert.equal(weights["down0"]?.filter.length, 3 * 3 * 3 * 24);
 * ```
 */
export function initialWeights(random: Random): SuperAEWeights {
  return Object.fromEntries(LAYERS.map((layer) => {
    const deviation = Math.sqrt(
      (layer.activation === "relu" ? 2 : 1) / (layer.size * layer.size * layer.input),
    );
    const filter = Float32Array.from({ length: filterLength(layer) }, () => deviation * normal(random));
    return [layer.name, { filter, bias: new Float32Array(layer.output) }];
  }));
}

/** Number of weights of all layers. */
export function weightCount(): number {
  return LAYERS.reduce((sum, layer) => sum + filterLength(layer) + layer.output, 0);
}

/**
 * Packs weights as half-precision numbers in layer order, base64. Half precision moves the embedding by less than 0.1 %
 * and halves what every cold start loads.
 *
 * @param weights Weights of every layer.
 * @returns ASCII text, about 2.7 characters a weight.
 */
export function encodeWeights(weights: SuperAEWeights): string {
  const half = new Float16Array(weightCount());
  let offset = 0;
  for (const layer of LAYERS) {
    const { filter, bias } = layerWeights(weights, layer);
    half.set(filter, offset);
    half.set(bias, offset + filter.length);
    offset += filter.length + bias.length;
  }
  return new Uint8Array(half.buffer).toBase64();
}

/**
 * The reverse of {@linkcode encodeWeights}.
 *
 * @param text What `encodeWeights` returned.
 * @returns Weights of every layer, in single precision.
 * @throws {TypeError} If the text does not hold exactly the weights of this architecture.
 */
export function decodeWeights(text: string): SuperAEWeights {
  // atob and a decoder of our own rather than Uint8Array.fromBase64 and Float16Array: the edge runs an older V8
  const bytes = atob(text);
  if (bytes.length !== 2 * weightCount()) {
    throw new TypeError(`Cannot read SuperAE weights: want ${2 * weightCount()} bytes, got ${bytes.length}`);
  }
  const all = Float32Array.from(
    { length: weightCount() },
    (_, i) => halfToNumber(bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8)),
  );
  let offset = 0;
  const take = (length: number) => all.slice(offset, offset += length);
  return Object.fromEntries(
    LAYERS.map((layer) => [layer.name, { filter: take(filterLength(layer)), bias: take(layer.output) }]),
  );
}

/** The weights of one layer, checked. */
export function layerWeights(
  weights: SuperAEWeights,
  layer: Layer,
): { filter: Float32Array; bias: Float32Array } {
  const found = weights[layer.name];
  if (found?.filter.length !== filterLength(layer) || found.bias.length !== layer.output) {
    throw new TypeError(`Cannot use SuperAE weights: layer ${layer.name} is missing or has another shape`);
  }
  return found;
}

/** IEEE 754 binary16 bits to a number. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function filterLength(layer: Layer): number {
  return layer.size * layer.size * layer.input * layer.output;
}
