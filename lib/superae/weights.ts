/**
 * Weights of SuperAE: where they start, and how they travel (8-bit, base64) between the training command, the
 * repository and other isolates.
 */
import { decodeBase64, encodeBase64 } from "../base64.ts";
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
 * Packs weights for storage: each output channel's filter as 8-bit steps of a scale of its own, scales and biases in
 * single precision, layer after layer, base64. A quarter of the size that every cold start loads; what it costs in
 * quality is measured in docs/experiments.md.
 *
 * @param weights Weights of every layer.
 * @returns ASCII text, about 1.4 characters a weight.
 */
export function encodeWeights(weights: SuperAEWeights): string {
  const bytes = new Uint8Array(storedLength());
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const layer of LAYERS) {
    const { filter, bias } = layerWeights(weights, layer);
    for (let o = 0; o < layer.output; o++) {
      let largest = 0;
      for (let i = o; i < filter.length; i += layer.output) largest = Math.max(largest, Math.abs(filter[i]!));
      const scale = Math.fround(largest / 127) || 1;
      view.setFloat32(offset, scale, true);
      view.setFloat32(offset + 4, bias[o]!, true);
      offset += 8;
      for (let i = o; i < filter.length; i += layer.output) {
        view.setInt8(offset++, Math.round(filter[i]! / scale));
      }
    }
  }
  return encodeBase64(bytes);
}

/**
 * The reverse of {@linkcode encodeWeights}.
 *
 * @param text What `encodeWeights` returned.
 * @returns Weights of every layer, rounded to their 8-bit steps.
 * @throws {TypeError} If the text does not hold exactly the weights of this architecture.
 */
export function decodeWeights(text: string): SuperAEWeights {
  const bytes = decodeBase64(text);
  if (bytes.length !== storedLength()) {
    throw new TypeError(`Cannot read SuperAE weights: want ${storedLength()} bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer);
  let offset = 0;
  return Object.fromEntries(LAYERS.map((layer) => {
    const filter = new Float32Array(filterLength(layer)), bias = new Float32Array(layer.output);
    for (let o = 0; o < layer.output; o++) {
      const scale = view.getFloat32(offset, true);
      bias[o] = view.getFloat32(offset + 4, true);
      offset += 8;
      for (let i = o; i < filter.length; i += layer.output) filter[i] = scale * view.getInt8(offset++);
    }
    return [layer.name, { filter, bias }];
  }));
}

/** Bytes of the packed weights. */
function storedLength(): number {
  return LAYERS.reduce((sum, layer) => sum + filterLength(layer) + 8 * layer.output, 0);
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

function filterLength(layer: Layer): number {
  return layer.size * layer.size * layer.input * layer.output;
}
