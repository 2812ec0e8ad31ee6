/**
 * Where results go: planned for all files before any work starts, so that a clash of names costs a second, not an hour;
 * and written so that a file with a result's name is always a whole result.
 */
import { basename, dirname, extname, join, resolve } from "node:path";
import type { FormatName } from "../lib/formats/table.ts";
import { formatOfFile } from "./formats.ts";
import { UsageError } from "./usage_error.ts";

/** One file to write, or standard output. */
export interface Destination {
  readonly format: FormatName;
  /** `-` is standard output. */
  readonly path: string;
}

/** What was asked for. */
export interface OutputRequest {
  /** Files to read; `-` is standard input. */
  readonly inputs: readonly string[];
  /** `--output`. */
  readonly output: string | undefined;
  /** `--format`; none means the usual ones. */
  readonly formats: readonly FormatName[];
  /** Whether `--json` takes standard output. */
  readonly json: boolean;
}

const USUAL_FORMATS: readonly FormatName[] = ["labels.png", "overlay.png"];

/**
 * Decides where each result of each input goes.
 *
 * @param request What was asked for.
 * @param isFolder Whether a path is a folder that exists.
 * @returns Destinations of each input, in the inputs' order.
 * @throws {UsageError} The request contradicts itself, or two results would have one name.
 */
export function planOutput(
  request: OutputRequest,
  isFolder: (path: string) => boolean,
): readonly (readonly Destination[])[] {
  const { inputs, json } = request;
  const plan = inputs.map((input) => destinations(request, input, isFolder));
  const written = new Map<string, string>();
  const read = new Set(inputs.filter((input) => input !== "-").map((input) => resolve(input)));
  for (const [i, list] of plan.entries()) {
    for (const { path } of list) {
      if (path === "-") {
        if (json) throw new UsageError("--json and a picture cannot both go to standard output");
        if (inputs.length > 1 || list.length > 1) {
          throw new UsageError("standard output takes one format of one file", "Write to a folder: -o out/");
        }
        continue;
      }
      const absolute = resolve(path);
      if (read.has(absolute)) throw new UsageError(`${path} would be written over, but it is to be read`);
      const other = written.get(absolute);
      if (other !== undefined) {
        throw new UsageError(
          `${other} and ${inputs[i]} would both be written to ${path}`,
          "Give them in two runs, each with its own -o.",
        );
      }
      written.set(absolute, inputs[i]!);
    }
  }
  return plan;
}

function destinations(
  { inputs, output, formats, json }: OutputRequest,
  input: string,
  isFolder: (path: string) => boolean,
): Destination[] {
  // --json alone asks for the summary, and standard input alone for a filter
  if (output === undefined && formats.length === 0 && json) return [];
  const pipe = output === "-" || (output === undefined && input === "-");
  if (pipe) {
    return (formats.length > 0 ? formats : ["labels.png"] as const).map((format) => ({ format, path: "-" }));
  }

  const folder = output === undefined || /[/\\]$/.test(output) || isFolder(output) || extname(output) === "";
  if (folder) {
    const stem = input === "-" ? "stdin" : basename(input, extname(input));
    return (formats.length > 0 ? formats : USUAL_FORMATS).map((format) => ({
      format,
      path: join(output ?? ".", `${stem}.${format}`),
    }));
  }
  if (inputs.length > 1) {
    throw new UsageError(
      `${output} is one file, but there are ${inputs.length} to read`,
      "Give a folder: -o out/",
    );
  }
  if (formats.length > 1) {
    throw new UsageError(
      `${output} is one file, but there are ${formats.length} formats`,
      "Give a folder: -o out/",
    );
  }
  const format = formats[0] ?? formatOfFile(output);
  if (format === undefined) {
    throw new UsageError(`${output}: no format is known by that name`, "Say which with --format.");
  }
  return [{ format, path: output }];
}

/**
 * Writes a file whole or not at all: beside its place first, then renamed, which file systems do in one step.
 *
 * @param path Where; missing folders are made.
 * @param content What.
 * @param signal Stops the writing; the place stays as it was.
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | string,
  signal?: AbortSignal,
): Promise<void> {
  const folder = dirname(path);
  await Deno.mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}.tmp`);
  try {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(temporary, bytes, { createNew: true, ...(signal && { signal }) });
    signal?.throwIfAborted();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // it may never have come to be
    throw error;
  }
}

/** Whether a path is a folder that exists. */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
