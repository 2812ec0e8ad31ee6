/**
 * The arguments of `segment`, understood and checked before any work starts.
 */
import { OptionError } from "../lib/errors.ts";
import { type FormatName, FORMATS, needsHierarchy } from "../lib/formats/table.ts";
import type { ResolvedSettings } from "../lib/options.ts";
import { OPTION_NAMES, parseSettings } from "../lib/settings.ts";
import { type Flag, type FlagValues, kebabCase, OPTION_FLAGS, readFlags } from "./flags.ts";
import { FORMAT_WORDS, formatCalled, isBinary } from "./formats.ts";
import { nearest } from "./nearest.ts";
import { type Destination, isFolder, planOutput } from "./output.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

const DEFAULT_MAX_PIXELS = 25_000_000;

/** Flags of `segment` that are not options of the method. */
export const SEGMENT_FLAGS: readonly Flag[] = [
  {
    name: "output",
    short: "o",
    value: "PATH",
    description: "Folder or file to write to; - is standard output. Default: the current folder.",
  },
  {
    name: "format",
    short: "f",
    value: "NAME",
    multiple: true,
    description: "What to write, see Formats; may be given several times. Default: labels and overlay.",
  },
  { name: "json", description: "Print a summary of each file as a line of JSON; alone, write no files." },
  { name: "quiet", short: "q", description: "Print nothing but failures." },
  {
    name: "max-pixels",
    value: "N",
    description: `Refuse larger pictures before they are decoded. Default: ${DEFAULT_MAX_PIXELS}.`,
  },
];

/** What was asked for. */
export interface SegmentRequest {
  /** Files to read; `-` is standard input. */
  readonly inputs: readonly string[];
  /** Where the results of each input go, in the same order. */
  readonly plan: readonly (readonly Destination[])[];
  /** A summary of each file goes to standard output. */
  readonly json: boolean;
  readonly quiet: boolean;
  readonly maxPixels: number;
  readonly settings: ResolvedSettings;
}

/**
 * Reads the arguments.
 *
 * @throws {UsageError} They are not understood, contradict each other, or would send bytes to the terminal.
 */
export function readSegmentRequest(args: readonly string[], terminal: Terminal): SegmentRequest {
  const { values, positionals: inputs } = readFlags(args, [...SEGMENT_FLAGS, ...OPTION_FLAGS]);
  if (inputs.length === 0) {
    throw new UsageError("segment needs a file", "For example: segment photo.jpg, or - for standard input");
  }
  const repeated = inputs.find((input, i) => inputs.indexOf(input) !== i);
  if (repeated !== undefined) throw new UsageError(`${repeated} is given twice`);

  const json = values.has("json"), output = values.get("output")?.[0];
  const settings = readSettings(values);
  const plan = planOutput({ inputs, output, formats: readFormats(values), json }, isFolder);
  checkFormats(plan.flat().map(({ format }) => format), settings);
  if (terminal.stdoutIsTerminal && plan.flat().some(({ format, path }) => path === "-" && isBinary(format))) {
    throw new UsageError("bytes would go to the terminal", "Send them to a file: -o labels.png");
  }
  if (inputs.includes("-") && terminal.stdinIsTerminal) {
    throw new UsageError("- is standard input, but that is the terminal", "Send it a picture: < photo.jpg");
  }
  return {
    inputs,
    plan,
    json,
    quiet: values.has("quiet"),
    maxPixels: readMaxPixels(values),
    settings,
  };
}

/**
 * Whether the method can give these formats.
 *
 * @throws {UsageError} One of them needs what it does not make.
 */
export function checkFormats(formats: readonly FormatName[], { method }: ResolvedSettings): void {
  const tree = formats.find(needsHierarchy);
  if (tree && method !== "dsc") {
    throw new UsageError(`${tree} needs a hierarchy, and --method ${method} makes none`);
  }
}

/** The formats of `--format`; none if there are none. */
export function readFormats(values: FlagValues): FormatName[] {
  const formats = new Set<FormatName>();
  for (const word of (values.get("format") ?? []).flatMap((value) => value.split(","))) {
    const format = formatCalled(word);
    if (format === undefined) {
      const guess = nearest(word, [...FORMAT_WORDS, ...Object.keys(FORMATS)]);
      throw new UsageError(
        `--format ${word} is not known, want ${FORMAT_WORDS.join(", ")}`,
        guess && `Did you mean ${guess}?`,
      );
    }
    formats.add(format);
  }
  return [...formats];
}

/** The limit of `--max-pixels`, or the usual one. */
export function readMaxPixels(values: FlagValues): number {
  const text = values.get("max-pixels")?.[0] ?? String(DEFAULT_MAX_PIXELS);
  const pixels = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(pixels) || pixels < 1) {
    throw new UsageError(`--max-pixels: want a whole number of at least 1, got ${JSON.stringify(text)}`);
  }
  return pixels;
}

/**
 * The options of the method.
 *
 * @throws {UsageError} One is out of its range, or asks a method for what it cannot do.
 */
export function readSettings(values: FlagValues): ResolvedSettings {
  const given: Record<string, string> = {};
  for (const name of OPTION_NAMES) {
    const value = values.get(kebabCase(name))?.[0];
    if (value !== undefined) given[name] = value;
  }
  let settings: ResolvedSettings;
  try {
    settings = parseSettings(given);
  } catch (error) {
    // the user wrote a flag, so the message names the flag
    if (!(error instanceof OptionError)) throw error;
    throw new UsageError(`--${kebabCase(error.field)}: want ${error.wanted}, got ${error.got}`);
  }
  const { method, regions } = settings;
  if (regions > 0 && method !== "dsc") {
    throw new UsageError(
      `--regions needs a hierarchy, and --method ${method} makes none`,
      method === "flat-dsc"
        ? "How many groups it cuts into: --partitions"
        : "How many superpixels: --superpixels",
    );
  }
  return settings;
}
