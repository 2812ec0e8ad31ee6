import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { decode as decodeWithFastPng } from "fast-png";
import { decodeImage } from "../lib/image/decode.ts";
import { labelPalette } from "../lib/image/palette.ts";
import { encodeGrayPng, encodeLabelPng, encodePng } from "../lib/image/png.ts";
import { createRandom } from "../lib/random.ts";

function noise(length: number, below: number): Int32Array {
  const random = createRandom(length);
  return Int32Array.from({ length }, () => random() * below);
}

Deno.test("encodePng() writes a file that two decoders read back exactly", async () => {
  for (const [width, height] of [[1, 1], [1, 9], [20, 21], [257, 3]] as const) {
    const data = Uint8Array.from(noise(width * height * 3, 256));
    const file = encodePng({ width, height, data });
    assert.deepEqual(await decodeImage(file), { width, height, data });
    const other = decodeWithFastPng(file, { checkCrc: true });
    assert.deepEqual([other.width, other.height, other.depth, other.channels], [width, height, 8, 3]);
    assert.deepEqual(Uint8Array.from(other.data), data);
  }
});

Deno.test("encodePng() writes the same bytes every time, on every machine", () => {
  const data = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * i) >> 5);
  const image = { width: 40, height: 30, data };
  assert.deepEqual(encodePng(image), encodePng({ ...image, data: data.slice() }));
  const digest = createHash("sha256").update(encodePng(image)).digest("hex");
  assert.equal(digest, "01bf23e5c3df698d253cd6b2123c2a8c455963b1756e44a32f2885c9e2c79bd4");
});

Deno.test("encodeLabelPng() stores labels as 8-bit grey values up to 255", () => {
  const labels = noise(20 * 21, 256);
  labels[7] = 255;
  const png = decodeWithFastPng(encodeLabelPng(labels, 20, 21), { checkCrc: true });
  assert.deepEqual([png.width, png.height, png.depth, png.channels], [20, 21, 8, 1]);
  assert.deepEqual(Int32Array.from(png.data), labels);
});

Deno.test("encodeLabelPng() stores labels as 16-bit grey values from 256 to 65,535", () => {
  const labels = noise(20 * 21, 65536);
  labels[7] = 65535;
  const png = decodeWithFastPng(encodeLabelPng(labels, 20, 21), { checkCrc: true });
  assert.deepEqual([png.depth, png.channels], [16, 1]);
  assert.deepEqual(Int32Array.from(png.data), labels);
  assert.equal(decodeWithFastPng(encodeLabelPng(Int32Array.of(256), 1, 1)).data[0], 256);
});

Deno.test("encodeLabelPng() with a palette keeps the labels as values and shows them in colour", async () => {
  const labels = noise(20 * 21, 200);
  const file = encodeLabelPng(labels, 20, 21, { palette: true });
  const png = decodeWithFastPng(file, { checkCrc: true });
  assert.deepEqual(Int32Array.from(png.data), labels);
  const colors = labelPalette(256);
  const { data } = await decodeImage(file);
  labels.forEach((label, i) =>
    assert.deepEqual(data.subarray(i * 3, i * 3 + 3), colors.subarray(label * 3, label * 3 + 3))
  );
});

Deno.test("encodeLabelPng() refuses labels that do not fit, and arrays of another size", () => {
  assert.throws(() => encodeLabelPng(Int32Array.of(65536), 1, 1), RangeError);
  assert.throws(() => encodeLabelPng(Int32Array.of(256), 1, 1, { palette: true }), RangeError);
  assert.throws(() => encodeLabelPng(Int32Array.of(-1), 1, 1), RangeError);
  assert.throws(() => encodeLabelPng(new Int32Array(5), 2, 2), TypeError);
  assert.throws(() => encodeLabelPng(new Int32Array(0), 0, 0), TypeError);
});

Deno.test("encodeGrayPng() stores bytes in 8 bits and 16-bit values in 16", () => {
  const bytes = Uint8Array.from(noise(35, 256));
  assert.deepEqual(Uint8Array.from(decodeWithFastPng(encodeGrayPng(bytes, 7, 5)).data), bytes);
  const words = Uint16Array.from(noise(35, 65536));
  assert.deepEqual(Uint16Array.from(decodeWithFastPng(encodeGrayPng(words, 7, 5)).data), words);
  assert.throws(() => encodeGrayPng(bytes, 6, 5), TypeError);
});

Deno.test("encodePng() throws a TypeError for what is no image", () => {
  assert.throws(() => encodePng({ width: 2, height: 2, data: new Uint8Array(11) }), TypeError);
  assert.throws(() => encodePng({ width: 0, height: 0, data: new Uint8Array(0) }), TypeError);
});
