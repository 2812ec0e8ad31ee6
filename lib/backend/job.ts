/**
 * One tensor job at a time. tfjs keeps its scopes, its gradient tape and its backend in globals of the isolate, and two
 * interleaved asynchronous jobs corrupt them: so jobs queue.
 */
import * as tf from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.ts";
import type { BackendChoice } from "../options.ts";
import {
  type BackendInfo,
  type BackendOptions,
  deviceFailure,
  poisonIsolate,
  useBackend,
} from "./use_backend.ts";

/** Options of {@linkcode withBackend}. */
export interface JobOptions extends BackendOptions {
  /** Told how many tensors a job left behind. @default throws an Error: a leak is a bug of the job */
  onLeak?: (tensors: number) => void;
}

/** The end of the last queued job; never rejects. */
let tail: Promise<unknown> = Promise.resolve();

/**
 * Runs a job on a backend, after all jobs that were given before it, as `withBackend` does, but without handing tfjs over:
 * a bundle then holds only what of tfjs the library itself uses, a third less.
 *
 * @param choice Where tensors live.
 * @param job Given what is in use; may be asynchronous.
 * @param options See {@linkcode JobOptions}.
 * @returns What the job returns.
 * @throws {BackendError} As `withBackend`.
 */
export function runOnBackend<T>(
  choice: BackendChoice,
  job: (info: BackendInfo) => T | Promise<T>,
  options: JobOptions = {},
): Promise<T> {
  const result = tail.then(() => runJob(choice, job, options));
  tail = result.catch(() => {});
  return result;
}

async function runJob<T>(
  choice: BackendChoice,
  job: (info: BackendInfo) => T | Promise<T>,
  options: JobOptions,
): Promise<T> {
  const { onLeak = throwLeak } = options;
  const info = await useBackend(choice, options);
  const before = tf.memory().numTensors;
  let result: T;
  try {
    result = await job(info);
  } catch (error) {
    // a lost GPU rejects reads first and says that it is lost later
    if (info.name === "webgpu") await new Promise((done) => setTimeout(done, 0));
    throw translate(error, info);
  }
  const lost = deviceFailure();
  if (lost) throw lost;
  const left = tf.memory().numTensors - before;
  if (left > 0) onLeak(left);
  return result;
}

function throwLeak(tensors: number): never {
  throw new Error(
    `Cannot end job: it left ${tensors} tensors, want 0; dispose them or make them inside tf.tidy`,
  );
}

/** tfjs's own error, or ours where it stands for one that a caller can act on. */
function translate(error: unknown, info: BackendInfo): unknown {
  const lost = deviceFailure();
  if (lost) return lost;
  if (error instanceof BackendError) {
    if (error.code === "backend_out_of_memory") poisonIsolate(error);
    return error;
  }
  if (info.name === "wasm" && isOutOfMemory(error)) {
    const failure = new BackendError(
      "backend_out_of_memory",
      "Cannot finish job: the wasm module trapped, most likely on a full heap",
      {
        cause: error,
      },
    );
    poisonIsolate(failure);
    return failure;
  }
  return error;
}

/** A full heap shows as a trap, or as emscripten's abort; both leave the module in an unknown state. */
function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error instanceof WebAssembly.RuntimeError &&
    /out of bounds|unreachable|Aborted/.test(error.message)) ||
    /OOM|out of memory|Array buffer allocation failed/i.test(error.message);
}
