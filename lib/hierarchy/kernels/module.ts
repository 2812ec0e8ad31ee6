/**
 * The SIMD kernels of the hierarchy: compiled once, a fresh instance with its own memory for each use, so that a large
 * image's memory is freed with the work it was for.
 */
import { decodeBase64 } from "../../base64.ts";
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

const PAGE = 65536;
/** Below lies nothing of the host's. */
const FIRST = 1024;

let compiled: WebAssembly.Module | undefined;

/**
 * A fresh instance.
 *
 * @param bytes Memory it is to have; the host lays it out.
 * @returns Its functions and its memory, all zeros.
 */
export function loadKernels(bytes: number): { exports: Kernels; memory: WebAssembly.Memory } {
  compiled ??= new WebAssembly.Module(decodeBase64(KERNELS));
  const { exports } = new WebAssembly.Instance(compiled);
  const memory = exports.memory as WebAssembly.Memory;
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return { exports: exports as unknown as Kernels, memory };
}

/** Hands out addresses one after another; see {@linkcode createLayout}. */
export interface Layout {
  /** The address of `bytes` bytes, on a border of 16. */
  take(bytes: number): number;
  /** Bytes that an instance needs for all that was taken. */
  bytes(): number;
}

/** An empty layout of an instance's memory. */
export function createLayout(): Layout {
  let end = FIRST;
  return {
    take(bytes) {
      const at = end;
      end += (bytes + 15) & ~15;
      return at;
    },
    bytes: () => end,
  };
}
