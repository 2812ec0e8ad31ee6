/**
 * Long plain computations in steps: a generator yields the share that is done, so that the same code runs at once or with
 * breaks in which the event loop turns, progress is reported and a signal stops it.
 */

/** Work that yields how much of it is done, 0 to 1, and returns its result. */
export type Steps<T> = Generator<number, T, void>;

/**
 * All steps at once.
 *
 * @param steps The work.
 * @returns Its result.
 *
 * @example
 * ```ts
 * import { runSteps } from "./steps.ts";
 * import assert from "node:assert/strict";
 *
 * function* sum(numbers: number[]) {
 *   let total = 0;
 *   for (const [i, number] of numbers.entries()) {
 *     total += number;
 *     yield (i + 1) / numbers.length;
 *   }
 *   return total;
 * }
 * assert.equal(runSteps(sum([1, 2, 3])), 6);
 * ```
 */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same with a break after each step.
 *
 * @param steps The work.
 * @param checkpoint Awaited after each step; see `createCheckpoint()`. What it throws ends the work.
 * @param onPart Receives the share that is done.
 * @returns The result.
 */
export async function runStepsWithBreaks<T>(
  steps: Steps<T>,
  checkpoint: () => Promise<void>,
  onPart?: (part: number) => void,
): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    onPart?.(value);
    await checkpoint();
  }
}

/**
 * Steps of a part, as steps of the whole.
 *
 * @param steps The part.
 * @param from Share of the whole that is done before it.
 * @param to And after it.
 * @returns The part's result.
 */
export function* partOf<T>(steps: Steps<T>, from: number, to: number): Steps<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    yield from + (to - from) * value;
  }
}
