/** The SIMD module: its exports, and which of its two builds this machine can run. Built from assembly/ by tools/build_kernels.ts. */
import { decodeBase64 } from "../../base64.ts";
import { PLAIN, RELAXED } from "./kernels_wasm.ts";

/** The exports of assembly/index.ts. Numbers are byte offsets, counts or floats; see there. */
export type KernelExports = Record<KernelName, (...values: number[]) => number>;

/** Names of the exports. */
export type KernelName =
  | "adam"
  | "columnSums"
  | "convolve3x3"
  | "filterGradient1x1"
  | "filterGradient3x3"
  | "gather"
  | "inputGradient3x3Stride2"
  | "moments"
  | "multiply"
  | "normGradient"
  | "normGradientSums"
  | "pack"
  | "peak"
  | "pixelShuffle"
  | "scaleShiftRelu"
  | "segmentSum"
  | "upsample"
  | "upsampleGradient"
  | "winograd3x3"
  | "winogradFilter"
  | "winogradFilterGradient"
  | "winogradFilterSums";

/** A module of one function, `i8x16.relaxed_swizzle`: valid exactly where relaxed SIMD is there. */
const RELAXED_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
);

/** The faster of the two builds that this machine can run. */
export function bestSimd(): "relaxed" | "plain" {
  return WebAssembly.validate(RELAXED_PROBE) ? "relaxed" : "plain";
}

/** Instantiates a build on a memory. 11 kB: compiling it at once takes less time than an asynchronous round trip. */
export function instantiateKernels(simd: "relaxed" | "plain", memory: WebAssembly.Memory): KernelExports {
  const bytes = decodeBase64(simd === "relaxed" ? RELAXED : PLAIN);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
    .exports as KernelExports;
}
