/**
 * The one image type of the library: 8-bit sRGB, interleaved, no padding, origin top left.
 */

/** An sRGB image; `data` is (H, W, 3) interleaved bytes. */
export interface Image {
  /** Pixels per row, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  /** (H, W, 3) interleaved sRGB bytes, `width * height * 3` of them. */
  readonly data: Uint8Array;
}

/** Whether a value has the shape of an {@linkcode Image}: whole sides from 1, and exactly width * height * 3 bytes. */
export function isImage(value: unknown): value is Image {
  const { width, height, data } = (value ?? {}) as Partial<Image>;
  return Number.isInteger(width) && Number.isInteger(height) && width! > 0 && height! > 0 &&
    data instanceof Uint8Array && data.length === width! * height! * 3;
}
