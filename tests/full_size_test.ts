import assert from "node:assert/strict";
import { toFullSize } from "../lib/full_size.ts";
import type { Image } from "../lib/image/mod.ts";
import { resizeLabels } from "../lib/image/mod.ts";
import { createRandom } from "../lib/random.ts";
import { adjacency, connectedComponents } from "../lib/superpixels/mod.ts";
import { enlargeSuperpixels } from "../lib/superpixels/enlarge_superpixels.ts";

const grey = (width: number, height: number, value: (x: number, y: number) => number): Image => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const p = Math.floor(i / 3);
    return value(p % width, Math.floor(p / width));
  }),
});

/** Blobs of uneven shape: a random map's connected components. */
function blobs(width: number, height: number, seed: number) {
  const random = createRandom(seed);
  const coarse = Int32Array.from({ length: width * height }, (_, p) => {
    const x = p % width, y = Math.floor(p / width);
    return (Math.floor(x / 4 + y / 7) % 3) + 3 * (Math.floor(y / 5) % 2) + (random() < 0.05 ? 6 : 0);
  });
  return connectedComponents(coarse, width, height);
}

const noise = (width: number, height: number, seed: number): Image => {
  const random = createRandom(seed);
  return grey(width, height, () => Math.floor(256 * random()));
};

Deno.test("enlargeSuperpixels() moves a boundary to the full image's edge, by up to half a small pixel", () => {
  const small = Int32Array.from({ length: 8 * 8 }, (_, p) => p % 8 < 4 ? 0 : 1);
  for (const edge of [22, 23, 24, 25]) { // the small boundary lies at 24 of 48
    const labels = enlargeSuperpixels(small, 8, 8, 2, grey(48, 48, (x) => x < edge ? 30 : 200));
    // one row keeps the two in touch where they were, and water flows around its end at the frame
    const right = Array.from({ length: 48 }, (_, y) => labels.subarray(48 * y, 48 * (y + 1)).indexOf(1));
    assert(right.filter((x) => x !== edge).length <= 5);
    assert(right.every((x) => Math.abs(x - edge) <= 2));
  }
});

Deno.test("enlargeSuperpixels() makes no stairs of a slanted edge", () => {
  const isRight = (x: number, y: number) => x + 0.7 * y > 40;
  const full = grey(60, 60, (x, y) => isRight(x, y) ? 220 : 40);
  const small = Int32Array.from(
    { length: 100 },
    (_, p) => isRight(6 * (p % 10) + 3, 6 * Math.floor(p / 10) + 3) ? 1 : 0,
  );
  const wrong = (labels: Int32Array) =>
    labels.reduce((sum, r, p) => sum + +(r !== +isRight(p % 60, Math.floor(p / 60))), 0);
  const before = wrong(resizeLabels(small, 10, 10, 60, 60));
  assert(wrong(enlargeSuperpixels(small, 10, 10, 2, full)) < before / 3);
});

for (
  const [width, height, W, H] of [[24, 20, 24, 20], [24, 20, 31, 26], [24, 20, 75, 64], [
    9,
    30,
    60,
    200,
  ]] as const
) {
  Deno.test(`enlargeSuperpixels() tears and closes nothing from ${width}x${height} to ${W}x${H}`, () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { labels, count } = blobs(width, height, seed);
      const full = enlargeSuperpixels(labels, width, height, count, noise(W, H, seed));
      assert.equal(connectedComponents(full, W, H).count, count);
      const pairs = new Set(),
        graph = adjacency(full, W, H, count),
        old = adjacency(labels, width, height, count);
      graph.edgeA.forEach((a, e) => pairs.add(`${a} ${graph.edgeB[e]}`));
      old.edgeA.forEach((a, e) => assert(pairs.has(`${a} ${old.edgeB[e]}`)));
    }
  });
}

Deno.test("enlargeSuperpixels() gives a map of its own size back", () => {
  const { labels, count } = blobs(24, 20, 5);
  assert.deepEqual(enlargeSuperpixels(labels, 24, 20, count, noise(24, 20, 1)), labels);
});

Deno.test("enlargeSuperpixels() refuses images that are smaller and labels out of range", () => {
  const labels = Int32Array.of(0, 1, 0, 1);
  assert.throws(() => enlargeSuperpixels(labels, 2, 2, 2, noise(1, 4, 1)), RangeError);
  assert.throws(() => enlargeSuperpixels(labels, 2, 2, 1, noise(4, 4, 1)), RangeError);
  assert.throws(() => enlargeSuperpixels(labels, 2, 3, 2, noise(4, 4, 1)), TypeError);
});

Deno.test("toFullSize() takes the nearest pixel up to three times the size, and keeps regions made of superpixels", () => {
  const { labels: superpixels, count } = blobs(24, 20, 6), working = { width: 24, height: 20 };
  const labels = superpixels.map((r) => r % 3);
  const twice = toFullSize({ labels, superpixels }, count, working, noise(48, 40, 2));
  assert.deepEqual(twice.superpixels, resizeLabels(superpixels, 24, 20, 48, 40));
  const large = toFullSize({ labels, superpixels }, count, working, noise(96, 80, 3));
  assert.deepEqual(large.labels, large.superpixels.map((r) => r % 3));
});
