// An image's own words, and what they tell of its regions.
import assert from "node:assert/strict";
import { kmeans } from "../lib/clustering/kmeans.ts";
import { coOccurrence } from "../lib/hierarchy/co_occurrence.ts";
import { gaussianBlur } from "../lib/hierarchy/gaussian_blur.ts";
import { nearestWords } from "../lib/hierarchy/nearest_words.ts";
import { structureTensor } from "../lib/hierarchy/structure_tensor.ts";
import { localJets } from "../lib/hierarchy/textons.ts";
import { visualWords } from "../lib/hierarchy/visual_words.ts";
import { defaultVocabulary } from "../lib/hierarchy/vocabulary.ts";
import { imageWords } from "../lib/hierarchy/words.ts";
import { createRandom } from "../lib/random.ts";

Deno.test("gaussianBlur() keeps sums inside and constants everywhere", () => {
  const map = new Float32Array(21 * 20);
  map[10 * 21 + 10] = 1;
  const blurred = gaussianBlur(map, 21, 20, 1.5);
  assert(Math.abs(blurred.reduce((a, b) => a + b) - 1) < 1e-5);
  assert(
    blurred[10 * 21 + 10]! > blurred[10 * 21 + 11]! && blurred[10 * 21 + 11]! === blurred[11 * 21 + 10]!,
  );
  for (const value of gaussianBlur(new Float32Array(6).fill(3), 2, 3, 2)) assert(Math.abs(value - 3) < 1e-5);
});

/** (side, side) lightness of stripes that are `period` wide. */
function stripes(side: number, period: number, turned: boolean): Float32Array {
  return Float32Array.from({ length: side * side }, (_, i) => {
    const at = turned ? Math.floor(i / side) : i % side;
    return 50 + 40 * Math.sin(2 * Math.PI * at / period);
  });
}

Deno.test("structureTensor() tells the direction and the energy of stripes, wherever in a stripe it looks", () => {
  const side = 48, half = 24;
  const middle = (lightness: Float32Array) => {
    const tensor = structureTensor(localJets(lightness, side, side), half, half);
    return Array.from(
      { length: 4 },
      (_, k) => [...tensor.subarray(6 * (12 * half + 10 + k), 6 * (12 * half + 11 + k))],
    );
  };
  const upright = middle(stripes(side, 6, false)), lying = middle(stripes(side, 6, true));
  const flat = middle(new Float32Array(side * side).fill(50));
  for (const [energy, cosine, sine] of upright) {
    assert(cosine! > 0.95 && Math.abs(sine!) < 0.1 && energy! > 1);
    assert(Math.abs(energy! - upright[0]![0]!) < 0.35);
  }
  for (const [, cosine] of lying) assert(cosine! < -0.95);
  for (const [energy, cosine, sine] of flat) {
    assert(energy! < -1 && Math.abs(cosine!) < 1e-3 && Math.abs(sine!) < 1e-3);
  }
});

Deno.test("visualWords() gives clusters words of their own, equal vectors equal words, and repeats itself", () => {
  const random = createRandom(3), vectors = new Float32Array(6000 * 2);
  for (let i = 0; i < 6000; i++) {
    vectors[2 * i] = 10 * (i % 3) + random();
    vectors[2 * i + 1] = random();
  }
  const words = visualWords(vectors, 2, 3);
  assert.deepEqual(words, visualWords(vectors, 2, 3));
  assert.equal(new Set(words).size, 3);
  words.forEach((word, i) => assert.equal(word, words[i % 3]));
  assert.equal(new Set(visualWords(new Float32Array(40).fill(1), 2, 8)).size, 1);
});

/** Mutual information by its definition: every pair of samples, one after another. */
function coOccurrenceReference(
  words: Uint8Array,
  W: number,
  H: number,
  K: number,
  region: Int32Array,
  M: number,
) {
  const sum = new Float64Array(M * M), pairs = new Float64Array(M * M);
  for (const distance of [5, 11, 22]) {
    const found: [number, number][] = [];
    for (let t = 0; t < 8; t++) {
      const dx = Math.round(distance * Math.cos(Math.PI * t / 8));
      const dy = Math.round(distance * Math.sin(Math.PI * t / 8));
      for (let y = 0; y < H; y++) {
        for (let x = 0; x < W; x++) {
          if (x + dx < 0 || x + dx >= W || y + dy >= H) continue;
          const p = y * W + x, q = (y + dy) * W + x + dx;
          found.push([p, q], [q, p]);
        }
      }
    }
    const share = (test: (p: number, q: number) => boolean) =>
      found.filter(([p, q]) => test(p, q)).length / Math.max(1, found.length);
    const joint = Array.from(
      { length: K * K },
      (_, k) => 1e-6 + share((p, q) => words[p] === Math.floor(k / K) && words[q] === k % K),
    );
    const single = Array.from(
      { length: K },
      (_, i) => joint.slice(i * K, (i + 1) * K).reduce((a, b) => a + b),
    );
    for (const [p, q] of found) {
      const i = words[p]!, j = words[q]!, at = region[p]! * M + region[q]!;
      sum[at]! += Math.log(joint[i * K + j]! / (single[i]! * single[j]!));
      pairs[at]!++;
    }
  }
  return { sum, pairs };
}

Deno.test("visualWords() lie nearer to their vectors than where k-means starts", () => {
  const random = createRandom(9), N = 3000, K = 12;
  const vectors = Float32Array.from({ length: N }, () => random() ** 3);
  const error = (words: Uint8Array) => {
    const sums = new Float64Array(K), sizes = new Float64Array(K);
    words.forEach((word, i) => (sums[word]! += vectors[i]!, sizes[word]!++));
    return words.reduce((sum, word, i) => sum + (vectors[i]! - sums[word]! / sizes[word]!) ** 2, 0);
  };
  const { centers } = kmeans(vectors, N, 1, { clusters: K, iterations: 0, random: createRandom(1) });
  assert(error(visualWords(vectors, 1, K)) < 0.9 * error(nearestWords(vectors, 1, centers)));
});

Deno.test("visualWords() and coOccurrence() refuse what is out of range", () => {
  assert.throws(() => visualWords(new Float32Array(600).map((_, i) => i), 1, 300), RangeError);
  const map = { width: 2, height: 2, words: Uint8Array.of(0, 1, 2, 1), count: 3 },
    region = Int32Array.of(0, 0, 1, 1);
  assert.throws(() => coOccurrence({ ...map, count: 2 }, region, 2), RangeError);
  assert.throws(() => coOccurrence(map, region, 1), RangeError);
  assert.throws(() => coOccurrence(map, region.slice(1), 2), TypeError);
});

Deno.test("coOccurrence() counts every pair of a large plain region", () => {
  const side = 700, samples = side * side;
  const map = { width: side, height: side, words: new Uint8Array(samples), count: 1 };
  const { pairs } = coOccurrence(map, new Int32Array(samples), 1);
  let expected = 0;
  for (const distance of [5, 11, 22]) {
    for (let t = 0; t < 8; t++) {
      const [dx, dy] = [Math.cos, Math.sin].map((f) => Math.abs(Math.round(distance * f(Math.PI * t / 8))));
      expected += 2 * (side - dx!) * (side - dy!);
    }
  }
  assert(expected > 2 ** 24);
  assert.equal(pairs[0], Math.fround(expected));
});

for (const [W, H] of [[1, 1], [1, 30], [13, 9], [26, 24]] as const) {
  Deno.test(`coOccurrence() is the pointwise mutual information of its definition at ${W}x${H}`, () => {
    const random = createRandom(W), K = 3, M = 4;
    const words = Uint8Array.from(
      { length: W * H },
      (_, i) => random() < 0.7 ? Math.floor(i % W / 9) % K : Math.floor(K * random()),
    );
    const region = Int32Array.from({ length: W * H }, (_, i) => Math.floor(i * M / (W * H)));
    const { sum, pairs } = coOccurrence({ width: W, height: H, words, count: K }, region, M);
    const expected = coOccurrenceReference(words, W, H, K, region, M);
    assert.deepEqual([...pairs], [...expected.pairs]);
    sum.forEach((value, p) => assert(Math.abs(value - expected.sum[p]!) < 1e-3 * (1 + Math.abs(value))));
  });
}

Deno.test("imageWords() gives two colours and two textures different words", () => {
  const side = 64;
  const lab = new Float32Array(3 * side * side);
  for (let p = 0; p < side * side; p++) {
    const x = p % side, y = Math.floor(p / side);
    lab.set([x < 32 ? 50 + 30 * (y >> 1 & 1) : 65, 0, y < 32 ? 40 : -40], 3 * p); // striped | plain, yellow over blue
  }
  const { colors, textures } = imageWords(lab, side, side, defaultVocabulary());
  const wordsOf = ({ words }: { words: Uint8Array }, x: number, y: number) =>
    new Set(Array.from({ length: 64 }, (_, i) => words[(y + (i >> 3)) * 32 + x + i % 8]));
  const shared = (map: { words: Uint8Array }, a: [number, number], b: [number, number]) =>
    wordsOf(map, ...a).intersection(wordsOf(map, ...b)).size;
  assert.equal(shared(textures, [4, 4], [20, 4]), 0);
  assert.equal(shared(colors, [20, 4], [20, 20]), 0);
});

Deno.test("imageWords() gives every sample a word of each kind, at every size", () => {
  for (const [width, height] of [[1, 1], [2, 1], [1, 40], [17, 12]] as const) {
    const random = createRandom(width);
    const lab = Float32Array.from({ length: 3 * width * height }, () => 100 * random());
    for (const map of Object.values(imageWords(lab, width, height, defaultVocabulary()))) {
      assert.equal(map.words.length, ((width + 1) >> 1) * ((height + 1) >> 1));
      assert(map.words.every((word) => word < map.count));
    }
  }
});
