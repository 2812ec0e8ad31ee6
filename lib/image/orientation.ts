/**
 * EXIF orientation undone: the image as it was meant to be seen (Exif 2.32, 4.6.4, tag 0x0112).
 */
import type { Image } from "./image.ts";

/**
 * Turns and mirrors an image as stored into the image as meant.
 *
 * @param image The image as stored.
 * @param orientation EXIF orientation, 1 to 8.
 * @returns The upright image, width and height swapped for 5 to 8; `image` itself for 1.
 */
export function applyOrientation(image: Image, orientation: number): Image {
  if (orientation === 1) return image;
  const { width: W, height: H, data } = image;
  // output pixel (x, y) is stored pixel origin + x * stepX + y * stepY
  const [origin, stepX, stepY] = orientation === 2
    ? [W - 1, -1, W] // mirrored
    : orientation === 3
    ? [W * H - 1, -1, -W] // upside down
    : orientation === 4
    ? [W * (H - 1), 1, -W] // upside down and mirrored
    : orientation === 5
    ? [0, W, 1] // transposed
    : orientation === 6
    ? [W * (H - 1), -W, 1] // wants a quarter turn clockwise
    : orientation === 7
    ? [W * H - 1, -W, -1] // transposed across the other diagonal
    : [W - 1, W, -1]; // 8: wants a quarter turn counter-clockwise
  const swapped = orientation > 4;
  const width = swapped ? H : W;
  const height = swapped ? W : H;
  const upright = new Uint8Array(width * height * 3);
  for (let y = 0, q = 0; y < height; y++) {
    let p = (origin + y * stepY) * 3;
    for (let x = 0; x < width; x++, p += stepX * 3, q += 3) {
      upright[q] = data[p]!;
      upright[q + 1] = data[p + 1]!;
      upright[q + 2] = data[p + 2]!;
    }
  }
  return { width, height, data: upright };
}
