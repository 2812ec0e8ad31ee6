/**
 * The command line of `deno task paper`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";

/** What to run. */
export interface PaperOptions {
  /** Folder of BSDS500. */
  readonly data: string;
  readonly split: string;
  /** The first so many images by id; all of them where undefined. */
  readonly images: number | undefined;
  readonly workers: number;
  readonly seed: number;
  /** Folder for results and trained weights. */
  readonly out: string;
  /** Folder for the report and its pictures. */
  readonly report: string;
}

/** What `--help` prints. */
export const PAPER_HELP =
  `Makes the paper's tables and figures again, beside those that it prints, as one Markdown report.

  deno task paper --data DIR [--images N] [--workers N]

  --data DIR       BSDS500 (images/SPLIT and groundTruth/SPLIT; the train split trains the ablation's network)
  --split NAME     train, val or test [val]
  --images N       the first N images only; small subsets mislead
  --workers N      isolates; results do not depend on it [one for each core]
  --seed S         same seed, same numbers [0]
  --out DIR        where results are kept, shared with deno task bsds [out/bsds]
  --report DIR     where benchmark.md and its pictures go; docs for those of the repository [out/paper]

A run that is stopped goes on where it was when it is started again.
`;

/**
 * Reads the command line.
 *
 * @param args Arguments, without the program's name.
 * @returns Options, or "help".
 * @throws {RangeError} When a value is out of range.
 * @throws {TypeError} When an option is not known.
 */
export function parsePaperArgs(args: readonly string[]): PaperOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string" },
      split: { type: "string", default: "val" },
      images: { type: "string" },
      workers: { type: "string" },
      seed: { type: "string", default: "0" },
      out: { type: "string", default: join("out", "bsds") },
      report: { type: "string", default: join("out", "paper") },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  if (values.data === undefined) throw new RangeError("--data DIR is missing; --help lists all options");
  return {
    data: values.data,
    split: values.split,
    // standard errors need two
    images: values.images === undefined ? undefined : whole("--images", values.images, 2),
    workers: values.workers === undefined
      ? navigator.hardwareConcurrency
      : whole("--workers", values.workers, 1),
    seed: whole("--seed", values.seed, 0),
    out: values.out,
    report: values.report,
  };
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < min) {
    throw new RangeError(`${name} must be a whole number from ${min}, got ${text}`);
  }
  return value;
}
