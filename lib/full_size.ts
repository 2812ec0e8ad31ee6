/**
 * From the working size back to the image's own: label maps follow the edges of the full image where it is so much larger
 * that stairs would show.
 */
import type { Image } from "./image/image.ts";
import { resizeLabels } from "./image/resize.ts";
import { enlargeSuperpixels } from "./superpixels/enlarge_superpixels.ts";

/**
 * Enlargement, full pixels to a working one, from which boundaries follow edges. On ten BSDS500 photographs segmented at a
 * quarter of their size it lifts the F of boundaries (1 pixel) from .242 to .263, at a third by .005; at a half the
 * nearest pixel does as well.
 */
const FOLLOW_FROM = 3;

/** Label maps of one size. */
export interface LabelMaps {
  /** Region of each pixel; all pixels of a superpixel are in one region. */
  readonly labels: Int32Array;
  readonly superpixels: Int32Array;
}

/**
 * Brings labels and superpixels to the size of an image.
 *
 * @param found Maps of the working size.
 * @param superpixelCount Superpixels.
 * @param working The working size.
 * @param image The full image.
 * @returns Maps of the image's size; every region and superpixel still 4-connected, every cut of a hierarchy over them too.
 */
export function toFullSize(
  found: LabelMaps,
  superpixelCount: number,
  working: Pick<Image, "width" | "height">,
  image: Image,
): LabelMaps {
  const { width, height } = working;
  if (image.width < FOLLOW_FROM * width || image.height < FOLLOW_FROM * height) {
    const nearest = (labels: Int32Array) => resizeLabels(labels, width, height, image.width, image.height);
    return { labels: nearest(found.labels), superpixels: nearest(found.superpixels) };
  }
  const superpixels = enlargeSuperpixels(found.superpixels, width, height, superpixelCount, image);
  const region = new Int32Array(superpixelCount);
  for (let p = 0; p < found.labels.length; p++) region[found.superpixels[p]!] = found.labels[p]!;
  const labels = new Int32Array(superpixels.length);
  for (let p = 0; p < labels.length; p++) labels[p] = region[superpixels[p]!]!;
  return { labels, superpixels };
}
