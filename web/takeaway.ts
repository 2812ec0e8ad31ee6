/** What can be taken away: files, a link, and the same work as a command or a program. */
import type { FormatName } from "../lib/formats/table.ts";
import type * as Export from "./export.ts";
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

let encoders: Promise<typeof Export> | undefined;

/** The encoders, loaded when first asked for. */
export function loadEncoders(): Promise<typeof Export> {
  const address = "/assets/export.js"; // a bundle of its own, see tools/build_web.ts
  return encoders ??= (import(address) as Promise<typeof Export>).catch((error) => {
    encoders = undefined;
    throw error;
  });
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

/** The selected regions alone, on nothing. */
export async function cutOut(
  picture: HTMLCanvasElement,
  labels: Int32Array,
  selected: ReadonlySet<number>,
): Promise<Blob> {
  const { width, height } = picture;
  const image = picture.getContext("2d")!.getImageData(0, 0, width, height);
  for (let p = 0; p < labels.length; p++) if (!selected.has(labels[p]!)) image.data[4 * p + 3] = 0;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!blob) throw new Error("The browser could not write this picture.");
  return blob;
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
