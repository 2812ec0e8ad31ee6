// deno-lint-ignore-file no-console -- a bench prints what it measures
/**
 * How much slower the first job of a compute process is than its third, cold and after a warm-up, each time in a fresh
 * process. Ratios within one process say something even on a machine that has more to do.
 *
 *     deno run --lock=dev.lock -A bench/first_job.ts [--rounds 3]
 */
import { parseArgs } from "node:util";
import { encodePng } from "../lib/image/png.ts";
import type { SegmentSettings } from "../lib/options.ts";
import { createRandom } from "../lib/random.ts";
import { parseSettings } from "../lib/settings.ts";
import { createComputer } from "../workers/queue/computer.ts";
import { warmUpComputer } from "../workers/queue/warm_up.ts";

const WIDTH = 240, HEIGHT = 160;
const KINDS: Readonly<Record<string, SegmentSettings>> = {
  "default": {},
  "training, 4 steps": { train: 4 },
  "full reach, 6 iterations": { method: "flat-dsc", reach: "full", iterations: 6, superpixels: 200 },
};

/** A disc on waves, with noise. */
function picture(seed: number): Uint8Array<ArrayBuffer> {
  const random = createRandom(seed);
  const data = new Uint8Array(WIDTH * HEIGHT * 3).map((_, i) => {
    const p = Math.floor(i / 3), x = p % WIDTH, y = Math.floor(p / WIDTH);
    return (Math.hypot(x - 120, y - 80) < 50 ? 180 : 60) + 30 * Math.sin(x / 9) + 20 * random();
  });
  return encodePng({ width: WIDTH, height: HEIGHT, data });
}

/** Milliseconds of three jobs in a fresh process, and of what came before them. */
async function measure(options: SegmentSettings, warm: boolean): Promise<{ jobs: number[]; warmUp: number }> {
  const computer = createComputer(), { signal } = new AbortController(), jobs: number[] = [];
  const beganAt = performance.now();
  if (warm) await warmUpComputer(computer, { allowFallbackAdapter: false, signal });
  const warmUp = performance.now() - beganAt;
  for (const seed of [1, 2, 3]) {
    const job = { settings: parseSettings({ ...options, seed }), maxPixels: 1e6 };
    const startedAt = performance.now();
    await computer.compute(job, picture(seed), { signal, deadlineMs: 600_000, onReport: () => {} });
    jobs.push(performance.now() - startedAt);
  }
  await computer.close();
  return { jobs, warmUp };
}

const { values } = parseArgs({ options: { rounds: { type: "string" } } });
for (const [name, options] of Object.entries(KINDS)) {
  for (let round = 0; round < Number(values.rounds ?? 3); round++) {
    for (const warm of [false, true]) {
      const { jobs, warmUp } = await measure(options, warm);
      const [first, , third] = jobs as [number, number, number];
      const before = warm ? `after a warm-up of ${warmUp.toFixed(0)} ms` : "cold";
      const all = jobs.map((ms) => ms.toFixed(0)).join(", ");
      console.log(`${name}, ${before}: ${all} ms, first / third ${(first / third).toFixed(2)}`);
    }
  }
}
