/**
 * `deno task demo`: a photograph in, everything that can be had of it out. Needs no argument and no network; reads
 * nothing and writes only into out/.
 */
import photo from "../web/static/samples/coffee.jpg" with { type: "bytes" };
import { createProgressLine } from "../cli/progress_line.ts";
import { processTerminal } from "../cli/terminal.ts";
import { encodeFormat } from "../lib/formats/encode.ts";
import { encodeLabelPng, encodePng, overlayBoundaries } from "../lib/image/mod.ts";
import { segment } from "../lib/segment.ts";
import type { Segmentation } from "../lib/segmentation.ts";

const FOLDER = "out";

/** Regions of the second cut: more than the first, from the same hierarchy. */
const FINE = 50;

interface Picture {
  readonly name: string;
  readonly shows: string;
  readonly content: Uint8Array | string;
}

/** The files, in the order in which the method makes them. */
function pictures(result: Segmentation): Picture[] {
  const { width, height, image, labels, regions, superpixels, superpixelCount } = result;
  const start = performance.now();
  const fine = result.at({ regions: FINE });
  const milliseconds = Math.round(performance.now() - start);
  return [
    { name: "photo.jpg", shows: "the photograph: a cup of coffee, Rachel Michetti, CC0", content: photo },
    {
      name: "smoothed.png",
      shows: "smoothed by SuperAE: texture goes, edges stay",
      content: encodeFormat(result, "smoothed.png"),
    },
    {
      name: "superpixels.png",
      shows: `its ${superpixelCount} superpixels`,
      content: encodePng(overlayBoundaries(image, superpixels, { color: [255, 64, 0], rim: false })),
    },
    {
      name: "boundaries.png",
      shows: "the hierarchy: the brighter a boundary, the longer it lasts",
      content: encodeFormat(result, "boundaries.png"),
    },
    {
      name: "overlay.png",
      shows: `the ${regions.length} regions of the default cut`,
      content: encodeFormat(result, "overlay.png"),
    },
    {
      name: "overlay_fine.png",
      shows: `${FINE} regions of the same hierarchy, cut again in ${milliseconds} ms`,
      content: encodeFormat(fine, "overlay.png"),
    },
    { name: "mean_fine.png", shows: "those in their mean colours", content: encodeFormat(fine, "mean.png") },
    {
      name: "labels.png",
      shows: "the label map of the default cut: values are region numbers, a palette shows them",
      content: encodeLabelPng(labels, width, height, { palette: regions.length <= 256 }),
    },
    { name: "summary.json", shows: "regions, settings and timings", content: summary(result) },
  ];
}

function summary(
  { width, height, backend, settings, superpixelCount, regions, timings }: Segmentation,
): string {
  const summary = {
    width,
    height,
    backend,
    settings,
    superpixelCount,
    regionCount: regions.length,
    timings,
    regions,
  };
  return `${JSON.stringify(summary, null, 2)}\n`;
}

const terminal = processTerminal();
const progress = createProgressLine(terminal);
progress.start("Black Canyon");
const result = await segment(photo, { onProgress: progress.update });
progress.clear();

await Deno.mkdir(FOLDER, { recursive: true });
const files = pictures(result);
for (const { name, content } of files) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(`${FOLDER}/${name}`, bytes);
}

const { width, height, regions, backend, timings } = result;
const seconds = (timings["total"]! / 1000).toFixed(1);
await terminal.writeStdout(`
${width} x ${height} pixels, ${regions.length} regions, ${seconds} s on ${backend}

${files.map(({ name, shows }) => `  ${`${FOLDER}/${name}`.padEnd(22)}${shows}`).join("\n")}

Your own picture:  deno task cli segment photo.jpg
`);
