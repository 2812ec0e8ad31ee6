/**
 * The webgpu backend. "Available" does not mean a GPU: software adapters answer too and are about 50 times slower than
 * wasm, so they are refused unless asked for. A GPU can also be lost, or fail without an error (shaders, buffers over the
 * limit), in the middle of a job: both are recorded here, and fail the job.
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import { BackendError } from "../errors.ts";
import { setBackendOrThrow } from "./set_backend.ts";
import type { BackendInfo, BackendOptions } from "./use_backend.ts";
import { installWebgpuKernels } from "./webgpu_kernels.ts";

/** The first thing that went wrong on the device. */
let firstFailure: BackendError | undefined;
let watched: GPUDevice | undefined;
let kernels: readonly string[] | undefined;

/** What went wrong on the device so far, if anything. */
export function failure(): BackendError | undefined {
  return firstFailure;
}

/** Starts the backend. */
export async function start(options: BackendOptions): Promise<BackendInfo> {
  const { allowFallbackAdapter = false } = options;
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new BackendError("backend_unavailable", "Cannot start backend webgpu: there is no GPU adapter");
  }
  const { isFallbackAdapter } = adapter.info as GPUAdapterInfo & { isFallbackAdapter?: boolean };
  const name = adapter.info.description || adapter.info.device || adapter.info.vendor || "unknown";
  if (isFallbackAdapter && !allowFallbackAdapter) {
    throw new BackendError(
      "backend_fallback_adapter",
      `Cannot start backend webgpu: adapter "${name}" is software; use wasm, or allow fallback adapters`,
    );
  }
  // small tensors would otherwise be computed on the CPU without a word
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  await setBackendOrThrow("webgpu");
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  watch(device);
  if (firstFailure) throw firstFailure;
  kernels ??= installWebgpuKernels();
  return {
    name: "webgpu",
    adapter: name,
    simd: "none",
    kernels,
    maxTensorBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
  };
}

function watch(device: GPUDevice): void {
  if (watched === device) return;
  watched = device;
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    const { message } = (event as GPUUncapturedErrorEvent).error;
    firstFailure ??= new BackendError("backend_lost", `Cannot finish job: the GPU reported "${message}"`);
  });
  device.lost.then(({ message, reason }) => {
    firstFailure ??= new BackendError(
      "backend_lost",
      `Cannot finish job: the GPU device was lost (${message || reason})`,
    );
  });
}
