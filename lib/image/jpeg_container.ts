/**
 * JPEG (ITU-T T.81) down to its marker segments: size, EXIF orientation, and which segments the decoder needs.
 * Refuses what the decoder cannot do (lossless, hierarchical and arithmetic coding, 12 bits) by name, before decoding.
 */
import { ImageDecodeError } from "../errors.ts";
import type { Container } from "./container.ts";
import { readOrientation } from "./exif.ts";

const SOF0 = 0xc0;
const SOF2 = 0xc2;
const SOF15 = 0xcf;
const DHT = 0xc4;
const JPG = 0xc8;
const DAC = 0xcc;
const RST0 = 0xd0;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const DRI = 0xdd;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP14 = 0xee;
const TEM = 0x01;

/**
 * Each scan of a progressive file may touch every coefficient of the image, so a small file of many empty scans is
 * minutes of work. Encoders write about 10 scans; the standard's own bound would let through thousands.
 */
const MAX_SCANS = 100;

/** An Adobe segment that says "not transformed". The decoder refuses four components without one; browsers assume it. */
const ADOBE_CMYK = Uint8Array.of(0xff, APP14, 0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, 0);

/**
 * Walks the segments of a JPEG file.
 *
 * @param bytes The file, its signature already recognised; a head that reaches past the frame header is enough.
 * @returns Size, orientation and the segments that make pixels.
 * @throws {ImageDecodeError} `truncated_image`, `corrupt_image`, `unsupported_format` or `zero_size_image` when the
 * header itself is bad.
 */
export function parseJpeg(bytes: Uint8Array): Container {
  const parts = [bytes.subarray(0, 2)];
  let orientation = 0;
  let adobe = false;
  let frame: FrameHeader | null = null;
  let p = 2;
  // every step moves on past one marker, 2 bytes or more
  while (true) {
    // between segments anything up to the next 0xff is skipped, and 0xff itself may be repeated, as libjpeg has it
    p = bytes.indexOf(0xff, p);
    while (p >= 0 && bytes[p + 1] === 0xff) p++;
    if (p < 0 || p + 2 > bytes.length) break;
    const marker = bytes[p + 1]!;
    if (marker === 0 || marker === TEM || marker === SOI || (marker >= RST0 && marker < SOI)) {
      p += 2;
      continue;
    }
    if (marker === EOI) throw corrupt("the JPEG file ends before its first scan");
    if (marker === SOS) {
      if (frame === null) throw corrupt("the JPEG file has no frame header");
      const { width, height, components, leastBytes } = frame;
      if (components === 4 && !adobe) parts.push(ADOBE_CMYK);
      const scans = parseScans(bytes, p);
      parts.push(scans.part);
      let fault = scans.fault;
      if (fault === null && scans.part.length < leastBytes) {
        fault = new ImageDecodeError(
          "truncated_image",
          `Cannot decode image: ${scans.part.length} bytes of a JPEG file cannot hold ${width} x ${height} pixels`,
        );
      }
      return {
        width,
        height,
        orientation: orientation || 1,
        decodedPixels: width * height,
        parts,
        fault,
      };
    }
    if (p + 4 > bytes.length) break;
    const length = uint16(bytes, p + 2);
    if (length < 2) throw corrupt("a segment of the JPEG file is shorter than its own length field");
    const next = p + 2 + length;
    if (next > bytes.length) break;
    const segment = bytes.subarray(p, next);
    if (isFrameHeader(marker)) {
      if (frame !== null) throw corrupt("the JPEG file has two frame headers");
      frame = readFrameHeader(marker, segment);
    }
    if (marker === APP1 && orientation === 0 && startsWith(segment, "Exif\0\0")) {
      orientation = readOrientation(segment.subarray(10));
    }
    if (marker === APP14 && startsWith(segment, "Adobe")) adobe = true;
    if (
      marker === DQT || marker === DHT || marker === DRI || marker === APP0 || marker === APP14 ||
      isFrameHeader(marker)
    ) {
      parts.push(segment);
    }
    p = next;
  }
  const fault = new ImageDecodeError(
    "truncated_image",
    `Cannot decode image: the JPEG file ends within its header, got ${bytes.length} bytes`,
  );
  if (frame === null) throw fault;
  const { width, height } = frame;
  return { width, height, orientation: orientation || 1, decodedPixels: width * height, parts, fault };
}

/** From the first scan to the end marker; what follows that (thumbnails, further pictures, padding) is left out. */
function parseScans(bytes: Uint8Array, start: number): { part: Uint8Array; fault: ImageDecodeError | null } {
  let scans = 0;
  let fault: ImageDecodeError | null = null;
  let p = start;
  while (fault === null) {
    p = bytes.indexOf(0xff, p);
    if (p < 0 || p + 2 > bytes.length) {
      fault = new ImageDecodeError(
        "truncated_image",
        "Cannot decode image: the JPEG file stops before its end marker",
      );
      break;
    }
    const marker = bytes[p + 1]!;
    if (marker === EOI) return { part: bytes.subarray(start, p + 2), fault };
    if (marker === SOS && ++scans > MAX_SCANS) {
      fault = corrupt(`the JPEG file has more than ${MAX_SCANS} scans`);
    }
    if (isFrameHeader(marker)) fault = corrupt("the JPEG file has two frame headers");
    if (marker === 0xff) p++; // a fill byte: the next one may be the marker's
    else if (marker === 0 || marker === TEM || (marker >= RST0 && marker <= SOI)) p += 2;
    else p += 2 + Math.max(2, p + 4 <= bytes.length ? uint16(bytes, p + 2) : 2);
  }
  return { part: bytes.subarray(start), fault };
}

interface FrameHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Bytes without which the scans cannot hold the pixels. */
  readonly leastBytes: number;
}

function readFrameHeader(marker: number, segment: Uint8Array): FrameHeader {
  if (segment.length < 10) throw corrupt("the JPEG file's frame header is too short");
  const precision = segment[4]!;
  const height = uint16(segment, 5);
  const width = uint16(segment, 7);
  const components = segment[9]!;
  if (marker > SOF2) {
    throw unsupported(`JPEG with coding process ${marker - SOF0} (lossless, hierarchical or arithmetic)`);
  }
  if (precision !== 8) throw unsupported(`JPEG with ${precision} bits per sample`);
  if (components !== 1 && components !== 3 && components !== 4) {
    throw unsupported(`JPEG with ${components} components`);
  }
  if (width === 0 || height === 0) {
    throw new ImageDecodeError(
      "zero_size_image",
      `Cannot decode image: the JPEG file is ${width} x ${height} pixels`,
    );
  }
  if (segment.length < 10 + 3 * components) throw corrupt("the JPEG file's frame header is too short");
  const blocks = countBlocks(width, height, segment.subarray(10, 10 + 3 * components));
  // each block takes a Huffman code for its mean and, in sequential files, one for its end; a code is a bit or more
  return { width, height, components, leastBytes: (blocks * (marker === SOF2 ? 1 : 2)) / 8 };
}

/**
 * Blocks of 8 x 8 samples in all components. The decoder fills with grey what a file lacks, so without this a forged
 * size would pass, and cost seconds.
 */
function countBlocks(width: number, height: number, components: Uint8Array): number {
  let maxH = 0;
  let maxV = 0;
  for (let p = 1; p < components.length; p += 3) {
    maxH = Math.max(maxH, components[p]! >> 4);
    maxV = Math.max(maxV, components[p]! & 15);
  }
  let blocks = 0;
  for (let p = 1; p < components.length; p += 3) {
    const h = components[p]! >> 4;
    const v = components[p]! & 15;
    if (h < 1 || h > 4 || v < 1 || v > 4) throw corrupt("the JPEG file has sampling factors outside 1 to 4");
    blocks += Math.ceil((width * h) / (maxH * 8)) * Math.ceil((height * v) / (maxV * 8));
  }
  return blocks;
}

function isFrameHeader(marker: number): boolean {
  return marker >= SOF0 && marker <= SOF15 && marker !== DHT && marker !== JPG && marker !== DAC;
}

/** Whether the segment's content, which begins after marker and length, starts with `text`. */
function startsWith(segment: Uint8Array, text: string): boolean {
  if (segment.length < 4 + text.length) return false;
  for (let i = 0; i < text.length; i++) if (segment[4 + i] !== text.charCodeAt(i)) return false;
  return true;
}

function uint16(bytes: Uint8Array, p: number): number {
  return (bytes[p]! << 8) | bytes[p + 1]!;
}

function corrupt(what: string): ImageDecodeError {
  return new ImageDecodeError("corrupt_image", `Cannot decode image: ${what}`);
}

function unsupported(what: string): ImageDecodeError {
  return new ImageDecodeError(
    "unsupported_format",
    `Cannot decode image: ${what} is not supported, want 8-bit baseline or progressive JPEG`,
  );
}
