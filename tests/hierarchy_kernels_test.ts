// What was made fast in lib/hierarchy equals the plain loops of tests/reference, bit for bit.
import assert from "node:assert/strict";
import { nearestWords } from "../lib/hierarchy/nearest_words.ts";
import { localJets, normalizeJets } from "../lib/hierarchy/textons.ts";
import { watershed } from "../lib/hierarchy/mod.ts";
import { createRandom } from "../lib/random.ts";
import { localJetsReference, nearestWordsReference } from "./reference/textons.ts";
import { watershedReference } from "./reference/watershed.ts";

function noise(length: number, scale: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => scale * random());
}

for (const [width, height] of [[1, 1], [2, 3], [7, 1], [16, 12], [31, 22]] as const) {
  Deno.test(`localJets() has the bits of the plain filters at ${width}x${height}`, () => {
    const lightness = noise(width * height, 100, width);
    assert.deepEqual(
      normalizeJets(localJets(lightness, width, height)),
      localJetsReference(lightness, width, height),
    );
  });
}

for (const [N, D, K] of [[1, 1, 1], [5, 2, 3], [64, 3, 32], [203, 10, 30], [9, 15, 256]] as const) {
  Deno.test(`nearestWords() finds what the plain search finds: ${N} vectors of ${D}, ${K} words`, () => {
    const vectors = noise(N * D, 4, 1).map((v) => Math.round(v)), words = noise(K * D, 4, 2).map(Math.round);
    // whole numbers make ties
    assert.deepEqual(nearestWords(vectors, D, words), nearestWordsReference(vectors, D, words));
  });
}

for (const [width, height] of [[1, 1], [1, 9], [9, 1], [23, 17]] as const) {
  Deno.test(`watershed() floods as the definition does at ${width}x${height}`, () => {
    const relief = noise(width * height, 12, height).map((g) => 1 + Math.floor(g)); // plateaus of equal height
    assert.deepEqual(watershed(relief, width, height).labels, watershedReference(relief, width, height));
  });
}
