// deno-lint-ignore-file no-console -- a bench prints what it measures
/**
 * What the page computes for every frame while its slider moves: the cut, the table of regions and the pixels, at a
 * megapixel, a whole tree of superpixels at hand. At 60 frames a second there are 16.7 ms for all of it.
 *
 *   deno task bench:page
 */
import { resizeImage, resizeLabels } from "../lib/image/resize.ts";
import { segment } from "../lib/segment.ts";
import { Cutting } from "../web/model/cutting.ts";
import { MergeTree } from "../web/model/merge_tree.ts";
import { SuperpixelMap } from "../web/model/superpixel_map.ts";
import { Painter } from "../web/view/painter.ts";

const WIDTH = 1168, HEIGHT = 856;
const FRAMES = 200;

const photo = await Deno.readFile(new URL("../web/static/samples/black-canyon.jpg", import.meta.url));
const { image: found, superpixels, superpixelCount: count, merges } = await segment(photo);
const { width, height } = found;
const image = resizeImage(found, WIDTH, HEIGHT);
const rgba = new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(255);
for (let p = 0; p < WIDTH * HEIGHT; p++) rgba.set(image.data.subarray(3 * p, 3 * p + 3), 4 * p);
const pixels = resizeLabels(superpixels, width, height, WIDTH, HEIGHT);

const startedAt = performance.now();
const map = new SuperpixelMap(pixels, WIDTH, HEIGHT, count, rgba);
const cutting = new Cutting(map, new MergeTree(merges!, count), 24);
const painter = new Painter(cutting, WIDTH, HEIGHT, false);
console.log(`${WIDTH} x ${HEIGHT}, ${count} superpixels`);
console.log(`once: ${(performance.now() - startedAt).toFixed(1)} ms`);

const out = new Uint32Array(WIDTH * HEIGHT);
const parts: Record<string, () => void> = {
  "cut": () => {},
  "cut, lines": () => painter.lines(out),
  "cut, colours, lines": () => {
    painter.fill(out, "mean", cutting.describe());
    painter.lines(out);
  },
  "cut, labels, lines, marks": () => {
    painter.fill(out, "labels", cutting.describe());
    painter.lines(out);
    painter.marks(out, 3, new Set([1]));
  },
};
for (const [name, paint] of Object.entries(parts)) {
  const times: number[] = [];
  for (let i = 0; i < FRAMES; i++) {
    const from = performance.now();
    cutting.cut(1 + (i * 37) % 200, false);
    paint();
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const [median, slow] = [times[FRAMES / 2]!, times[Math.floor(FRAMES * 0.95)]!];
  console.log(`${name.padEnd(28)} median ${median.toFixed(1)} ms, 95 % within ${slow.toFixed(1)} ms`);
}
