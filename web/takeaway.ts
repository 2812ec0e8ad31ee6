/** What can be taken away: files, a link, and the same work as a command or a program. */
import type { FormatName } from "../lib/formats/table.ts";
import { WorkerPool } from "../workers/pool.ts";
import type { CutParts, ExportProtocol } from "./export_protocol.ts";
import type { Cutting } from "./model/cutting.ts";
import type { Picture } from "./picture.ts";
import type { Settings } from "./settings_form.ts";

/** The files on offer, most wanted first: name, title, what it is. */
export const FILES: readonly (readonly [FormatName, title: string, kind: string])[] = [
  ["labels.png", "Labels", "PNG"],
  ["overlay.png", "Overlay", "PNG"],
  ["coco.json", "COCO", "JSON"],
  ["regions.geojson", "GeoJSON", "JSON"],
  ["regions.svg", "Drawing", "SVG"],
  ["labels.npy", "NumPy", "NPY"],
  ["mean.png", "Mean colours", "PNG"],
  ["colors.png", "Label colours", "PNG"],
  ["smoothed.png", "Smoothed", "PNG"],
  ["superpixels.png", "Superpixels", "PNG"],
  ["hierarchy.json", "Hierarchy", "JSON"],
  ["boundaries.png", "Contour map", "PNG"],
  ["regions.json", "Regions", "JSON"],
];

/** These hold every scale, so that neither the slider nor edits change them. */
export const OF_ALL_SCALES: readonly FormatName[] = [
  "hierarchy.json",
  "boundaries.png",
  "smoothed.png",
  "superpixels.png",
];

let pool: WorkerPool<ExportProtocol> | undefined;

/** Has a file made in a worker of the page, which starts with the first one. */
export function makeFile<K extends keyof ExportProtocol>(
  kind: K,
  job: ExportProtocol[K]["job"],
  transfer: Transferable[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  pool ??= new WorkerPool({
    module: new URL("/assets/export.js", location.href), // a bundle of its own, see tools/build_web.ts
    size: 1,
    waitingLimit: 20,
    deadlineMs: Infinity, // whoever looks at the page decides how long to wait
  });
  return pool.run(kind, job, { transfer });
}

/** A cutting as the worker takes it. */
export function partsOf({ map, labels }: Cutting): CutParts {
  return { width: map.width, height: map.height, superpixels: map.pixels, regionOf: labels };
}

/** (H, W, 4) the picture in full size. */
export function pixelsOf({ canvas }: Picture): Uint8ClampedArray {
  return canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data;
}

/** Gives a file to the browser to keep. */
export function save(data: Blob, name: string): void {
  const address = URL.createObjectURL(data);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The same segmentation by curl. */
export function curlCommand(origin: string, settings: Settings, name: string): string {
  const fields = Object.entries(settings).map(([option, value]) => ` -F ${option}=${value}`).join("");
  return `curl -F image=@${name}${fields} \\\n  -H "Accept: image/png" -o labels.png \\\n  ${origin}/v1/segmentations`;
}

/** The same by a program. */
export function denoProgram(settings: Settings, name: string): string {
  const options = Object.entries(settings).map(([option, value]) => `${option}: ${JSON.stringify(value)}`)
    .join(", ");
  return `import { encodeFormat, segment } from "@deep-superpixel-cut/dsc";

const photo = await Deno.readFile("${name}");
const result = await segment(photo${options ? `, { ${options} }` : ""});
await Deno.writeFile("labels.png", encodeFormat(result, "labels.png"));`;
}

/** The same on the command line. */
export function cliCommand(settings: Settings, name: string): string {
  const flags = Object.entries(settings).map(([option, value]) =>
    ` --${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${value}`
  ).join("");
  return `deno task cli segment ${name} -o out${flags} \\\n  --format labels --format overlay`;
}
