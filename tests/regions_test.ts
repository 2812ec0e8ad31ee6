import assert from "node:assert/strict";
import type { Image } from "../lib/image/image.ts";
import { createRandom } from "../lib/random.ts";
import { type Region, regionTable } from "../lib/regions.ts";
import { connectedComponents } from "../lib/superpixels/connectivity.ts";
import { boundaryLengths } from "./reference/superpixels.ts";

/** Random colours and a map of random blobs. */
function randomCase(width: number, height: number, seed: number) {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256));
  const coarse = Int32Array.from({ length: width * height }, () => Math.floor(random() * 2));
  const image: Image = { width, height, data };
  return { image, ...connectedComponents(coarse, width, height) };
}

/** One region, straight from the definitions. */
function describe({ width, height, data }: Image, labels: Int32Array, label: number): Region {
  const xs: number[] = [], ys: number[] = [], rgb: number[][] = [[], [], []];
  labels.forEach((r, p) => {
    if (r !== label) return;
    xs.push(p % width);
    ys.push(Math.floor(p / width));
    rgb.forEach((channel, c) => channel.push(data[p * 3 + c]!));
  });
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  const left = Math.min(...xs), top = Math.min(...ys);
  const neighbors = new Set<number>();
  for (const pair of boundaryLengths(labels, width, height).keys()) {
    const [a, b] = pair.split(" ").map(Number) as [number, number];
    if (a === label) neighbors.add(b);
    if (b === label) neighbors.add(a);
  }
  return {
    label,
    area: xs.length,
    bbox: [left, top, Math.max(...xs) - left + 1, Math.max(...ys) - top + 1],
    centroid: [mean(xs), mean(ys)],
    color: [Math.round(mean(rgb[0]!)), Math.round(mean(rgb[1]!)), Math.round(mean(rgb[2]!))],
    neighbors: [...neighbors].sort((a, b) => a - b),
  };
}

Deno.test("regionTable() measures every region as its definitions do", () => {
  const { image, labels, count } = randomCase(17, 13, 1);
  const table = regionTable(image, labels);
  assert.equal(table.length, count);
  for (const region of table) {
    const { centroid, ...rest } = describe(image, labels, region.label);
    const { centroid: measured, ...others } = region;
    assert.deepEqual(others, rest);
    assert.ok(Math.abs(measured[0] - centroid[0]) < 1e-12 && Math.abs(measured[1] - centroid[1]) < 1e-12);
  }
});

Deno.test("regionTable() gives areas that sum to the image and neighbours that name each other", () => {
  const { image, labels } = randomCase(40, 30, 2);
  const table = regionTable(image, labels);
  assert.equal(table.reduce((sum, { area }) => sum + area, 0), 1200);
  for (const { label, neighbors } of table) {
    for (const other of neighbors) assert.ok(table[other]!.neighbors.includes(label));
  }
});

Deno.test("regionTable() mirrors boxes and centroids with the image", () => {
  const { image, labels } = randomCase(21, 15, 3);
  const flip = (p: number) => p - p % 21 + 20 - p % 21;
  const mirrored = regionTable(
    { ...image, data: image.data.map((_, i) => image.data[flip(Math.floor(i / 3)) * 3 + i % 3]!) },
    labels.map((_, p) => labels[flip(p)]!),
  );
  regionTable(image, labels).forEach((region, r) => {
    const [x, y, width, height] = region.bbox;
    assert.deepEqual(mirrored[r]!.bbox, [21 - x - width, y, width, height]);
    assert.ok(Math.abs(mirrored[r]!.centroid[0] - (20 - region.centroid[0])) < 1e-12);
    assert.deepEqual(mirrored[r]!.color, region.color);
    assert.deepEqual(mirrored[r]!.neighbors, region.neighbors);
  });
});

Deno.test("regionTable() describes a single pixel", () => {
  const image = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
  assert.deepEqual(regionTable(image, Int32Array.of(0)), [
    { label: 0, area: 1, bbox: [0, 0, 1, 1], centroid: [0, 0], color: [1, 2, 3], neighbors: [] },
  ]);
});

Deno.test("regionTable() survives JSON unchanged", () => {
  const { image, labels } = randomCase(9, 9, 4);
  const table = regionTable(image, labels);
  assert.deepEqual(JSON.parse(JSON.stringify(table)), table);
});

Deno.test("regionTable() refuses maps of another size, negative labels and ids without pixels", () => {
  const image = { width: 2, height: 2, data: new Uint8Array(12) };
  assert.throws(() => regionTable(image, new Int32Array(5)), TypeError);
  assert.throws(() => regionTable({ ...image, data: new Uint8Array(11) }, new Int32Array(4)), TypeError);
  assert.throws(() => regionTable(image, Int32Array.of(0, 0, -1, 0)), /got -1/);
  assert.throws(() => regionTable(image, Int32Array.of(0, 2, 2, 0)), /got none of 1/);
  assert.throws(() => regionTable(image, Int32Array.of(0, 0, 0, 2 ** 31 - 1)), RangeError);
});
