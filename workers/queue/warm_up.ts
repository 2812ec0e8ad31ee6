/**
 * Segments a tiny picture twice in whatever computes, so that the first job finds everything loaded and compiled: modules,
 * the wasm kernels, and the pipelines of a GPU where there is a real one.
 */
import { parseSettings } from "../../lib/settings.ts";
import type { Computer } from "./computer.ts";

/** Pixels of a side: with 32, V8 took the first real picture's loops for seldom run ones still. */
const SIDE = 64;
/** Drivers may take their time for their first pipelines; what takes longer than this is no warm-up. */
const DEADLINE_MS = 120_000;

/** The default way, and what heavy jobs are made of: training and gradients through the encoder. */
const KINDS = [
  parseSettings({}),
  parseSettings({
    method: "flat-dsc",
    reach: "full",
    train: 2,
    iterations: 2,
    superpixels: 16,
    partitions: 2,
  }),
];

/** Warms up; rejects as a job would. */
export async function warmUpComputer(
  computer: Computer,
  options: { readonly allowFallbackAdapter: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { encodePng } = await import("../../lib/image/png.ts");
  const { allowFallbackAdapter, signal } = options;
  const data = new Uint8Array(SIDE * SIDE * 3).map((_, i) => i % (3 * SIDE) < 1.5 * SIDE ? 40 : 200);
  for (const settings of KINDS) {
    const bytes = encodePng({ width: SIDE, height: SIDE, data });
    await computer.compute({ settings, maxPixels: SIDE * SIDE, allowFallbackAdapter }, bytes, {
      signal,
      deadlineMs: DEADLINE_MS,
      onReport: () => {},
    });
  }
}
