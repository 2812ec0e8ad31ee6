/**
 * Every form in which a segmentation can be had: its file name, which is its name everywhere (command line, HTTP path),
 * its media type and what it is. The encoders are in `encode.ts`; this table loads none of them.
 */

/** One row of {@linkcode FORMATS}. */
export interface FormatInfo {
  /** For Content-Type and Accept. */
  readonly mediaType: string;
  /** What the file holds. */
  readonly description: string;
  /** True for forms that only segmentations with a hierarchy have. */
  readonly needsHierarchy?: boolean;
}

/** The table. The first format of a media type is the one that the media type alone asks for. */
export const FORMATS = {
  "regions.json": {
    mediaType: "application/json",
    description: "Regions with area, box, centroid, colour and neighbours; losses; the label map as runs.",
  },
  "labels.png": {
    mediaType: "image/png",
    description: "The label map as grey values: 8 bit up to 256 regions, 16 bit above.",
  },
  "overlay.png": {
    mediaType: "image/png",
    description: "The image with the boundaries of its regions drawn over it.",
  },
  "mean.png": {
    mediaType: "image/png",
    description: "Each region in its mean colour.",
  },
  "colors.png": {
    mediaType: "image/png",
    description: "Each region in a colour of its own.",
  },
  "superpixels.png": {
    mediaType: "image/png",
    description: "The superpixels as grey values, like labels.png.",
  },
  "image.png": {
    mediaType: "image/png",
    description: "The image that was segmented: decoded, upright, opaque.",
  },
  "smoothed.png": {
    mediaType: "image/png",
    description: "The image as SuperAE smoothed it.",
  },
  "coco.json": {
    mediaType: "application/json",
    description: "COCO annotations with compressed run-length masks, for pycocotools.",
  },
  "regions.geojson": {
    mediaType: "application/geo+json",
    description: "Polygons with shared vertices and holes, in pixels.",
  },
  "regions.svg": {
    mediaType: "image/svg+xml",
    description: "One path for each region, in its mean colour.",
  },
  "labels.npy": {
    mediaType: "application/x-npy",
    description: "The label map as a NumPy array, int32 of shape (height, width).",
  },
  "hierarchy.json": {
    mediaType: "application/json",
    description: "The merges of a hierarchy with their heights, and the superpixels as runs.",
    needsHierarchy: true,
  },
  "boundaries.png": {
    mediaType: "image/png",
    description:
      "The ultrametric contour map of a hierarchy, at double resolution: 255 times the root of each height.",
    needsHierarchy: true,
  },
} as const satisfies Record<string, FormatInfo>;

/** Name of a format in {@linkcode FORMATS}. */
export type FormatName = keyof typeof FORMATS;

/** Names of all formats, in the table's order. */
export const FORMAT_NAMES: readonly FormatName[] = Object.keys(FORMATS) as FormatName[];

/** The forms that a segmentation has. */
export function formatsOf(segmentation: { readonly merges?: unknown }): readonly FormatName[] {
  if (segmentation.merges !== undefined) return FORMAT_NAMES;
  return FORMAT_NAMES.filter((name) => !needsHierarchy(name));
}

/** Whether only segmentations with a hierarchy have this form. */
export function needsHierarchy(name: FormatName): boolean {
  const info: FormatInfo = FORMATS[name];
  return info.needsHierarchy === true;
}

/** Whether a text is the name of a format. */
export function isFormatName(text: string): text is FormatName {
  return Object.hasOwn(FORMATS, text);
}
