/**
 * The benchmark's command line.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { METHODS, type MethodSettings } from "./methods.ts";

/** What to run. */
export interface BenchOptions {
  /** Folder of the data set. */
  readonly data: string;
  readonly split: string;
  /** The first so many images by id; all of them where undefined. */
  readonly images: number | undefined;
  readonly workers: number;
  readonly seed: number;
  /** Names from {@linkcode METHODS}. */
  readonly methods: readonly string[];
  /** Replaces single settings of every method that has them. */
  readonly settings: MethodSettings;
  /** Replaces every method's scales. */
  readonly scales: readonly number[] | undefined;
  /** Folder for label maps. */
  readonly exportFolder: string | undefined;
  /** Folder for results. */
  readonly out: string;
}

/** What `--help` prints. */
export const BENCH_HELP = `Scores methods on BSDS500, or exports their label maps.

  deno task bsds --data DIR [--split val] [--method NAME]...

  --data DIR       BSDS500 (images/SPLIT and groundTruth/SPLIT), or any folder of images with --export
  --split NAME     train, val or test [val]
  --method NAME    may be given several times; later ones are compared with the first [felzenszwalb]
                   ${Object.keys(METHODS).join(", ")}
  --images N       the first N images only; small subsets mislead
  --workers N      isolates; results do not depend on it [one for each core]
  --seed S         same seed, same numbers [0]
  --scales A,B,..  scales to sweep instead of the method's own
  --set NAME=VALUE changes one of the method's settings; may be given several times
  --export DIR     writes each image's label maps as DIR/<id>.npy (scales, height, width) uint16
  --out DIR        where results are kept [out/bsds]

A run that is stopped goes on where it was when it is started again.
The last line is "SC ods ois best | PRI ods ois | VI ods ois", the line before it their standard errors.
`;

/**
 * Reads the command line.
 *
 * @param args Arguments, without the program's name.
 * @returns Options, or "help".
 * @throws {RangeError} When a value is out of range or a name is not known.
 */
export function parseBenchArgs(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string" },
      split: { type: "string", default: "val" },
      method: { type: "string", multiple: true, default: ["felzenszwalb"] },
      images: { type: "string" },
      workers: { type: "string" },
      seed: { type: "string", default: "0" },
      scales: { type: "string" },
      set: { type: "string", multiple: true, default: [] },
      export: { type: "string" },
      out: { type: "string", default: join("out", "bsds") },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  if (values.data === undefined) throw new RangeError("--data DIR is missing; --help lists all options");
  for (const name of values.method) {
    if (!Object.hasOwn(METHODS, name)) {
      throw new RangeError(`there is no method ${name}, want one of ${Object.keys(METHODS).join(", ")}`);
    }
  }
  const scales = values.scales?.split(",").map((text) => number("--scales", text, -Infinity));
  const settings = Object.fromEntries(values.set.map((text) => {
    const [name, value] = text.split("=", 2) as [string, string | undefined];
    const known = values.method.some((method) => Object.hasOwn(METHODS[method]!.settings, name));
    if (value === undefined || !known) throw new RangeError(`--set ${text} names no setting of the methods`);
    return [name, value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value)];
  }));
  return {
    data: values.data,
    split: values.split,
    images: values.images === undefined ? undefined : whole("--images", values.images, 1),
    workers: values.workers === undefined
      ? navigator.hardwareConcurrency
      : whole("--workers", values.workers, 1),
    seed: whole("--seed", values.seed, 0),
    methods: values.method,
    settings,
    scales: scales?.sort((a, b) => a - b),
    exportFolder: values.export,
    out: values.out,
  };
}

function number(name: string, text: string, min: number): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value) || value < min) {
    throw new RangeError(`${name} must be a number${min > -Infinity ? ` from ${min}` : ""}, got ${text}`);
  }
  return value;
}

function whole(name: string, text: string, min: number): number {
  const value = number(name, text, min);
  if (!Number.isInteger(value)) throw new RangeError(`${name} must be a whole number, got ${text}`);
  return value;
}
