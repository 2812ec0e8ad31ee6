import assert from "node:assert/strict";
import { ImageDecodeError, type ImageDecodeErrorCode } from "../lib/errors.ts";
import { readImageHeader } from "../lib/image/header.ts";
import { readOrientation } from "../lib/image/exif.ts";
import {
  ascii,
  BASELINE_JPEG,
  CMYK_JPEG,
  concat,
  exifBlock,
  frameHeaderAt,
  GRAY_JPEG,
  makeGif,
  makePng,
  pngChunk,
  PROGRESSIVE_JPEG,
  withForgedSize,
  withOrientation,
  withSegment,
} from "./fixtures/image_files.ts";

const PNG = makePng(3, 2, 8, 0, new Uint8Array(8));
const GIF = makeGif(5, 4, [[0, 0, 0]], [{ width: 5, height: 4, pixels: new Array(20).fill(0) }]);

function assertRefused(
  bytes: Uint8Array,
  code: ImageDecodeErrorCode,
  message = /^Cannot decode image: /,
): void {
  assert.throws(() => readImageHeader(bytes), (error: unknown) => {
    assert(error instanceof ImageDecodeError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("readImageHeader() reads format and size of PNG, JPEG and GIF files", () => {
  assert.deepEqual(readImageHeader(PNG), { format: "png", width: 3, height: 2, orientation: 1 });
  assert.deepEqual(readImageHeader(GIF), { format: "gif", width: 5, height: 4, orientation: 1 });
  for (const jpeg of [BASELINE_JPEG, PROGRESSIVE_JPEG, GRAY_JPEG, CMYK_JPEG]) {
    assert.deepEqual(readImageHeader(jpeg), { format: "jpeg", width: 24, height: 16, orientation: 1 });
  }
});

Deno.test("readImageHeader() needs no more than the header's bytes", () => {
  assert.equal(readImageHeader(PNG.subarray(0, 33)).width, 3);
  assert.equal(readImageHeader(GIF.subarray(0, 13)).width, 5);
  const frameEnd = frameHeaderAt(BASELINE_JPEG) + 19;
  assert.equal(readImageHeader(BASELINE_JPEG.subarray(0, frameEnd)).width, 24);
  assertRefused(BASELINE_JPEG.subarray(0, frameEnd - 1), "truncated_image");
  assertRefused(PNG.subarray(0, 32), "truncated_image");
  assertRefused(GIF.subarray(0, 12), "truncated_image");
});

Deno.test("readImageHeader() reads a view into a larger buffer, not what lies around it", () => {
  for (const file of [PNG, GIF, withOrientation(BASELINE_JPEG, 6)]) {
    const buffer = new Uint8Array(file.length + 100).fill(0xff);
    buffer.set(file, 37);
    assert.deepEqual(readImageHeader(buffer.subarray(37, 37 + file.length)), readImageHeader(file));
  }
});

Deno.test("readImageHeader() reads the EXIF orientation of JPEG files in both byte orders", () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    for (const littleEndian of [false, true]) {
      const file = withOrientation(BASELINE_JPEG, orientation, littleEndian);
      assert.deepEqual(readImageHeader(file), { format: "jpeg", width: 24, height: 16, orientation });
    }
  }
});

Deno.test("readImageHeader() reads the orientation of a PNG file's eXIf chunk, before or behind its pixels", () => {
  const exif = pngChunk("eXIf", exifBlock(8));
  assert.equal(readImageHeader(makePng(3, 2, 8, 0, new Uint8Array(8), { before: [exif] })).orientation, 8);
  assert.equal(readImageHeader(makePng(3, 2, 8, 0, new Uint8Array(8), { after: [exif] })).orientation, 8);
});

Deno.test("readOrientation() answers 1 for values outside 1 to 8, wrong types and broken blocks", () => {
  assert.equal(readOrientation(exifBlock(3)), 3);
  assert.equal(readOrientation(exifBlock(0)), 1);
  assert.equal(readOrientation(exifBlock(9)), 1);
  const text = exifBlock(3);
  text[13] = 2; // an ASCII string
  assert.equal(readOrientation(text), 1);
  const elsewhere = exifBlock(3);
  elsewhere.fill(0xff, 4, 8); // the directory lies 4 GB away
  assert.equal(readOrientation(elsewhere), 1);
  const many = exifBlock(3);
  many.fill(0xff, 8, 10); // 65,535 entries in 26 bytes
  assert.equal(readOrientation(many), 3);
  for (let length = 0; length < 22; length++) {
    assert.equal(readOrientation(exifBlock(3).subarray(0, length)), 1);
  }
});

Deno.test("readImageHeader() takes the size from the frame header, not from a thumbnail in the metadata", () => {
  const thumbnail = concat(ascii("Exif\0\0"), exifBlock(1), GRAY_JPEG);
  const file = withForgedSize(BASELINE_JPEG, 320, 200);
  assert.equal(readImageHeader(withSegment(file, 0xe1, thumbnail)).width, 320);
});

Deno.test("readImageHeader() skips fill bytes and stray bytes between a JPEG file's segments", () => {
  const stray = ascii("stray\0\xff\0\xff\xff\xff");
  const segmentEnd = 20; // of the first segment, JFIF's
  const file = concat(BASELINE_JPEG.subarray(0, segmentEnd), stray, BASELINE_JPEG.subarray(segmentEnd));
  assert.equal(readImageHeader(file).width, 24);
});

Deno.test("readImageHeader() tells an empty file, no image, a cut signature and a size of zero apart", () => {
  assertRefused(new Uint8Array(0), "empty_image", /got 0 bytes/);
  assertRefused(ascii("hello, this is not an image"), "not_an_image", /want PNG, JPEG or GIF/);
  assertRefused(new Uint8Array(1000), "not_an_image");
  assertRefused(new Uint8Array(1000).fill(0xff), "not_an_image");
  assertRefused(ascii("B"), "not_an_image");
  assertRefused(ascii("BMW and Audi are makers of cars"), "not_an_image");
  assertRefused(ascii("<html><body>no picture</body></html>"), "not_an_image");
  assertRefused(PNG.subarray(0, 5), "truncated_image", /signature/);
  assertRefused(ascii("GIF8"), "truncated_image", /signature/);
  assertRefused(makePng(0, 2, 8, 0, new Uint8Array(8)), "zero_size_image", /0 x 2/);
  assertRefused(withForgedSize(BASELINE_JPEG, 24, 0), "zero_size_image", /24 x 0/);
  assertRefused(makeGif(0, 4, [], []), "zero_size_image", /0 x 4/);
  assertRefused(makeGif(5, 4, [], [{ width: 5, height: 0, pixels: [] }]), "zero_size_image", /5 x 0/);
});

Deno.test("readImageHeader() names the format that it does not support", () => {
  const files: [RegExp, string][] = [
    [/WebP/, "RIFF\x10\0\0\0WEBPVP8 "],
    [/AVIF/, "\0\0\0\x20ftypavif\0\0\0\0"],
    [/HEIC/, "\0\0\0\x18ftypheic\0\0\0\0"],
    [/BMP/, "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"],
    [/TIFF/, "II*\0\x08\0\0\0"],
    [/TIFF/, "MM\0*\0\0\0\x08"],
    [/SVG/, '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    [/SVG/, '\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a drawing -->\n<svg width="4">'],
    [/JPEG XL/, "\xff\x0a\0\0"],
    [/JPEG 2000/, "\0\0\0\x0cjP  \r\n\x87\n"],
    [/PDF/, "%PDF-1.7"],
  ];
  for (const [name, text] of files) assertRefused(ascii(text), "unsupported_format", name);
});

Deno.test("readImageHeader() refuses JPEG processes and depths that no decoder here has", () => {
  const at = frameHeaderAt(BASELINE_JPEG);
  const arithmetic = BASELINE_JPEG.slice();
  arithmetic[at + 1] = 0xc9;
  assertRefused(arithmetic, "unsupported_format", /process 9/);
  const deep = BASELINE_JPEG.slice();
  deep[at + 4] = 12;
  assertRefused(deep, "unsupported_format", /12 bits/);
  const two = BASELINE_JPEG.slice();
  two[at + 9] = 2;
  assertRefused(two, "unsupported_format", /2 components/);
});

Deno.test("readImageHeader() refuses JPEG files without a frame header or with a broken segment", () => {
  assertRefused(ascii("\xff\xd8\xff\xd9"), "corrupt_image", /before its first scan/);
  assertRefused(ascii("\xff\xd8\xff\xda\0\x02\0\0"), "corrupt_image", /no frame header/);
  assertRefused(ascii("\xff\xd8\xff\xe0\0\x01\0\0"), "corrupt_image", /length field/);
  assertRefused(ascii("\xff\xd8\xff\xe0\xff\xff\0\0"), "truncated_image");
});

Deno.test("readImageHeader() throws a TypeError for what is not a Uint8Array", () => {
  assert.throws(() => readImageHeader("PNG" as unknown as Uint8Array), TypeError);
  assert.throws(() => readImageHeader(PNG.buffer as unknown as Uint8Array), TypeError);
});

Deno.test("readImageHeader() ends with a header or an ImageDecodeError for every cut of a file", () => {
  const png = makePng(3, 2, 8, 0, new Uint8Array(8), { before: [pngChunk("eXIf", exifBlock(8))] });
  for (const file of [png, GIF, withOrientation(PROGRESSIVE_JPEG, 6), CMYK_JPEG]) {
    const whole = readImageHeader(file);
    for (let length = 0; length < file.length; length++) {
      try {
        const { format, width, height } = readImageHeader(file.subarray(0, length));
        assert.deepEqual([format, width, height], [whole.format, whole.width, whole.height]);
      } catch (error) {
        assert(error instanceof ImageDecodeError, String(error));
        assert(
          ["empty_image", "truncated_image", "not_an_image"].includes(error.code),
          `${length}: ${error.code}`,
        );
      }
    }
  }
});
