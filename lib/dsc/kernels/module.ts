/** The SIMD kernel of the cut: compiled once, a fresh instance for each use. */
import { decodeBase64 } from "../../base64.ts";
import { instantiate } from "../../wasm_memory.ts";
import { KERNELS } from "./kernels_wasm.ts";

/** The module's functions; see assembly/ for what each does. Pointers are bytes into the instance's memory. */
export interface Kernels {
  product(a: number, rows: number, inner: number, b: number, columns: number, out: number): void;
}

let compiled: WebAssembly.Module | undefined;

/**
 * A fresh instance.
 *
 * @param bytes Memory it is to have; the host lays it out.
 * @returns Its functions and its memory, all zeros.
 */
export function loadKernels(bytes: number): { exports: Kernels; memory: WebAssembly.Memory } {
  compiled ??= new WebAssembly.Module(decodeBase64(KERNELS));
  return instantiate<Kernels>(compiled, bytes);
}
