import assert from "node:assert/strict";
import { findRegionCues } from "../lib/hierarchy/hierarchy.ts";
import {
  boundaryPseudoLabels,
  dscHierarchy,
  Hierarchy,
  HIERARCHY_WEIGHTS,
  type MergeCriterion,
  orientedGradients,
  watershed,
  type WordMap,
} from "../lib/hierarchy/mod.ts";
import { nearestWords } from "../lib/hierarchy/nearest_words.ts";
import { normalizeJets, textonVectors } from "../lib/hierarchy/textons.ts";
import { decodeWords, defaultVocabulary, encodeWords } from "../lib/hierarchy/vocabulary.ts";
import { enlarged } from "../lib/hierarchy/enlarged.ts";
import { pixelsOfSamples, sampling } from "../lib/hierarchy/sampling.ts";
import { halveWords } from "../lib/hierarchy/word_map.ts";
import { imageWords } from "../lib/hierarchy/words.ts";
import type { Image } from "../lib/image/mod.ts";
import { contourMapTree, cutContourMap, cutTree } from "../lib/metrics/mod.ts";
import { createRandom } from "../lib/random.ts";
import { orientedGradientsReference } from "./reference/oriented_gradients.ts";

type Rgb = readonly [number, number, number];

function picture(width: number, height: number, colorAt: (x: number, y: number) => Rgb): Image {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, p = 0; y < height; y++) for (let x = 0; x < width; x++, p += 3) data.set(colorAt(x, y), p);
  return { width, height, data };
}

function randomWords(width: number, height: number, count: number, seed: number): WordMap {
  const random = createRandom(seed);
  // patches, so that windows differ by more than noise
  const patch = Array.from({ length: 64 }, () => Math.floor(random() * count));
  const words = Uint8Array.from({ length: width * height }, (_, i) => {
    const x = i % width, y = Math.floor(i / width);
    return random() < 0.3 ? Math.floor(random() * count) : patch[((y >> 2) * 8 + (x >> 2)) % 64]!;
  });
  return { width, height, words, count };
}

const quadrantColors: readonly Rgb[] = [[200, 40, 40], [40, 160, 60], [50, 60, 200], [220, 210, 90]];
const quadrants = picture(80, 60, (x, y) => quadrantColors[(x < 40 ? 0 : 1) + (y < 30 ? 0 : 2)]!);

/** Each region of `labels` lies within one region of `coarser`. */
function assertRefines(labels: Int32Array, coarser: Int32Array): void {
  const parent = new Map<number, number>();
  labels.forEach((label, p) => {
    assert.equal(parent.get(label) ?? coarser[p], coarser[p]);
    parent.set(label, coarser[p]!);
  });
}

// ---- oriented gradients

Deno.test("orientedGradients() equals every window computed from its definition", () => {
  const width = 26, height = 17;
  const few = randomWords(width, height, 24, 1), many = randomWords(width, height, 32, 2);
  const cues = [
    { map: few, radius: 2, weight: 0.5 },
    { map: many, radius: 3, weight: 1 },
    { map: halveWords(many), radius: 2, weight: 0.7 },
  ];
  const { angles } = orientedGradients(cues, width, height, 8);
  const expected = orientedGradientsReference(cues, width, height, 8);
  expected.forEach((values, t) => {
    values.forEach((value, p) => {
      assert(Math.abs(value - angles[t]![p]!) < 2e-5, `direction ${t}, pixel ${p}`);
    });
  });
});

Deno.test("orientedGradients() is linear in the weights", () => {
  const map = randomWords(20, 21, 24, 3);
  const one = orientedGradients([{ map, radius: 3, weight: 1 }], 20, 21).angles;
  const three =
    orientedGradients([{ map, radius: 3, weight: 1 }, { map, radius: 3, weight: 2 }], 20, 21).angles;
  one.forEach((values, t) => {
    values.forEach((value, p) => assert(Math.abs(3 * value - three[t]![p]!) < 1e-5));
  });
});

Deno.test("orientedGradients() finds nothing in a constant map", () => {
  const map: WordMap = { width: 9, height: 7, words: new Uint8Array(63).fill(3), count: 5 };
  for (const values of orientedGradients([{ map, radius: 11, weight: 1 }], 9, 7).angles) {
    assert(values.every((value) => value === 0));
  }
});

Deno.test("orientedGradients() refuses radii, word counts and grids that do not fit", () => {
  const map = randomWords(8, 8, 4, 4);
  assert.throws(() => orientedGradients([{ map, radius: 12, weight: 1 }], 8, 8), RangeError);
  assert.throws(
    () => orientedGradients([{ map: { ...map, count: 33 }, radius: 2, weight: 1 }], 8, 8),
    RangeError,
  );
  assert.throws(() => orientedGradients([{ map, radius: 2, weight: 1 }], 9, 9), TypeError);
});

// ---- words

Deno.test("imageWords() gives stripes other textons and textures than their quarter turn and a flat area", () => {
  const side = 40;
  const middle = (lightnessAt: (x: number, y: number) => number) => {
    const lab = Float32Array.from({ length: 3 * side * side }, (_, i) => {
      const p = Math.floor(i / 3);
      return i % 3 === 0 ? lightnessAt(p % side, Math.floor(p / side)) : 0;
    });
    const { fineTextons, coarseTextons } = imageWords(lab, side, side, defaultVocabulary());
    return [fineTextons, coarseTextons].map(({ words, width }) => words[10 * width + 10]!);
  };
  // stripes four pixels wide for the fine ones, twelve for the coarse ones
  for (const [kind, width] of [[0, 2], [1, 6]] as const) {
    const stripe = (at: number) => Math.floor(at / width) % 2 * 60;
    const words = [middle((x) => stripe(x)), middle((_, y) => stripe(y)), middle(() => 50)];
    assert.equal(new Set(words.map((word) => word[kind])).size, 3);
  }
});

Deno.test("textonVectors() are scales 1 and 2, and 2 and 3, of the normalised jets", () => {
  const jets = Float32Array.from({ length: 15 }, (_, k) => k / 100);
  const [fine, coarse] = textonVectors(jets.slice());
  const normalized = normalizeJets(jets);
  assert.deepEqual([fine, coarse], [normalized.slice(0, 10), normalized.slice(5)]);
});

Deno.test("nearestWords() takes the nearest, the first of equals", () => {
  const vocabulary = Float32Array.of(0, 0, 4, 0, 0, 4);
  assert.deepEqual([...nearestWords(Float32Array.of(1, 0, 3, 0, 0, 9, 2, 0), 2, vocabulary)], [0, 1, 2, 0]);
});

Deno.test("encodeWords() and decodeWords() keep numbers to half a step", () => {
  const words = Float32Array.of(-1.3, 0, 2.71828, 7.9);
  const back = decodeWords(encodeWords(words, 1 / 4096), 1 / 4096);
  words.forEach((word, i) => assert(Math.abs(word - back[i]!) <= 0.5 / 4096 + 1e-6));
});

// ---- watershed

Deno.test("watershed() gives one basin for each minimum, a ridge between them", () => {
  const { labels, count } = watershed(
    Float32Array.from([0, 1, 5, 1, 0, 0, 1, 5, 1, 0, 3, 3, 6, 3, 3, 0, 1, 5, 1, 0]),
    5,
    4,
  );
  assert.equal(count, 4);
  assert.notEqual(labels[0], labels[4]);
  assert.notEqual(labels[0], labels[15]);
  assert.equal(labels[0], labels[6]);
});

Deno.test("watershed() makes one basin of a flat map", () => {
  assert.equal(watershed(new Float32Array(12), 4, 3).count, 1);
});

Deno.test("watershed() labels every pixel and its basins are connected", () => {
  const random = createRandom(5), W = 31, H = 22;
  const { labels, count } = watershed(Float32Array.from({ length: W * H }, () => random()), W, H);
  const seen = new Set<number>();
  const reached = new Uint8Array(W * H);
  for (let start = 0; start < W * H; start++) {
    if (reached[start]) continue;
    assert(!seen.has(labels[start]!), "a basin in two pieces");
    seen.add(labels[start]!);
    const stack = [start];
    reached[start] = 1;
    while (stack.length > 0) {
      const p = stack.pop()!, x = p % W;
      for (const q of [x > 0 ? p - 1 : -1, x < W - 1 ? p + 1 : -1, p - W, p + W]) {
        if (q < 0 || q >= W * H || reached[q] || labels[q] !== labels[p]) continue;
        reached[q] = 1;
        stack.push(q);
      }
    }
  }
  assert.equal(seen.size, count);
});

Deno.test("watershed() refuses strengths below zero and NaN", () => {
  assert.throws(() => watershed(Float32Array.of(0, -1), 2, 1), RangeError);
  assert.throws(() => watershed(Float32Array.of(0, NaN), 2, 1), RangeError);
});

// ---- the tree

const small = new Hierarchy({
  width: 3,
  height: 2,
  superpixels: Int32Array.of(0, 1, 2, 0, 3, 2),
  count: 4,
  merges: { a: Int32Array.of(1, 0, 0), b: Int32Array.of(3, 1, 2), height: Float32Array.of(0.25, 0.5, 0.75) },
});

Deno.test("Hierarchy.at() cuts by number and by height, labels numbered by rows", () => {
  assert.deepEqual([...small.at({ regions: 4 })], [0, 1, 2, 0, 3, 2]);
  assert.deepEqual([...small.at({ regions: 3 })], [0, 1, 2, 0, 1, 2]);
  assert.deepEqual([...small.at({ threshold: 0.5 })], [0, 0, 1, 0, 0, 1]);
  assert.deepEqual([...small.at()], [0, 0, 1, 0, 0, 1]);
  assert.deepEqual([...small.at({ regions: 1 })], [0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...small.at({ regions: 99 })], [...small.at({ threshold: 0 })]);
  assert.deepEqual([4, 2, 1].map((regions) => small.regionsAt({ regions })), [4, 2, 1]);
});

Deno.test("Hierarchy.mergeHeight() is an ultrametric", () => {
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      assert.equal(small.mergeHeight(i, j), small.mergeHeight(j, i));
      for (let k = 0; k < 4; k++) {
        assert(small.mergeHeight(i, j) <= Math.max(small.mergeHeight(i, k), small.mergeHeight(k, j)));
      }
    }
  }
});

Deno.test("Hierarchy.ucm() cut as the benchmark cuts it gives the segmentations of at()", () => {
  const ucm = small.ucm();
  assert.equal(ucm.data.length, 7 * 5);
  for (const threshold of [0, 0.25, 0.3, 0.5, 0.74, 0.75]) {
    assert.deepEqual(cutContourMap(ucm, threshold), small.at({ threshold }));
  }
  const { superpixels, tree } = contourMapTree(ucm);
  assert.deepEqual(cutTree(superpixels, tree, 0.5), small.at({ threshold: 0.5 }));
});

Deno.test("Hierarchy refuses parts that do not fit", () => {
  const { width, height, superpixels, count, merges } = small;
  const parts = { width, height, superpixels, count, merges };
  assert.throws(() => new Hierarchy({ ...parts, superpixels: superpixels.slice(1) }), TypeError);
  assert.throws(() => new Hierarchy({ ...parts, count: 3 }), RangeError);
  assert.throws(() => new Hierarchy({ ...parts, count: 5 }), TypeError);
  const falling = { ...merges, height: Float32Array.of(0.2, 0.1, 0.7) };
  assert.throws(() => new Hierarchy({ ...parts, merges: falling }), RangeError);
  const twice = { ...merges, b: Int32Array.of(3, 3, 2), a: Int32Array.of(1, 1, 0) };
  assert.throws(() => new Hierarchy({ ...parts, merges: twice }), RangeError);
  assert.throws(() => small.at({ regions: 0 }), RangeError);
  assert.throws(() => small.at({ threshold: NaN }), RangeError);
});

Deno.test("boundaryPseudoLabels() are the height of each boundary", () => {
  assert.deepEqual([...boundaryPseudoLabels(small)], [128, 191, 0, 128, 191, 0]);
});

// ---- the whole

Deno.test("findRegionCues() finds the regions at the frame, and places words on a result of another size", () => {
  // a light square in the middle, twice as large as the result
  const image = picture(
    96,
    80,
    (x, y) => Math.max(Math.abs(x - 48), Math.abs(y - 40)) < 20 ? [220, 220, 200] : [40, 60, 90],
  );
  const { superpixels, cues, words } = findRegionCues(image, {}, { size: { width: 48, height: 40 } });
  const at = (x: number, y: number) => superpixels[y * 48 + x]!;
  assert.equal(cues.frame[at(0, 0)], 1);
  assert.equal(cues.frame[at(24, 20)], 0);
  assert.equal(words.superpixel.length, words.map.words.length);
  // samples of the words lie two pixels of the image apart, which is one of the result
  for (const [x, y] of [[0, 0], [24, 20], [47, 39], [10, 30]] as const) {
    assert.equal(words.superpixel[y * words.map.width + x], at(x, y));
  }
});

Deno.test("dscHierarchy() sees fewer squares in a checkerboard when it knows what occurs together", () => {
  const square = (x: number, y: number) => ((x >> 4) + (y >> 4)) % 2 ? 235 : 20;
  const image = picture(256, 128, (x, y) => {
    const grey = x < 160 ? square(x, y) : 128;
    return [grey, grey, grey];
  });
  const regions = (criterionAlone: MergeCriterion) =>
    dscHierarchy(image, {}, { weights: { ...HIERARCHY_WEIGHTS, criterionAlone } }).regionsAt();
  const { criterionAlone } = HIERARCHY_WEIGHTS;
  assert(2 * regions(criterionAlone) < regions({ ...criterionAlone, across: 0, within: 0 })); // 7 and 35 of 80
});

Deno.test("dscHierarchy() gives four quadrants for four quadrants", () => {
  const labels = dscHierarchy(quadrants).at({ regions: 4 });
  const at = (x: number, y: number) => labels[y * 80 + x];
  assert.deepEqual([at(20, 15), at(60, 15), at(20, 45), at(60, 45)], [0, 1, 2, 3]);
  let right = 0;
  labels.forEach((label, p) => {
    if (label === (p % 80 < 40 ? 0 : 1) + (p < 2400 ? 0 : 2)) right++;
  });
  assert(right > 0.97 * 4800, `${right} of 4800 pixels`);
});

Deno.test("dscHierarchy() of an enlarged image gives a result of the size asked for", () => {
  const seen = enlarged(quadrants);
  assert.deepEqual([seen.width, seen.height], [108, 81]);
  const tree = dscHierarchy(seen, {}, { size: quadrants }), labels = tree.at({ regions: 4 });
  assert.deepEqual([tree.width, tree.height, labels.length], [80, 60, 4800]);
  let right = 0;
  labels.forEach((label, p) => {
    if (label === (p % 80 < 40 ? 0 : 1) + (p < 2400 ? 0 : 2)) right++;
  });
  assert(right > 0.97 * 4800, `${right} of 4800 pixels`);
});

Deno.test("enlarged() leaves large images alone", () => {
  const large = picture(600, 500, () => [0, 0, 0]);
  assert.equal(enlarged(large), large);
  const { width, height } = enlarged(picture(540, 400, () => [0, 0, 0]));
  assert(width > 600 && width < 620 && Math.abs(width * height - 281_000) < 1000);
});

Deno.test("sampling() gives every pixel a sample of the grid, in order", () => {
  for (const [pixels, measured] of [[1, 1], [1, 2], [321, 433], [7, 7], [8, 8], [10, 5]] as const) {
    const { near, before, beyond } = sampling(pixels, measured), samples = Math.ceil(measured / 2);
    for (let x = 0; x < pixels; x++) {
      assert(near[x]! >= 0 && near[x]! < samples && before[x]! >= 0 && before[x]! < samples);
      assert(beyond[x]! >= 0 && beyond[x]! < 1 && Math.abs(before[x]! + beyond[x]! - near[x]!) <= 0.5);
      assert(x === 0 || near[x]! >= near[x - 1]!);
    }
  }
});

Deno.test("pixelsOfSamples() is the reverse of sampling()", () => {
  for (const [pixels, measured] of [[1, 1], [1, 2], [321, 433], [7, 7], [8, 8], [481, 649]] as const) {
    const { near } = sampling(pixels, measured);
    pixelsOfSamples(pixels, measured).forEach((pixel, i) => assert(Math.abs(near[pixel]! - i) <= 1));
  }
  assert.deepEqual([...pixelsOfSamples(5, 5)], [0, 2, 4]);
});

Deno.test("dscHierarchy() nests: finer cuts refine coarser ones", () => {
  const random = createRandom(8);
  const noisy = picture(70, 50, (x, y) => {
    const level = (x >> 4) * 30 + (y >> 4) * 15 + random() * 40;
    return [level, 255 - level, 128];
  });
  const tree = dscHierarchy(noisy);
  let finer = tree.at({ regions: 40 });
  for (const regions of [20, 10, 5, 2, 1]) {
    const coarser = tree.at({ regions });
    assertRefines(finer, coarser);
    finer = coarser;
  }
});

Deno.test("dscHierarchy() gives the same tree twice", () => {
  assert.deepEqual(dscHierarchy(quadrants).merges, dscHierarchy(quadrants).merges);
});

Deno.test("dscHierarchy() makes one region of one colour, at every size", () => {
  for (const [width, height] of [[1, 1], [2, 1], [8, 8], [1, 400], [400, 1], [97, 61]] as const) {
    const tree = dscHierarchy(picture(width, height, () => [90, 120, 60]));
    assert.equal(tree.count, 1, `${width}x${height}`);
    assert(tree.at().every((label) => label === 0));
  }
});

Deno.test("dscHierarchy() cuts a narrow strip where its colour changes", () => {
  for (const [width, height] of [[1, 400], [400, 1], [3, 200]] as const) {
    const image = picture(width, height, (x, y) => Math.max(x, y) < 100 ? [30, 30, 30] : [220, 220, 220]);
    const labels = dscHierarchy(image).at({ regions: 2 });
    const across = labels.findIndex((label) => label === 1);
    const border = Math.max(across % width, Math.floor(across / width));
    assert(Math.abs(border - 100) <= 3, `${width}x${height}: border at ${border}`);
  }
});

Deno.test("dscHierarchy() keeps to boundaries that it is told of", () => {
  // noise all over; the learned map says there is an outline down the middle
  const random = createRandom(9);
  const noise = picture(60, 40, () => [random() * 255, random() * 255, random() * 255]);
  const boundary = Float32Array.from({ length: 30 * 20 }, (_, i) => i % 30 === 15 || i % 30 === 14 ? 1 : 0);
  const criterion = { ...HIERARCHY_WEIGHTS.criterion, boundary: 20 };
  const weights = { ...HIERARCHY_WEIGHTS, criterion };
  const labels = dscHierarchy(noise, { boundary }, { weights }).at({ regions: 2 });
  assert.notEqual(labels[20 * 60 + 5], labels[20 * 60 + 55]);
  assert.equal(labels[20 * 60 + 5], labels[5 * 60 + 10]);
});

Deno.test("dscHierarchy() tells apart what deep features tell apart", () => {
  const random = createRandom(10);
  const noise = picture(60, 40, () => [random() * 255, random() * 255, random() * 255]);
  const features = Float32Array.from({ length: 30 * 20 }, (_, i) => i % 30 < 15 ? 0 : 1);
  const criterionAlone = { ...HIERARCHY_WEIGHTS.criterionAlone, embedding: 20 };
  const weights = { ...HIERARCHY_WEIGHTS, criterionAlone };
  const labels = dscHierarchy(noise, { features }, { weights }).at({ regions: 2 });
  assert.notEqual(labels[20 * 60 + 5], labels[20 * 60 + 55]);
  assert.equal(labels[20 * 60 + 5], labels[5 * 60 + 10]);
});

Deno.test("dscHierarchy() refuses deep cues of another size", () => {
  assert.throws(() => dscHierarchy(quadrants, { boundary: new Float32Array(7) }), TypeError);
  assert.throws(() => dscHierarchy(quadrants, { features: new Float32Array(7) }), TypeError);
  assert.throws(() => dscHierarchy(quadrants, { smoothed: picture(3, 3, () => [0, 0, 0]) }), TypeError);
});
