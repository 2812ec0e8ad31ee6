import assert from "node:assert/strict";
import { srgbToLab } from "../lib/image/color.ts";
import type { Image } from "../lib/image/image.ts";
import { labelPalette } from "../lib/image/palette.ts";
import { colorizeLabels, meanColorImage, overlayBoundaries } from "../lib/image/render.ts";
import { createRandom } from "../lib/random.ts";

function flat(width: number, height: number, value: number): Image {
  return { width, height, data: new Uint8Array(width * height * 3).fill(value) };
}

/** Left half 0, right half 1. */
function halves(width: number, height: number): Int32Array {
  return Int32Array.from({ length: width * height }, (_, i) => i % width < width / 2 ? 0 : 1);
}

/** One letter a pixel: # for the line's colour, . for the image's own value, + for anything else. */
function drawing({ width, height, data }: Image, line: readonly number[], value: number): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const p = (y * width + x) * 3;
      const color = [...data.subarray(p, p + 3)];
      return color.every((v, c) => v === line[c]) ? "#" : color.every((v) => v === value) ? "." : "+";
    }).join(""));
}

Deno.test("overlayBoundaries() draws a line of one pixel with a rim on both sides", () => {
  const overlay = overlayBoundaries(flat(8, 2, 200), halves(8, 2));
  assert.deepEqual(drawing(overlay, [255, 255, 0], 200), ["..+#+...", "..+#+..."]);
  assert.deepEqual([...overlay.data.subarray(6, 9)], [100, 100, 100]);
});

Deno.test("overlayBoundaries() draws thicker lines around the boundary", () => {
  const draw = (thickness: number) =>
    drawing(overlayBoundaries(flat(10, 1, 9), halves(10, 1), { thickness, rim: false, color: [1, 2, 3] }), [
      1,
      2,
      3,
    ], 9);
  assert.deepEqual(draw(1), ["....#....."]);
  assert.deepEqual(draw(2), ["....##...."]);
  assert.deepEqual(draw(3), ["...###...."]);
  assert.deepEqual(draw(4), ["...####..."]);
  assert.deepEqual(draw(64), ["##########"]);
});

Deno.test("overlayBoundaries() encloses a region and leaves its inside as it was", () => {
  const labels = new Int32Array(49);
  for (let y = 2; y < 5; y++) for (let x = 2; x < 5; x++) labels[y * 7 + x] = 1;
  const overlay = overlayBoundaries(flat(7, 7, 50), labels, { rim: false });
  assert.deepEqual(drawing(overlay, [255, 255, 0], 50), [
    ".......",
    "..###..",
    ".#..#..",
    ".#..#..",
    ".####..",
    ".......",
    ".......",
  ]);
});

Deno.test("overlayBoundaries() draws nothing where there is one label, and changes no input", () => {
  const image = flat(5, 4, 77);
  assert.deepEqual(overlayBoundaries(image, new Int32Array(20)), image);
  overlayBoundaries(image, halves(5, 4));
  assert.deepEqual(image, flat(5, 4, 77));
});

Deno.test("overlayBoundaries() stands out from black, white and its own colour", () => {
  for (const ground of [[0, 0, 0], [255, 255, 255], [255, 255, 0]]) {
    const data = Uint8Array.from({ length: 30 }, (_, i) => ground[i % 3]!);
    const lab = srgbToLab(overlayBoundaries({ width: 10, height: 1, data }, halves(10, 1)));
    const lightness = [...lab].filter((_, i) => i % 3 === 0);
    assert(Math.max(...lightness) - Math.min(...lightness) > 40, `on ${ground}`);
  }
});

Deno.test("meanColorImage() paints each region in its mean", () => {
  const image = { width: 2, height: 2, data: Uint8Array.of(0, 0, 0, 10, 20, 30, 100, 0, 0, 101, 0, 255) };
  const { data } = meanColorImage(image, Int32Array.of(0, 0, 1, 1));
  assert.deepEqual([...data], [5, 10, 15, 5, 10, 15, 101, 0, 128, 101, 0, 128]);
});

Deno.test("meanColorImage() gives the image back when each pixel is a region, and itself when applied twice", () => {
  const random = createRandom(8);
  const image = { width: 20, height: 21, data: Uint8Array.from({ length: 1260 }, () => random() * 256) };
  assert.deepEqual(meanColorImage(image, Int32Array.from({ length: 420 }, (_, i) => i)), image);
  const labels = Int32Array.from({ length: 420 }, () => random() * 9);
  const once = meanColorImage(image, labels);
  assert.deepEqual(meanColorImage(once, labels), once);
});

Deno.test("meanColorImage() allows labels that no pixel has", () => {
  const { data } = meanColorImage(flat(3, 1, 40), Int32Array.of(0, 2, 2));
  assert(data.every((v) => v === 40));
});

Deno.test("colorizeLabels() gives equal labels equal colours and the first 256 labels different ones", () => {
  const labels = Int32Array.from({ length: 512 }, (_, i) => i % 256);
  const { data } = colorizeLabels(labels, 512, 1);
  const colors = new Set<number>();
  for (let i = 0; i < 256; i++) {
    const color = [...data.subarray(i * 3, i * 3 + 3)];
    assert.deepEqual([...data.subarray((i + 256) * 3, (i + 256) * 3 + 3)], color);
    colors.add(color[0]! * 65536 + color[1]! * 256 + color[2]!);
  }
  assert.equal(colors.size, 256);
  assert.deepEqual(colorizeLabels(Int32Array.of(256 + 3), 1, 1).data, labelPalette(4).subarray(9));
});

Deno.test("labelPalette() begins with Okabe and Ito's colours and keeps them as it grows", () => {
  assert.deepEqual([...labelPalette(4)], [230, 159, 0, 86, 180, 233, 0, 158, 115, 240, 228, 66]);
  assert.deepEqual(labelPalette(256).subarray(0, 60), labelPalette(20));
});

Deno.test("labelPalette() keeps its first 32 colours well apart", () => {
  const lab = srgbToLab(labelPalette(32));
  for (let i = 0; i < 32; i++) {
    for (let j = 0; j < i; j++) {
      const distance = Math.hypot(
        lab[i * 3]! - lab[j * 3]!,
        lab[i * 3 + 1]! - lab[j * 3 + 1]!,
        lab[i * 3 + 2]! - lab[j * 3 + 2]!,
      );
      assert(distance > 15, `colours ${j} and ${i} are ${distance} apart`);
    }
  }
});

Deno.test("rendering refuses labels and options that do not fit", () => {
  const image = flat(2, 2, 0);
  assert.throws(() => overlayBoundaries(image, new Int32Array(3)), TypeError);
  assert.throws(() => meanColorImage(image, new Int32Array(5)), TypeError);
  assert.throws(
    () => meanColorImage({ width: 2, height: 2, data: new Uint8Array(3) }, new Int32Array(4)),
    TypeError,
  );
  assert.throws(() => meanColorImage(image, Int32Array.of(0, 0, 0, -1)), RangeError);
  assert.throws(() => meanColorImage(image, Int32Array.of(0, 0, 0, 4)), RangeError);
  assert.throws(() => colorizeLabels(new Int32Array(3), 2, 2), TypeError);
  assert.throws(() => colorizeLabels(Int32Array.of(-1), 1, 1), RangeError);
  for (const thickness of [0, 1.5, 65, NaN]) {
    assert.throws(() => overlayBoundaries(image, new Int32Array(4), { thickness }), RangeError);
  }
  assert.throws(() => overlayBoundaries(image, new Int32Array(4), { color: [0, 0, 300] }), RangeError);
  assert.throws(() => labelPalette(0), RangeError);
});
