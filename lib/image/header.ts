/**
 * What an image file is and how large, from its bytes alone and before anything is decoded. File names and media types
 * are not asked: they lie. Lengths inside the file are not believed either: every read is bounded by the bytes there
 * are, and every loop moves on.
 */
import { ImageDecodeError } from "../errors.ts";
import type { Container } from "./container.ts";
import { type GifContainer, parseGif } from "./gif_container.ts";
import { parseJpeg } from "./jpeg_container.ts";
import { parsePng } from "./png_container.ts";

/** File formats that {@linkcode decodeImage} reads. */
export type ImageFormat = "png" | "jpeg" | "gif";

/** What an image file says about itself. */
export interface ImageHeader {
  /** File format. */
  readonly format: ImageFormat;
  /** Pixels per row as stored; orientations 5 to 8 swap it with `height` when the image is decoded. */
  readonly width: number;
  /** Rows as stored. */
  readonly height: number;
  /** EXIF orientation, 1 (as stored) to 8. */
  readonly orientation: number;
}

/** An image file taken apart, by format. */
export type ImageContainer =
  | { readonly format: "png" | "jpeg"; readonly container: Container }
  | { readonly format: "gif"; readonly container: GifContainer };

/**
 * Reads format, size and orientation of an image file without decoding it. A file's first part is enough: 33 bytes of
 * a PNG, 13 of a GIF, and of a JPEG all up to its frame header, which metadata can push back by some 100 KB.
 *
 * @param bytes The file or its first part.
 * @returns Format, size as stored and orientation.
 * @throws {ImageDecodeError} `empty_image`, `not_an_image`, `unsupported_format` (the message names the format),
 * `truncated_image`, `corrupt_image` or `zero_size_image`.
 * @throws {TypeError} `bytes` is not a Uint8Array.
 *
 * @example
 * ```ts
 * import { readImageHeader } from "./header.ts";
 * import assert from "node:assert/strict";
 *
 * const bytes = Uint8Array.from("GIF89a\x40\x01\xf0\x00\x00\x00\x00", (c) => c.charCodeAt(0));
 * assert.deepEqual(readImageHeader(bytes), { format: "gif", width: 320, height: 240, orientation: 1 });
 * ```
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  const { format, container } = parseContainer(bytes);
  const { width, height, orientation } = container;
  return { format, width, height, orientation };
}

/**
 * Recognises the format by its signature and takes the file apart.
 *
 * @param bytes The file.
 * @returns The format and its container.
 * @throws {ImageDecodeError} As {@linkcode readImageHeader}.
 */
export function parseContainer(bytes: Uint8Array): ImageContainer {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("Cannot decode image: bytes must be a Uint8Array");
  if (bytes.length === 0) {
    throw new ImageDecodeError(
      "empty_image",
      "Cannot decode image: got 0 bytes, want a PNG, JPEG or GIF file",
    );
  }
  if (hasSignature(bytes, PNG_SIGNATURE)) return { format: "png", container: parsePng(bytes) };
  if (hasSignature(bytes, JPEG_SIGNATURE)) return { format: "jpeg", container: parseJpeg(bytes) };
  if (hasSignature(bytes, "GIF87a") || hasSignature(bytes, "GIF89a")) {
    return { format: "gif", container: parseGif(bytes) };
  }
  const name = nameUnsupported(bytes);
  if (name !== null) {
    throw new ImageDecodeError(
      "unsupported_format",
      `Cannot decode image: ${name} is not supported, want PNG, JPEG or GIF`,
    );
  }
  // two bytes are the least that can be told from chance
  if (
    bytes.length >= 2 && [PNG_SIGNATURE, JPEG_SIGNATURE, "GIF87a", "GIF89a"].some((s) => isHeadOf(bytes, s))
  ) {
    throw new ImageDecodeError(
      "truncated_image",
      `Cannot decode image: the file ends within its signature, got ${bytes.length} bytes`,
    );
  }
  throw new ImageDecodeError(
    "not_an_image",
    "Cannot decode image: the bytes are not an image file, want PNG, JPEG or GIF",
  );
}

const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";
const JPEG_SIGNATURE = "\xff\xd8\xff";

/** Formats worth naming in a refusal, by signature and where it stands. */
const UNSUPPORTED: readonly (readonly [name: string, offset: number, signature: string])[] = [
  ["WebP", 8, "WEBP"],
  ["AVIF", 4, "ftypavif"],
  ["AVIF", 4, "ftypavis"],
  ["HEIC", 4, "ftypheic"],
  ["HEIC", 4, "ftypheix"],
  ["HEIC", 4, "ftypheim"],
  ["HEIC", 4, "ftypheis"],
  ["HEIC", 4, "ftyphevc"],
  ["HEIC", 4, "ftyphevx"],
  ["HEIF", 4, "ftypmif1"],
  ["HEIF", 4, "ftypmsf1"],
  ["TIFF", 0, "II*\0"],
  ["TIFF", 0, "MM\0*"],
  ["TIFF", 0, "II+\0"],
  ["TIFF", 0, "MM\0+"],
  ["JPEG XL", 0, "\xff\x0a"],
  ["JPEG XL", 0, "\0\0\0\x0cJXL \r\n\x87\n"],
  ["JPEG 2000", 0, "\0\0\0\x0cjP  \r\n\x87\n"],
  ["JPEG 2000", 0, "\xff\x4f\xff\x51"],
  ["Photoshop (PSD)", 0, "8BPS"],
  ["icon (ICO)", 0, "\0\0\x01\0"],
  ["PDF", 0, "%PDF-"],
];

function nameUnsupported(bytes: Uint8Array): string | null {
  for (const [name, offset, signature] of UNSUPPORTED) {
    if (hasSignature(bytes, signature, offset)) return name;
  }
  // "BM" alone is also how some words begin, so the size of the header that must follow decides
  if (hasSignature(bytes, "BM") && bytes.length > 17 && [12, 40, 52, 56, 64, 108, 124].includes(bytes[14]!)) {
    return "BMP";
  }
  const head = new TextDecoder("utf-8", { fatal: false }).decode(bytes.subarray(0, 1024)).trimStart();
  if (/^<(svg|\?xml|!--|!DOCTYPE svg)/i.test(head) && /<svg[\s>]/i.test(head)) return "SVG";
  return null;
}

function hasSignature(bytes: Uint8Array, signature: string, offset = 0): boolean {
  if (bytes.length < offset + signature.length) return false;
  for (let i = 0; i < signature.length; i++) if (bytes[offset + i] !== signature.charCodeAt(i)) return false;
  return true;
}

function isHeadOf(bytes: Uint8Array, signature: string): boolean {
  return bytes.length < signature.length && hasSignature(bytes, signature.slice(0, bytes.length));
}
