/**
 * Images: files decoded under limits without native code, CIELAB, resizing, and pictures of label maps.
 *
 * @example
 * ```ts
 * import { colorizeLabels, decodeImage, encodePng, overlayBoundaries } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const labels = Int32Array.of(0, 0, 1, 1);
 * const file = encodePng(colorizeLabels(labels, 2, 2));
 * const image = await decodeImage(file, { maxPixels: 1_000_000 });
 * const overlay = overlayBoundaries(image, labels);
 * assert.equal(overlay.width, 2);
 * ```
 *
 * @module
 */
export { type Image, isImage } from "./image.ts";
export { type ImageFormat, type ImageHeader, readImageHeader } from "./header.ts";
export { decodeImage, type DecodeOptions } from "./decode.ts";
export { srgbToLab } from "./color.ts";
export { fitWithin, resizeImage, resizeLabels } from "./resize.ts";
export { encodeGrayPng, encodeLabelPng, encodePng, type LabelPngOptions } from "./png.ts";
export { labelPalette } from "./palette.ts";
export { colorizeLabels, meanColorImage, overlayBoundaries, type OverlayOptions } from "./render.ts";
