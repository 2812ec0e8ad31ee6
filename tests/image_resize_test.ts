import assert from "node:assert/strict";
import type { Image } from "../lib/image/image.ts";
import { fitWithin, resizeImage, resizeLabels } from "../lib/image/resize.ts";
import { createRandom } from "../lib/random.ts";

function gray(width: number, height: number, values: ArrayLike<number>): Image {
  return {
    width,
    height,
    data: Uint8Array.from({ length: values.length * 3 }, (_, i) => values[Math.floor(i / 3)]!),
  };
}

function noise(width: number, height: number): Image {
  const random = createRandom(width * height);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random() * 256) };
}

function channel(image: Image): number[] {
  return [...image.data].filter((_, i) => i % 3 === 0);
}

function mean({ data }: Image): number {
  return data.reduce((sum, v) => sum + v, 0) / data.length;
}

Deno.test("resizeImage() averages areas when shrinking by a whole number", () => {
  const image = gray(4, 2, [0, 100, 10, 30, 20, 40, 50, 70]);
  assert.deepEqual(channel(resizeImage(image, 2, 1)), [40, 40]);
  assert.deepEqual(channel(resizeImage(image, 1, 1)), [40]);
});

Deno.test("resizeImage() weighs pixels by the part it covers when shrinking by a fraction", () => {
  // each new pixel covers one and a half old ones
  assert.deepEqual(channel(resizeImage(gray(3, 1, [0, 90, 240]), 2, 1)), [30, 190]);
  assert.deepEqual(channel(resizeImage(gray(1, 3, [0, 90, 240]), 1, 2)), [30, 190]);
});

Deno.test("resizeImage() interpolates between pixel centres when growing, and holds the border", () => {
  assert.deepEqual(channel(resizeImage(gray(2, 1, [0, 100]), 4, 1)), [0, 25, 75, 100]);
  assert.deepEqual(channel(resizeImage(gray(1, 2, [0, 100]), 1, 4)), [0, 25, 75, 100]);
});

Deno.test("resizeImage() may shrink one axis and grow the other", () => {
  const resized = resizeImage(gray(4, 1, [0, 20, 80, 120]), 2, 2);
  assert.deepEqual([resized.width, resized.height, channel(resized)], [2, 2, [10, 100, 10, 100]]);
});

Deno.test("resizeImage() keeps a flat image flat at any size", () => {
  for (const value of [0, 1, 127, 254, 255]) {
    for (const [width, height] of [[1, 1], [3, 7], [10, 9], [20, 21], [37, 64]] as const) {
      const { data } = resizeImage(gray(20, 21, new Array(420).fill(value)), width, height);
      assert(data.every((v) => v === value), `${value} at ${width} x ${height}`);
    }
  }
});

Deno.test("resizeImage() keeps the mean when shrinking and does not alias a fine grid", () => {
  const image = noise(97, 61);
  for (const [width, height] of [[48, 30], [13, 11], [1, 1]] as const) {
    assert(Math.abs(mean(resizeImage(image, width, height)) - mean(image)) < 0.5);
  }
  const grid = gray(60, 60, Uint8Array.from({ length: 3600 }, (_, i) => (i % 2) * 200));
  assert(channel(resizeImage(grid, 15, 15)).every((v) => v === 100));
});

Deno.test("resizeImage() mirrors with its image", () => {
  const flip = ({ width, height, data }: Image): Image => ({
    width,
    height,
    data: Uint8Array.from(data, (_, i) => {
      const pixel = Math.floor(i / 3), y = Math.floor(pixel / width), x = pixel % width;
      return data[(y * width + width - 1 - x) * 3 + i % 3]!;
    }),
  });
  const image = noise(31, 17);
  for (const [width, height] of [[12, 9], [50, 40]] as const) {
    const a = flip(resizeImage(image, width, height)).data;
    const b = resizeImage(flip(image), width, height).data;
    assert(a.every((v, i) => Math.abs(v - b[i]!) <= 1));
  }
});

Deno.test("resizeImage() returns the image itself where the size stays, and never changes it", () => {
  const image = noise(5, 4);
  const copy = image.data.slice();
  assert.equal(resizeImage(image, 5, 4), image);
  resizeImage(image, 3, 9);
  assert.deepEqual(image.data, copy);
});

Deno.test("fitWithin() shrinks to the limit, keeps the shape, and leaves what fits alone", () => {
  const image = noise(48, 32);
  assert.equal(fitWithin(image, 48 * 32), image);
  const small = fitWithin(image, 400);
  assert.deepEqual([small.width, small.height], [24, 16]);
  for (const limit of [1, 2, 3, 7, 100, 1000, 1535]) {
    const { width, height } = fitWithin(image, limit);
    assert(width * height <= limit && width >= 1 && height >= 1, `${width} x ${height} for ${limit}`);
  }
});

Deno.test("fitWithin() keeps a side of one pixel and uses what the other may have", () => {
  const strip = fitWithin(noise(1, 1000), 100);
  assert.deepEqual([strip.width, strip.height], [1, 100]);
  const band = fitWithin(noise(1000, 1), 100);
  assert.deepEqual([band.width, band.height], [100, 1]);
});

Deno.test("resizeLabels() takes the label at each new pixel's centre", () => {
  assert.deepEqual([...resizeLabels(Int32Array.of(0, 1, 2, 3), 2, 2, 4, 2)], [0, 0, 1, 1, 2, 2, 3, 3]);
  assert.deepEqual([...resizeLabels(Int32Array.of(5, 6, 7), 3, 1, 1, 1)], [6]);
  assert.deepEqual([...resizeLabels(Int32Array.of(5, 6, 7), 3, 1, 2, 1)], [5, 7]);
});

Deno.test("resizeLabels() up by a whole number and down again gives the labels back", () => {
  const random = createRandom(5);
  const labels = Int32Array.from({ length: 20 * 21 }, () => random() * 1e6);
  for (const k of [1, 2, 3, 5]) {
    assert.deepEqual(
      resizeLabels(resizeLabels(labels, 20, 21, 20 * k, 21 * k), 20 * k, 21 * k, 20, 21),
      labels,
    );
  }
});

Deno.test("resizing refuses sides below 1 and arrays of another size", () => {
  const image = noise(2, 2);
  for (const side of [0, -1, 1.5, NaN]) {
    assert.throws(() => resizeImage(image, side, 2), RangeError);
    assert.throws(() => resizeImage(image, 2, side), RangeError);
    assert.throws(() => resizeLabels(new Int32Array(4), 2, 2, side, 2), RangeError);
  }
  assert.throws(() => fitWithin(image, 0), RangeError);
  assert.throws(() => fitWithin(image, NaN), RangeError);
  assert.throws(() => resizeImage({ width: 2, height: 2, data: new Uint8Array(4) }, 1, 1), TypeError);
  assert.throws(() => resizeLabels(new Int32Array(3), 2, 2, 1, 1), TypeError);
});
