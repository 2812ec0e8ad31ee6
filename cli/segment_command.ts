/**
 * `segment <files...>`: reads, segments and writes one file after the other. A bad file does not stop the others; it is
 * named when it fails and again at the end.
 */
import { BackendError, LimitError } from "../lib/errors.ts";
import type { FormatName } from "../lib/formats/table.ts";
import type { RegionsJson } from "../lib/formats/regions_json.ts";
import type { ResolvedSettings } from "../lib/options.ts";
import type { SegmentJobResult } from "../workers/segment_protocol.ts";
import type { SegmentRunner } from "../workers/segmenter.ts";
import { EXIT_OK, exitCodeOf, exitCodeOfAll } from "./exit_code.ts";
import { readInput } from "./input.ts";
import { type Destination, writeWhole } from "./output.ts";
import { createProgressLine, type ProgressLine } from "./progress_line.ts";
import { readSegmentRequest, type SegmentRequest } from "./segment_request.ts";
import type { Terminal } from "./terminal.ts";

/** What the command works with. */
export interface SegmentContext {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Called when there is work to do. */
  readonly openRunner: () => SegmentRunner;
}

interface Failure {
  readonly input: string;
  readonly error: unknown;
}

/** Trouble that every further file would meet as well. */
const HOPELESS: ReadonlySet<string> = new Set([
  "backend_unavailable",
  "backend_fallback_adapter",
  "backend_wrong_answer",
]);

/**
 * Runs the command.
 *
 * @param args What follows its name.
 * @returns The exit code.
 * @throws {UsageError} The arguments are not understood; nothing was done then.
 */
export async function segmentCommand(args: readonly string[], context: SegmentContext): Promise<number> {
  const { terminal, signal, openRunner } = context;
  const request = readSegmentRequest(args, terminal);
  const { inputs } = request;
  const progress = createProgressLine(terminal);
  const failures: Failure[] = [];
  let done = 0;
  const runner = openRunner();
  try {
    for (const [i, input] of inputs.entries()) {
      if (signal.aborted) break;
      progress.start(inputs.length > 1 ? `${i + 1}/${inputs.length} ${input}` : input);
      try {
        await segmentFile(input, request.plan[i]!, request, runner, context, progress);
        done++;
      } catch (error) {
        if (signal.aborted) break;
        progress.clear();
        failures.push({ input, error });
        await reportFailure(input, error, request, terminal);
        if (error instanceof BackendError && HOPELESS.has(error.code)) break;
      }
    }
  } finally {
    progress.clear();
    await runner.close(0);
  }
  if (signal.aborted) {
    const { message } = signal.reason as Error;
    terminal.writeStderr(`${message}: ${done} of ${inputs.length} files were done\n`);
    return exitCodeOf(signal.reason);
  }
  if (failures.length > 0 && inputs.length > 1) {
    terminal.writeStderr(closingList(failures, done, inputs.length));
  }
  return failures.length === 0 ? EXIT_OK : exitCodeOfAll(failures.map(({ error }) => error));
}

async function segmentFile(
  input: string,
  destinations: readonly Destination[],
  { json, quiet, settings, maxPixels }: SegmentRequest,
  runner: SegmentRunner,
  { terminal, signal }: SegmentContext,
  progress: ProgressLine,
): Promise<void> {
  const bytes = input === "-" ? await terminal.readStdin() : await readInput(input);
  const formats = new Set<FormatName>(destinations.map(({ format }) => format));
  if (json) formats.add("regions.json");
  const result = await runner.run("segment", {
    bytes,
    settings,
    maxPixels,
    formats: [...formats],
    record: false,
  }, {
    signal,
    onReport: progress.update,
    transfer: [bytes.buffer],
  });
  for (const { format, path } of destinations) {
    signal.throwIfAborted();
    if (path === "-") await terminal.writeStdout(result.files[format]!);
    else await writeWhole(path, result.files[format]!, signal);
  }
  progress.clear();
  if (json) {
    const files = Object.fromEntries(destinations.map(({ format, path }) => [format, path]));
    await terminal.writeStdout(`${JSON.stringify({ file: input, ...summarize(result), files })}\n`);
  } else if (!quiet && destinations.every(({ path }) => path !== "-")) {
    await terminal.writeStdout(describe(input, result, destinations, settings));
  }
}

/** What `--json` prints of a result: everything that is not a map of pixels. */
function summarize({ files, timings }: SegmentJobResult) {
  const text = new TextDecoder().decode(files["regions.json"]);
  const { labelRuns: _, regions, losses, ...rest } = JSON.parse(text) as RegionsJson;
  const milliseconds = Object.fromEntries(
    Object.entries(timings).map(([stage, time]) => [stage, Math.round(time)]),
  );
  return { ...rest, regionCount: regions.length, timings: milliseconds, losses, regions };
}

function describe(
  input: string,
  result: SegmentJobResult,
  destinations: readonly Destination[],
  { method, regions: wanted }: ResolvedSettings,
): string {
  const { width, height, regions, timings, backend } = result;
  const seconds = ((timings["total"] ?? 0) / 1000).toFixed(1);
  const count = regions === 1 ? "1 region" : `${regions} regions`;
  const paths = destinations.map(({ path }) => `  ${path}\n`).join("");
  const few = method === "dsc" && !(wanted > 0) && regions < 3;
  const hint = few ? "  to see finer ones: --regions 12\n" : "";
  return `${input}: ${count} in ${width} x ${height} pixels, ${seconds} s on ${backend}\n${paths}${hint}`;
}

async function reportFailure(input: string, error: unknown, { json }: SegmentRequest, terminal: Terminal) {
  const message = messageOf(error);
  if (json) {
    const code = (error as { code?: string }).code ?? "failed";
    await terminal.writeStdout(`${JSON.stringify({ file: input, error: { code, message } })}\n`);
  }
  const hint = wayOut(error);
  terminal.writeStderr(`${input}: ${message}\n${hint === undefined ? "" : `  ${hint}\n`}`);
}

function wayOut(error: unknown): string | undefined {
  if (error instanceof LimitError && error.code === "too_many_pixels") {
    return `To allow it: --max-pixels ${error.actual}`;
  }
  if (error instanceof BackendError && HOPELESS.has(error.code)) return "To go without: --backend wasm";
  return undefined;
}

function closingList(failures: readonly Failure[], done: number, total: number): string {
  const untried = total - done - failures.length;
  const head = `\n${failures.length} of ${total} files failed${
    untried > 0 ? `, ${untried} not tried` : ""
  }:\n`;
  return head + failures.map(({ input, error }) => `  ${input}: ${messageOf(error)}\n`).join("");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
