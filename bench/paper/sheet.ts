/**
 * Pictures side by side on white, scaled to fit their cells.
 */
import type { Image } from "../../lib/image/image.ts";
import { resizeImage } from "../../lib/image/resize.ts";

/** Pixels between pictures. */
const GAP = 6;

/**
 * @param rows Pictures by row; rows may differ in length.
 * @param width Pixels of a picture; its height follows.
 * @returns One picture; a row is as high as its highest picture.
 * @throws {RangeError} When there is no picture.
 */
export function sheet(rows: readonly (readonly Image[])[], width: number): Image {
  const scaled = rows.map((row) =>
    row.map((image) => resizeImage(image, width, Math.max(1, Math.round(image.height * width / image.width))))
  );
  const columns = Math.max(0, ...scaled.map((row) => row.length));
  if (columns === 0) throw new RangeError("Cannot lay out pictures: want at least one, got 0");
  const heights = scaled.map((row) => Math.max(0, ...row.map(({ height }) => height)));
  const W = columns * width + (columns - 1) * GAP;
  const H = heights.reduce((sum, height) => sum + height, (heights.length - 1) * GAP);
  const data = new Uint8Array(W * H * 3).fill(255);
  let top = 0;
  scaled.forEach((row, r) => {
    row.forEach((image, c) => {
      for (let y = 0; y < image.height; y++) {
        const from = image.data.subarray(y * width * 3, (y + 1) * width * 3);
        data.set(from, ((top + y) * W + c * (width + GAP)) * 3);
      }
    });
    top += heights[r]! + GAP;
  });
  return { width: W, height: H, data };
}
