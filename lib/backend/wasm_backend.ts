/**
 * The wasm backend: tfjs's own module (XNNPACK) with the library's kernels on the same heap.
 */
import "@tensorflow/tfjs-backend-wasm/package.json" with { type: "json" }; // puts the package's files into the module graph
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { installKernels } from "./kernels/install.ts";
import { bestSimd } from "./kernels/module.ts";
import { loadWasmBytes } from "../wasm_bytes.ts";
import { BackendError } from "../errors.ts";
import { setBackendOrThrow } from "./set_backend.ts";
import type { BackendInfo, BackendOptions } from "./use_backend.ts";

let started = false;

/** Starts the backend, or changes the build of its kernels. */
export async function start(options: BackendOptions): Promise<BackendInfo> {
  const { simd = bestSimd() } = options;
  if (started) await setBackendOrThrow("wasm");
  else await startFirst();
  started = true;
  return { name: "wasm", simd, kernels: installKernels(simd), maxTensorBytes: MAX_TENSOR_BYTES };
}

/** Offsets within a tensor are signed 32-bit numbers in tfjs's own kernels. */
const MAX_TENSOR_BYTES = 2 ** 31 - 1;

/** Hands tfjs its module's bytes as a blob URL: fetching one needs no permission, reading the package's folder does. */
async function startFirst(): Promise<void> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await loadWasmBytes("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
  } catch (cause) {
    throw new BackendError("backend_unavailable", "Cannot start backend wasm: its module was not found", {
      cause,
    });
  }
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/wasm" }));
  try {
    setWasmPaths({
      "tfjs-backend-wasm.wasm": url,
      "tfjs-backend-wasm-simd.wasm": url,
      "tfjs-backend-wasm-threaded-simd.wasm": url,
    }, true);
    await setBackendOrThrow("wasm");
  } finally {
    URL.revokeObjectURL(url);
  }
}
