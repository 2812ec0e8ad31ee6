/**
 * The SIMD kernels of the hierarchy: compiled once, a fresh instance for each use.
 */
import { decodeBase64 } from "../../base64.ts";
import { instantiate } from "../../wasm_memory.ts";
import { KERNELS } from "./kernels_wasm.ts";

/** The module's functions; see assembly/ for what each does. Pointers are bytes into the instance's memory. */
export interface Kernels {
  turn(W: number, H: number, c: number, s: number, margin: number, index: number, spans: number): void;
  rotate(
    words: number,
    W: number,
    H: number,
    c: number,
    s: number,
    margin: number,
    index: number,
    spans: number,
    outside: number,
    canvas: number,
  ): void;
  slide(
    canvas: number,
    W: number,
    H: number,
    c: number,
    s: number,
    margin: number,
    spans: number,
    radius: number,
    rows: number,
    outside: number,
    bins: number,
    weight: number,
    columns: number,
    sums: number,
  ): void;
  unrotate(
    sums: number,
    W: number,
    H: number,
    c: number,
    s: number,
    margin: number,
    out: number,
    OW: number,
    OH: number,
    shift: number,
  ): void;
  filterRows(
    even: number,
    odd: number,
    count: number,
    taps: number,
    size: number,
    out: number,
    plane: number,
  ): void;
  filterColumns(
    rows: number,
    count: number,
    taps: number,
    size: number,
    plane: number,
    out: number,
    line: number,
  ): void;
  nearestWords(
    vectors: number,
    count: number,
    D: number,
    words: number,
    half: number,
    K: number,
    work: number,
    out: number,
  ): void;
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
