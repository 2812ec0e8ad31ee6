/** Weights of SuperAE as one row of numbers, in layer order: the training command's own state, in full precision. */
import { type SuperAEWeights, weightCount } from "../lib/superae/mod.ts";
import { LAYERS } from "../lib/superae/architecture.ts";
import { layerWeights } from "../lib/superae/weights.ts";

/** All filters and biases, one after the other. */
export function flattenWeights(weights: SuperAEWeights): Float32Array<ArrayBuffer> {
  const all = new Float32Array(weightCount());
  let offset = 0;
  for (const layer of LAYERS) {
    const { filter, bias } = layerWeights(weights, layer);
    all.set(filter, offset);
    all.set(bias, offset + filter.length);
    offset += filter.length + bias.length;
  }
  return all;
}

/** The reverse. */
export function unflattenWeights(all: Float32Array): SuperAEWeights {
  if (all.length !== weightCount()) {
    throw new TypeError(
      `Cannot read weights: want ${weightCount()} numbers, got ${all.length}: made by another architecture?`,
    );
  }
  let offset = 0;
  const take = (length: number) => all.slice(offset, offset += length);
  return Object.fromEntries(LAYERS.map(({ name, size, input, output }) => [
    name,
    { filter: take(size * size * input * output), bias: take(output) },
  ]));
}
