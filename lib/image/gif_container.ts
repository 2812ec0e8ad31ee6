/**
 * GIF (87a and 89a, CompuServe 1990) down to its first frame: canvas, where the frame lies on it, and the blocks that
 * the decoder needs. Later frames are never looked at.
 */
import { ImageDecodeError } from "../errors.ts";
import type { Container } from "./container.ts";

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
/** Signature and logical screen descriptor. */
const HEADER_BYTES = 13;
const IMAGE_DESCRIPTOR_BYTES = 10;
const END = Uint8Array.of(TRAILER);

/** {@linkcode Container} with the first frame's place on the canvas. */
export interface GifContainer extends Container {
  /** First frame in pixels of the canvas; may reach beyond it. Null when the file ends before it. */
  readonly frame: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  } | null;
}

/**
 * Walks the blocks of a GIF file as far as the end of its first frame.
 *
 * @param bytes The file, its signature already recognised; a head of 13 bytes is enough for the size.
 * @returns Canvas size, first frame and the blocks that make its pixels.
 * @throws {ImageDecodeError} `truncated_image` or `zero_size_image` when the header itself is bad.
 */
export function parseGif(bytes: Uint8Array): GifContainer {
  if (bytes.length < HEADER_BYTES) {
    throw new ImageDecodeError(
      "truncated_image",
      `Cannot decode image: the GIF file ends within its header, got ${bytes.length} bytes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint16(6, true);
  const height = view.getUint16(8, true);
  if (width === 0 || height === 0) throw zeroSize(width, height);

  let p = HEADER_BYTES + colorTableBytes(bytes[10]!);
  const parts = [bytes.subarray(0, p)];
  let control: Uint8Array | null = null;
  let fault: ImageDecodeError | null = null;
  // every step moves on past one block, 2 bytes or more
  while (fault === null) {
    const kind = bytes[p];
    if (kind === EXTENSION) {
      const end = skipSubBlocks(bytes, p + 2);
      if (end < 0) break;
      if (bytes[p + 1] === GRAPHIC_CONTROL) control = bytes.subarray(p, end);
      p = end;
    } else if (kind === IMAGE && p + IMAGE_DESCRIPTOR_BYTES <= bytes.length) {
      const frame = {
        left: view.getUint16(p + 1, true),
        top: view.getUint16(p + 3, true),
        width: view.getUint16(p + 5, true),
        height: view.getUint16(p + 7, true),
      };
      if (frame.width === 0 || frame.height === 0) throw zeroSize(frame.width, frame.height);
      const dataStart = p + IMAGE_DESCRIPTOR_BYTES + colorTableBytes(bytes[p + 9]!);
      // one byte, the code size, stands before the compressed data
      const end = skipSubBlocks(bytes, dataStart + 1);
      if (control !== null) parts.push(control);
      parts.push(bytes.subarray(p, end < 0 ? bytes.length : end), END);
      return {
        width,
        height,
        orientation: 1,
        decodedPixels: Math.max(width * height, frame.width * frame.height),
        parts,
        fault: end < 0 ? truncated() : null,
        frame,
      };
    } else if (kind === undefined || kind === IMAGE) {
      break;
    } else {
      const what = kind === TRAILER
        ? "ends before its first frame"
        : `has an unknown block 0x${kind.toString(16)}`;
      fault = new ImageDecodeError("corrupt_image", `Cannot decode image: the GIF file ${what}`);
    }
  }
  fault ??= truncated();
  return { width, height, orientation: 1, decodedPixels: width * height, parts, fault, frame: null };
}

/** Bytes of the colour table that a packed field announces. */
function colorTableBytes(packed: number): number {
  return (packed & 0x80) === 0 ? 0 : 3 << ((packed & 7) + 1);
}

/** Where the chain of sub-blocks at `p` ends, past its terminator; -1 when the file ends first. */
function skipSubBlocks(bytes: Uint8Array, p: number): number {
  while (p < bytes.length) {
    const length = bytes[p]!;
    p += 1 + length;
    if (length === 0) return p;
  }
  return -1;
}

function truncated(): ImageDecodeError {
  return new ImageDecodeError(
    "truncated_image",
    "Cannot decode image: the GIF file stops before the end of its first frame",
  );
}

function zeroSize(width: number, height: number): ImageDecodeError {
  return new ImageDecodeError(
    "zero_size_image",
    `Cannot decode image: the GIF file is ${width} x ${height} pixels`,
  );
}
