/**
 * A job as a row of stages: times each, turns each one's progress into progress of the whole, and stops between them.
 */
import { createCheckpoint } from "./checkpoint.ts";
import type { OnProgress, Progress, Stage } from "./progress.ts";

/** What a stage says of itself while it runs: iterations, or just the part of it that is done, 0 to 1. */
export type StageProgress = Omit<Progress, "stage" | "fraction"> & { readonly part?: number };

/** Runs stages one after another; see {@linkcode createStages}. */
export interface Stages {
  /** Runs one stage; its function may report iterations. A stage may run more than once, its times add up. */
  run<T>(stage: Stage, work: (report: (progress: StageProgress) => void) => T | Promise<T>): Promise<T>;
  /** Milliseconds by stage, and their `total`. */
  timings(): Record<string, number>;
}

/**
 * Plans a job.
 *
 * @param plan Expected share of the time of each stage; only ratios matter.
 * @param onProgress Receives progress of the whole job; its fraction never falls and ends at 1.
 * @param signal Stops the job at the next stage or checkpoint.
 * @returns A runner of stages.
 */
export function createStages(
  plan: Readonly<Partial<Record<Stage, number>>>,
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Stages {
  const total = Object.values(plan).reduce((sum, share) => sum + share, 0) || 1;
  const checkpoint = createCheckpoint(signal);
  const times: Partial<Record<Stage, number>> = {};
  let done = 0;
  return {
    async run(stage, work) {
      await checkpoint();
      const share = (plan[stage] ?? 0) / total;
      const start = performance.now();
      onProgress?.({ stage, fraction: done });
      const result = await work(({ part: given, ...progress }) => {
        const part = given ?? (progress.iteration ?? 0) / (progress.iterations ?? 1);
        onProgress?.({ stage, fraction: done + share * Math.min(1, part), ...progress });
      });
      times[stage] = (times[stage] ?? 0) + performance.now() - start;
      // a sum of shares ends at 1 but for rounding
      done = done + share > 1 - 1e-9 ? 1 : done + share;
      onProgress?.({ stage, fraction: done });
      return result;
    },
    timings() {
      const sum = Object.values(times).reduce((a, b) => a + b, 0);
      return { ...times, total: sum };
    },
  };
}
