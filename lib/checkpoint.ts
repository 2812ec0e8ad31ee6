/**
 * Long work that stays stoppable: between steps it lets the event loop run, so that timers, messages and an AbortSignal
 * get their turn, and stops when told to.
 */

/** How long work may hold the event loop, in milliseconds: short enough for a cancel button, long enough to cost nothing. */
const HOLD = 40;

/**
 * Makes a checkpoint to await between steps of long work.
 *
 * @param signal Stops the work: the checkpoint then throws the signal's reason.
 * @returns A function to await; almost always it returns at once.
 *
 * @example
 * ```ts
 * import { createCheckpoint } from "./checkpoint.ts";
 * import assert from "node:assert/strict";
 *
 * const checkpoint = createCheckpoint(AbortSignal.abort(new Error("stop")));
 * await assert.rejects(checkpoint(), /stop/);
 * ```
 */
export function createCheckpoint(signal?: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - last < HOLD) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
    signal?.throwIfAborted();
  };
}
