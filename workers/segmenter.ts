/**
 * The one way to have images segmented from outside the library: the command line, HTTP and benchmarks all start here.
 */
import { fileURLToPath } from "node:url";
import { InlineRunner } from "./inline.ts";
import { WorkerPool } from "./pool.ts";
import type { Runner } from "./runner.ts";
import type { SegmentProtocol, SegmentReport } from "./segment_protocol.ts";

/** Runs segmenting jobs. */
export type SegmentRunner = Runner<SegmentProtocol, SegmentReport>;

/** Options of {@linkcode createSegmentRunner}. */
export interface SegmentRunnerOptions {
  /** Images segmented at once, one isolate each; 0 computes in this isolate. @default one for each core */
  readonly size?: number;
  /** Jobs that may wait. @default 4 for each isolate */
  readonly waitingLimit?: number;
  /** Longest time for one image, in milliseconds. @default 60_000 */
  readonly deadlineMs?: number;
  /** Jobs after which an isolate is replaced. @default 200 */
  readonly recycleAfter?: number;
}

const MODULE = new URL("./segment_worker.ts", import.meta.url);
const LIBRARY = new URL("../lib/segment.ts", import.meta.url);

/**
 * A pool of segmenting isolates or, where there can be none, a runner in this isolate, one job at a time. Nothing is
 * loaded before the first job.
 */
export function createSegmentRunner(options: SegmentRunnerOptions = {}): SegmentRunner {
  if (options.size !== 0 && canStartWorkers()) return new WorkerPool({ ...options, module: MODULE });
  const { size: _, recycleAfter: __, ...inline } = options;
  return new InlineRunner(async () => (await import("./segment_handlers.ts")).segmentHandlers, inline);
}

/** Some hosts have no Web Workers, and Deno's need leave to read their modules (`deno serve main.ts` gives none). */
function canStartWorkers(): boolean {
  if (typeof Worker !== "function") return false;
  if (MODULE.protocol !== "file:") return true;
  return [MODULE, LIBRARY].every((url) =>
    Deno.permissions.querySync({ name: "read", path: fileURLToPath(url) }).state === "granted"
  );
}

/** Loads and compiles everything in every isolate before the first image comes. */
export async function warmUp(runner: SegmentRunner): Promise<void> {
  const { size } = runner.stats();
  await Promise.all(Array.from({ length: size }, () => runner.run("warm-up", null)));
}
