/**
 * The one way to have images segmented from outside the library: the command line, HTTP and benchmarks all start here.
 */
import { InlineRunner } from "./inline.ts";
import { WorkerPool } from "./pool.ts";
import type { Runner } from "./runner.ts";
import type { SegmentProtocol, SegmentReport } from "./segment_protocol.ts";

/** Runs segmenting jobs. */
export type SegmentRunner = Runner<SegmentProtocol, SegmentReport>;

/** Options of {@linkcode createSegmentRunner}. */
export interface SegmentRunnerOptions {
  /** Images segmented at once, one isolate each. @default one for each core */
  readonly size?: number;
  /** Jobs that may wait. @default 4 for each isolate */
  readonly waitingLimit?: number;
  /** Longest time for one image, in milliseconds. @default 60_000 */
  readonly deadlineMs?: number;
  /** Jobs after which an isolate is replaced. @default 200 */
  readonly recycleAfter?: number;
}

/**
 * A pool of segmenting isolates or, on hosts without Web Workers, a runner in this isolate, one job at a time. Nothing
 * is loaded before the first job.
 */
export function createSegmentRunner(options: SegmentRunnerOptions = {}): SegmentRunner {
  if (typeof Worker === "function") {
    return new WorkerPool({ ...options, module: new URL("./segment_worker.ts", import.meta.url) });
  }
  const { size: _, recycleAfter: __, ...inline } = options;
  return new InlineRunner(async () => (await import("./segment_handlers.ts")).segmentHandlers, inline);
}

/** Loads and compiles everything in every isolate before the first image comes. */
export async function warmUp(runner: SegmentRunner): Promise<void> {
  const { size } = runner.stats();
  await Promise.all(Array.from({ length: size }, () => runner.run("warm-up", null)));
}
