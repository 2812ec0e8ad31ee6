/** The cpu backend: plain JavaScript, slow, needs nothing. Two of its kernels are replaced (see cpu_kernels.ts). */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { installCpuKernels } from "./cpu_kernels.ts";
import { setBackendOrThrow } from "./set_backend.ts";
import type { BackendInfo } from "./use_backend.ts";

/** Starts the backend. */
export async function start(): Promise<BackendInfo> {
  await setBackendOrThrow("cpu");
  // it would advise, on the console, to install tfjs-node
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  return { name: "cpu", simd: "none", kernels: installCpuKernels(), maxTensorBytes: 2 ** 31 - 1 };
}
