import type { ImageDecodeError } from "../errors.ts";

/** What a container parser finds before any pixel is decoded. Shared by the PNG, JPEG and GIF parsers. */
export interface Container {
  /** Pixels per row as stored, 1 or more. */
  readonly width: number;
  /** Rows as stored, 1 or more. */
  readonly height: number;
  /** EXIF orientation, 1 to 8; 1 where the file has none. */
  readonly orientation: number;
  /** Pixels that the decoder will hold: the image's, or a GIF frame's where that is larger than its canvas. */
  readonly decodedPixels: number;
  /**
   * The pieces of the file that the decoder gets to see, in order: only what pixels are made from. The decoder can
   * then not be reached through metadata, and cannot take another width and height for the image's than this parser did.
   */
  readonly parts: readonly Uint8Array[];
  /** Why the file cannot be decoded although its header is sound; not thrown, so that a file's head can be read alone. */
  readonly fault: ImageDecodeError | null;
}
