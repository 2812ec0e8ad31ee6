/** The SIMD kernels of superpixels: compiled once, a fresh instance for each use. */
import { decodeBase64 } from "../../base64.ts";
import { instantiate } from "../../wasm_memory.ts";
import { KERNELS } from "./kernels_wasm.ts";

/** The module's functions; see assembly/ for what each does. Pointers are bytes into the instance's memory. */
export interface Kernels {
  assign(
    la: number,
    b: number,
    distance: number,
    labels: number,
    width: number,
    x0: number,
    columns: number,
    y0: number,
    y1: number,
    stride: number,
    centerLa: number,
    centerB: number,
    label: number,
    across: number,
    along: number,
  ): void;
  climb(
    points: number,
    plane: number,
    count: number,
    start: number,
    columns: number,
    rows: number,
    cell: number,
    spatialRadius: number,
    rangeRadius: number,
    basin: number,
    maxSteps: number,
    ofPoint: number,
    modes: number,
    path: number,
    sums: number,
  ): number;
  smooth(
    plane: number,
    width: number,
    height: number,
    taps: number,
    radius: number,
    line: number,
    out: number,
  ): void;
  weigh(
    planes: number,
    size: number,
    width: number,
    height: number,
    pair: number,
    factor: number,
    weights: number,
  ): void;
  sortEdges(weights: number, width: number, height: number, start: number, order: number): number;
  joinEdges(
    order: number,
    edges: number,
    weights: number,
    width: number,
    height: number,
    bonus: number,
    parent: number,
    size: number,
    threshold: number,
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
