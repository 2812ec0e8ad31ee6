/**
 * Small WebAssembly modules with a memory of their own: a fresh instance for each use, so that a large image's memory is
 * freed with the work it was for, and addresses in it that the host hands out.
 */

const PAGE = 65536;
/** Below lies nothing of the host's. */
const FIRST = 1024;

/**
 * A fresh instance.
 *
 * @param module Exports `memory` and imports nothing.
 * @param bytes Memory it is to have; the host lays it out.
 * @returns Its functions and its memory, all zeros.
 */
export function instantiate<Functions>(
  module: WebAssembly.Module,
  bytes: number,
): { exports: Functions; memory: WebAssembly.Memory } {
  const { exports } = new WebAssembly.Instance(module);
  const memory = exports.memory as WebAssembly.Memory;
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return { exports: exports as Functions, memory };
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
      end += 16 * Math.ceil(bytes / 16);
      return at;
    },
    bytes: () => end,
  };
}
