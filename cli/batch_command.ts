/**
 * `batch <folder | glob | list>...`: thousands of pictures through the queue. Every picture is a job named by its content,
 * so a batch that was stopped goes on where it was, and other machines can take part.
 */
import { setTimeout as pause } from "node:timers/promises";
import { contentId } from "../lib/content_id.ts";
import type { FormatName } from "../lib/formats/table.ts";
import type { ResolvedSettings } from "../lib/options.ts";
import type { JobStatus } from "../workers/queue/job.ts";
import type { JobQueue } from "../workers/queue/job_queue.ts";
import { estimateWork } from "../workers/queue/policy.ts";
import type { SegmentRunner } from "../workers/segmenter.ts";
import { type BatchFile, findBatchFiles } from "./batch_files.ts";
import { createBatchProgress } from "./batch_progress.ts";
import { EXIT_FAILED, EXIT_OK, exitCodeOf } from "./exit_code.ts";
import { type Flag, OPTION_FLAGS, readFlags } from "./flags.ts";
import { readInput } from "./input.ts";
import { writeWhole } from "./output.ts";
import { checkFormats, readFormats, readMaxPixels, readSettings, SEGMENT_FLAGS } from "./segment_request.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

/** Flags of `batch` that are not options of the method. */
export const BATCH_FLAGS: readonly Flag[] = [
  {
    name: "output",
    short: "o",
    value: "FOLDER",
    description:
      "One folder for all results, with the folders of the pictures in it. Default: beside each picture.",
  },
  ...SEGMENT_FLAGS.filter(({ name }) => ["format", "quiet", "max-pixels"].includes(name)),
  {
    name: "jobs",
    short: "j",
    value: "N",
    description: "Pictures computed at once by this process. Default: one a core; with DATABASE_URL none.",
  },
  {
    name: "data",
    value: "FOLDER",
    description:
      "Folder of the queue where there is no DATABASE_URL. Default: DSC_DATA, else data in the project.",
  },
];

/** The queue of a batch, and whoever computes for it here. */
export interface BatchQueue {
  readonly queue: JobQueue;
  /** Hands back what is not done, and leaves the queue. */
  close(): Promise<void>;
}

/** What the command works with. */
export interface BatchContext {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Encodes results; so many may wait for it. */
  readonly openRunner: (options: { waitingLimit: number }) => SegmentRunner;
  /** Opens the queue; computes so many jobs at once for it, by default as many as are right. */
  readonly openQueue: (
    options: { jobs: number | undefined; data: string | undefined },
  ) => Promise<BatchQueue>;
}

interface BatchRequest {
  readonly settings: ResolvedSettings;
  readonly maxPixels: number;
  readonly formats: readonly FormatName[];
}

interface Failure {
  readonly path: string;
  readonly reason: string;
}

/** So many pictures are between being read and being written: enough to keep a rack of workers busy. */
const IN_FLIGHT = 64;
/** A picture is tried again so often, with so long a pause, while the queue's database does not answer. */
const OUTAGE_TRIES = 60, OUTAGE_PAUSE_MS = 1000;
/** A picture whose result is gone when it is to be written is computed so often. */
const RECORD_TRIES = 3;
/** Whoever waits for an answer of the service goes before a batch. */
const PRIORITY = -1;

/**
 * Runs the command.
 *
 * @param args What follows its name.
 * @returns The exit code.
 * @throws {UsageError} The arguments are not understood; nothing was done then.
 * @throws {QueueError} The queue cannot be opened.
 */
export async function batchCommand(args: readonly string[], context: BatchContext): Promise<number> {
  const { terminal, signal } = context;
  const { values, positionals: inputs } = readFlags(args, [...BATCH_FLAGS, ...OPTION_FLAGS]);
  if (inputs.length === 0) throw new UsageError("batch needs a folder", "For example: batch photos -o out");
  const settings = readSettings(values), chosen = readFormats(values);
  const formats: readonly FormatName[] = chosen.length > 0 ? chosen : ["labels.png", "overlay.png"];
  checkFormats(formats, settings);
  const request = { settings, formats, maxPixels: readMaxPixels(values) };
  const jobs = readJobs(values.get("jobs")?.[0]);
  const files = await findBatchFiles({ inputs, output: values.get("output")?.[0], formats });

  // an embedded database takes seconds to make, and nothing else shows that work has begun
  if (terminal.stderrIsTerminal && !values.has("quiet")) terminal.writeStderr("Opening the queue...\n");
  const { queue, close } = await context.openQueue({ jobs, data: values.get("data")?.[0] });
  const progress = createBatchProgress(terminal, files.length, values.has("quiet"));
  // every picture in flight may be at its encoding at once, where all results are known already
  const runner = context.openRunner({ waitingLimit: IN_FLIGHT });
  const failures: Failure[] = [];
  const users = new Map<string, number>();
  try {
    const next = files[Symbol.iterator]();
    const lane = async () => {
      for (const file of next) {
        if (signal.aborted) return;
        try {
          const process = () => processFile(file, request, { queue, runner, users }, signal);
          progress.count(await patiently(process, signal));
        } catch (error) {
          if (signal.aborted) return;
          failures.push({ path: file.path, reason: error instanceof Error ? error.message : String(error) });
          progress.count("failed");
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, files.length) }, lane));
  } finally {
    await runner.close(0);
    await close();
    progress.end();
  }
  if (signal.aborted) {
    terminal.writeStderr("Interrupted; the same command goes on from here\n");
    return exitCodeOf(signal.reason);
  }
  if (failures.length === 0) return EXIT_OK;
  terminal.writeStderr(`\n${failures.length} of ${files.length} pictures failed:\n`);
  failures.sort((a, b) => a.path < b.path ? -1 : 1);
  for (const { path, reason } of failures) terminal.writeStderr(`  ${path}: ${reason}\n`);
  return EXIT_FAILED;
}

/** A database that restarts must not cost the pictures of a whole night: an outage of a minute is waited for. */
async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: string }).code !== "jobs_unavailable" || tries === OUTAGE_TRIES) throw error;
      await pause(OUTAGE_PAUSE_MS, undefined, { signal });
    }
  }
}

interface BatchTools {
  readonly queue: JobQueue;
  readonly runner: SegmentRunner;
  /** How many pictures at work have this id: copies of one file share a job. */
  readonly users: Map<string, number>;
}

/** Sees one picture through, from the file to its results. */
async function processFile(
  file: BatchFile,
  request: BatchRequest,
  tools: BatchTools,
  signal: AbortSignal,
): Promise<"done" | "done before"> {
  const bytes = await readInput(file.path);
  const id = await contentId(bytes, request.settings);
  const { queue, users } = tools;
  const known = await queue.status(id);
  users.set(id, (users.get(id) ?? 0) + 1);
  let written = false; // what was not still has its record, if it is tried again
  try {
    const outcome = await obtainResults(file, request, tools, { id, bytes, known }, signal);
    written = true;
    return outcome;
  } finally {
    const others = users.get(id)! - 1;
    users.set(id, others);
    if (others === 0) users.delete(id);
    // thousands of records would fill the disk, so those go that nobody else wants; that the work was done stays known
    if (others === 0 && !known && written) await queue.dropUnshared(id).catch(() => {});
  }
}

async function obtainResults(
  { destinations }: BatchFile,
  { settings, maxPixels, formats }: BatchRequest,
  { queue, runner }: BatchTools,
  { id, bytes, known }: { id: string; bytes: Uint8Array<ArrayBuffer>; known: JobStatus | undefined },
  signal: AbortSignal,
): Promise<"done" | "done before"> {
  if (known?.state === "succeeded" && await allExist(destinations.map(({ path }) => path))) {
    return "done before";
  }
  const { seconds } = estimateWork(bytes, settings);
  const job = { id, bytes, settings, maxPixels, seconds, priority: PRIORITY, transient: true };
  let record: Uint8Array<ArrayBuffer> | undefined;
  for (let tries = 0; !record; tries++) {
    // another batch with the same picture can drop a record at the very moment in which this one finds it
    if (tries === RECORD_TRIES) throw new Error("its result has expired before it was written");
    await submitPatiently(queue, job, signal);
    const status = await queue.finished(id, Infinity, signal);
    signal.throwIfAborted();
    if (status?.state !== "succeeded") {
      throw new Error(status?.error?.message ?? `its job was ${status?.state ?? "lost"}`);
    }
    record = await queue.record(id);
  }
  const { files } = await runner.run("encode", { record, formats }, { signal });
  for (const { format, path } of destinations) await writeWhole(path, files[format]!, signal);
  return "done";
}

async function submitPatiently(
  queue: JobQueue,
  job: Parameters<JobQueue["submit"]>[0],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await queue.submit(job);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== "jobs_full") throw error;
      await queue.changed(job.id, 2000, signal);
    }
  }
}

async function allExist(paths: readonly string[]): Promise<boolean> {
  const stats = await Promise.all(paths.map((path) => Deno.stat(path).catch(() => undefined)));
  return stats.every((stat) => stat?.isFile);
}

function readJobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const jobs = Number(text);
  if (/^\d+$/.test(text) && jobs <= 256) return jobs;
  throw new UsageError(`--jobs: want a whole number from 0 to 256, got ${JSON.stringify(text)}`);
}
