/**
 * Image files to sRGB bytes. The header is read and judged first (`header.ts`), so that no file can make the decoder
 * allocate more than the limit allows; the decoder then gets only the parts of the file that make pixels.
 *
 * Colour profiles and gamma chunks are ignored: values are taken as sRGB. Of an animated GIF the first frame is taken,
 * of an animated PNG the default image. Decoding is synchronous once the decoder is compiled, some 20 ns a
 * byte of output: do large images in a worker.
 */
import { ImageDecodeError, LimitError } from "../errors.ts";
import { loadDecoder, type RawPixels } from "./codec.ts";
import type { GifContainer } from "./gif_container.ts";
import { type ImageContainer, parseContainer } from "./header.ts";
import type { Image } from "./image.ts";
import { applyOrientation } from "./orientation.ts";

/** Options of {@linkcode decodeImage}. */
export interface DecodeOptions {
  /**
   * Refuses images (for GIF also frames) of more pixels, before decoding. Whole number, 1 or more; a decode holds up
   * to some 15 bytes a pixel. @default 25_000_000
   */
  maxPixels?: number;
  /** Shows through transparent pixels: sRGB, 0 to 255 each. @default [255, 255, 255] */
  background?: readonly [r: number, g: number, b: number];
}

/**
 * Decodes a PNG, JPEG or GIF file. Grey, palette, 1 to 16 bits, alpha, CMYK and EXIF orientation all end as upright
 * 8-bit sRGB.
 *
 * @param bytes The file; may be a view into a larger buffer. Bytes after the file's end are ignored.
 * @param options Limit and background.
 * @returns The image.
 * @throws {ImageDecodeError} The bytes are no image that can be decoded; `code` says in which way.
 * @throws {LimitError} `too_many_pixels`.
 * @throws {RangeError} An option is out of range.
 *
 * @example
 * ```ts
 * import { decodeImage } from "./decode.ts";
 * import { encodePng } from "./png.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
 * assert.deepEqual(await decodeImage(encodePng(image)), image);
 * ```
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Image> {
  const { maxPixels = 25_000_000, background = [255, 255, 255] } = options;
  if (!Number.isSafeInteger(maxPixels) || maxPixels < 1) {
    throw new RangeError(
      `Cannot decode image: maxPixels must be a whole number of 1 or more, got ${maxPixels}`,
    );
  }
  if (background.length !== 3 || !background.every((v) => Number.isInteger(v) && v >= 0 && v <= 255)) {
    throw new RangeError(
      `Cannot decode image: background must be 3 whole numbers of 0 to 255, got [${background}]`,
    );
  }
  const file = parseContainer(bytes);
  const { width, height, orientation, decodedPixels, fault } = file.container;
  if (decodedPixels > maxPixels) {
    // a frame of a GIF may be larger than the image that it belongs to
    const what = decodedPixels === width * height ? `${width} x ${height} is` : "its first frame has";
    throw new LimitError(
      "too_many_pixels",
      maxPixels,
      decodedPixels,
      `Cannot decode image: ${what} ${decodedPixels} pixels, at most ${maxPixels} are allowed`,
    );
  }
  if (fault !== null) throw fault;

  const raw = await decodePixels(file);
  const data = toRgb(file, raw, background);
  raw.release();
  return applyOrientation({ width, height, data }, orientation);
}

/** Runs the decoder; what it throws, traps included, becomes one typed error. */
async function decodePixels(file: ImageContainer): Promise<RawPixels> {
  const { format, container } = file;
  const decoder = await loadDecoder(format);
  let raw: RawPixels;
  try {
    raw = decoder(container.parts);
  } catch (cause) {
    throw new ImageDecodeError(
      "corrupt_image",
      `Cannot decode image: the ${format.toUpperCase()} file's pixel data is damaged`,
      { cause },
    );
  }
  const { width, height } = format === "gif" ? file.container.frame! : container;
  if (raw.width !== width || raw.height !== height || raw.data.length !== width * height * raw.channels) {
    throw new ImageDecodeError(
      "corrupt_image",
      `Cannot decode image: the header says ${width} x ${height} pixels, the decoder found ${raw.width} x ${raw.height}`,
    );
  }
  return raw;
}

function toRgb(file: ImageContainer, raw: RawPixels, background: readonly number[]): Uint8Array {
  if (file.format === "gif") return frameToRgb(file.container, raw.data, background);
  if (raw.channels === 3) return raw.data.slice();
  if (raw.channels === 1) return grayToRgb(raw.data);
  return file.format === "jpeg" ? cmykToRgb(raw.data) : rgbaToRgb(raw.data, background);
}

function grayToRgb(gray: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(gray.length * 3);
  for (let i = 0, q = 0; i < gray.length; i++, q += 3) rgb[q] = rgb[q + 1] = rgb[q + 2] = gray[i]!;
  return rgb;
}

/**
 * The decoder has turned the values, which are stored inverted, into amounts of ink. Without a colour profile ink is
 * taken to absorb ideally: R = (1 - C)(1 - K).
 */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const pixels = cmyk.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0, p = 0, q = 0; i < pixels; i++, p += 4, q += 3) {
    const light = 255 - cmyk[p + 3]!;
    // + 127 rounds: the quotient is cut off when stored
    rgb[q] = ((255 - cmyk[p]!) * light + 127) / 255;
    rgb[q + 1] = ((255 - cmyk[p + 1]!) * light + 127) / 255;
    rgb[q + 2] = ((255 - cmyk[p + 2]!) * light + 127) / 255;
  }
  return rgb;
}

function rgbaToRgb(rgba: Uint8Array, background: readonly number[]): Uint8Array {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  const [r, g, b] = background as [number, number, number];
  for (let i = 0, p = 0, q = 0; i < pixels; i++, p += 4, q += 3) {
    const alpha = rgba[p + 3]!;
    if (alpha === 255) {
      rgb[q] = rgba[p]!;
      rgb[q + 1] = rgba[p + 1]!;
      rgb[q + 2] = rgba[p + 2]!;
    } else {
      rgb[q] = (rgba[p]! * alpha + r * (255 - alpha) + 127) / 255;
      rgb[q + 1] = (rgba[p + 1]! * alpha + g * (255 - alpha) + 127) / 255;
      rgb[q + 2] = (rgba[p + 2]! * alpha + b * (255 - alpha) + 127) / 255;
    }
  }
  return rgb;
}

/** A GIF's frame laid on its canvas; what the frame leaves free is transparent, as browsers have it. */
function frameToRgb(container: GifContainer, rgba: Uint8Array, background: readonly number[]): Uint8Array {
  const { width: W, height: H, frame } = container;
  const { left, top, width, height } = frame!;
  const pixels = rgbaToRgb(rgba, background);
  if (left === 0 && top === 0 && width === W && height === H) return pixels;
  const canvas = new Uint8Array(W * H * 3);
  for (let q = 0; q < canvas.length; q++) canvas[q] = background[q % 3]!;
  const visibleWidth = Math.min(width, W - left);
  const visibleHeight = Math.min(height, H - top);
  if (visibleWidth <= 0) return canvas;
  for (let y = 0; y < visibleHeight; y++) {
    const row = pixels.subarray(y * width * 3, (y * width + visibleWidth) * 3);
    canvas.set(row, ((top + y) * W + left) * 3);
  }
  return canvas;
}
