/**
 * PNG (ISO/IEC 15948, W3C PNG third edition) down to its chunks: size, orientation, and which chunks the decoder
 * needs. Decompresses nothing; checksums are left to the decoder.
 */
import { ImageDecodeError } from "../errors.ts";
import type { Container } from "./container.ts";
import { readOrientation } from "./exif.ts";

const SIGNATURE_BYTES = 8;
/** Signature, then the IHDR chunk: length, name, 13 bytes, checksum. */
const HEADER_BYTES = SIGNATURE_BYTES + 12 + 13;
const IHDR = 0x49484452;
const PLTE = 0x504c5445;
const TRNS = 0x74524e53;
const IDAT = 0x49444154;
const IEND = 0x49454e44;
const EXIF = 0x65584966;
/** Set in the first letter of a chunk's name when a decoder may skip it. */
const ANCILLARY_BIT = 0x20000000;

/**
 * Walks the chunks of a PNG file.
 *
 * @param bytes The file, its signature already recognised; a head of 33 bytes is enough for the size.
 * @returns Size, orientation and the chunks that make pixels.
 * @throws {ImageDecodeError} `truncated_image`, `corrupt_image` or `zero_size_image` when the header itself is bad.
 */
export function parsePng(bytes: Uint8Array): Container {
  if (bytes.length < HEADER_BYTES) {
    throw new ImageDecodeError(
      "truncated_image",
      `Cannot decode image: the PNG file ends within its header, got ${bytes.length} bytes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(SIGNATURE_BYTES) !== 13 || view.getUint32(SIGNATURE_BYTES + 4) !== IHDR) {
    throw corrupt("the PNG file does not begin with an IHDR chunk of 13 bytes");
  }
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width === 0 || height === 0) {
    throw new ImageDecodeError(
      "zero_size_image",
      `Cannot decode image: the PNG file is ${width} x ${height} pixels`,
    );
  }

  const parts = [bytes.subarray(0, HEADER_BYTES)];
  let orientation = 1;
  let fault: ImageDecodeError | null = null;
  let ended = false;
  let p = HEADER_BYTES;
  // every step moves on by 12 bytes or more
  while (p + 12 <= bytes.length) {
    const length = view.getUint32(p);
    const name = view.getUint32(p + 4);
    const next = p + 12 + length;
    if (next > bytes.length) break;
    if (name === PLTE || name === TRNS || name === IDAT || name === IEND) {
      parts.push(bytes.subarray(p, next));
    } else if (name === EXIF) {
      orientation = readOrientation(bytes.subarray(p + 8, p + 8 + length));
    } else if ((name & ANCILLARY_BIT) === 0) {
      // also a chunk whose name was damaged: past it, lengths mean nothing
      fault = corrupt("the PNG file has a chunk that no PNG standard knows");
      break;
    }
    if (name === IEND) {
      ended = true;
      break;
    }
    p = next;
  }
  if (!ended && fault === null) {
    fault = new ImageDecodeError(
      "truncated_image",
      "Cannot decode image: the PNG file stops before its end chunk",
    );
  }
  return { width, height, orientation, decodedPixels: width * height, parts, fault };
}

function corrupt(what: string): ImageDecodeError {
  return new ImageDecodeError("corrupt_image", `Cannot decode image: ${what}`);
}
