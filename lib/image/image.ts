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
