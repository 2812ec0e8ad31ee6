/**
 * Whether the service can do what it is for: not that it answers, but that an image comes out segmented. A success of the
 * last half minute is proof enough; otherwise a tiny image is segmented, once for everyone who asks meanwhile.
 */
import type { SegmentRunner } from "../workers/segmenter.ts";
import { HttpProblem } from "./problem.ts";

const PROOF_MS = 30_000;
const PROBE_MS = 20_000;

/** Makes a check that rejects with `not_ready`. */
export function createReadiness(runner: SegmentRunner): () => Promise<{ status: "ready"; backend?: string }> {
  let provenAt = -Infinity;
  let completed = 0;
  let probe: Promise<{ backend: string }> | undefined;
  return async function checkReadiness() {
    const stats = runner.stats();
    if (stats.completed > completed) [completed, provenAt] = [stats.completed, performance.now()];
    if (performance.now() - provenAt < PROOF_MS) return { status: "ready" };
    probe ??= runner.run("warm-up", null, { deadlineMs: PROBE_MS }).finally(() => probe = undefined);
    try {
      const { backend } = await probe;
      provenAt = performance.now();
      return { status: "ready", backend };
    } catch {
      throw new HttpProblem("not_ready", "Cannot take work: segmenting a tiny image failed", {
        "Retry-After": "5",
      });
    }
  };
}
