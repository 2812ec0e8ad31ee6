/**
 * A job on a backend, with tfjs at hand: for callers who make tensors of their own.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { BackendChoice } from "../options.ts";
import { type JobOptions, runOnBackend } from "./job.ts";
import type { BackendInfo } from "./use_backend.ts";

/**
 * Runs a job on a backend, after all jobs that were given before it. A job must not call this itself: it would wait for
 * its own end.
 *
 * @param choice Where tensors live.
 * @param job Given tfjs-core and what is in use; may be asynchronous.
 * @param options See {@linkcode JobOptions}.
 * @returns What the job returns.
 * @throws {BackendError} If the backend cannot start, is lost during the job, or runs out of memory; after the latter the
 *   isolate is unusable, and every later job rejects.
 */
export function withBackend<T>(
  choice: BackendChoice,
  job: (engine: typeof tf, info: BackendInfo) => T | Promise<T>,
  options: JobOptions = {},
): Promise<T> {
  return runOnBackend(choice, (info) => job(tf, info), options);
}
