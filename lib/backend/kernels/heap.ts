/**
 * tfjs's wasm heap as the kernels see it: tensors are byte offsets, outputs are made by tfjs, and scratch memory is one
 * block that grows. Kernels run to their end before the next one starts, so that one block serves them all.
 */
import type * as tf from "@tensorflow/tfjs-core";
import { BackendError } from "../../errors.ts";
import type { KernelExports } from "./module.ts";

/** What of tfjs 4.22's `BackendWasm` is used here. */
export interface WasmBackend {
  readonly wasm: {
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    /** The emscripten module's exports. */
    readonly asm: { readonly memory: WebAssembly.Memory; malloc(bytes: number): number };
  };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: "float32" | "int32"): tf.TensorInfo;
  incRef(dataId: object): void;
}

/** The heap of one backend. */
export interface Heap {
  /** The SIMD module on this heap. */
  kernels: KernelExports;
  /** Where a tensor lies. */
  at(tensor: tf.TensorInfo): number;
  /** A new float32 tensor; its memory is dirty. */
  make(shape: number[]): tf.TensorInfo;
  /** Scratch blocks of so many floats each, valid until the next call; their memory is dirty. */
  scratch(...lengths: number[]): number[];
  /** A view of floats, valid until the next allocation: the heap moves when it grows. */
  floats(pointer: number, length: number): Float32Array;
  /** A view of whole numbers, likewise. */
  integers(pointer: number, length: number): Int32Array;
}

/** The linear memory that tfjs and the kernels share. */
export function memoryOf(backend: WasmBackend): WebAssembly.Memory {
  return backend.wasm.asm.memory;
}

/** Opens a backend's heap. */
export function openHeap(backend: WasmBackend, kernels: KernelExports): Heap {
  const memory = memoryOf(backend);
  let block = 0, blockBytes = 0;
  return {
    kernels,
    at: ({ dataId }) => backend.dataIdMap.get(dataId).memoryOffset,
    make: (shape) => backend.makeOutput(shape, "float32"),
    scratch(...lengths) {
      // each block on its own cache line
      const bytes = lengths.map((length) => (length * 4 + 63) & ~63);
      const total = bytes.reduce((sum, n) => sum + n, 64);
      if (total > blockBytes) {
        if (block !== 0) backend.wasm._free(block);
        blockBytes = total;
        block = backend.wasm._malloc(total) >>> 0;
      }
      let next = Math.ceil(block / 64) * 64;
      return bytes.map((n) => {
        const pointer = next;
        next += n;
        return pointer;
      });
    },
    floats: (pointer, length) => new Float32Array(memory.buffer, pointer, length),
    integers: (pointer, length) => new Int32Array(memory.buffer, pointer, length),
  };
}

/**
 * Makes a full heap an error. emscripten's malloc answers 0, and tfjs then writes the tensor to address 0: the damage
 * shows much later, if at all.
 */
export function refuseNullPointers({ wasm }: WasmBackend): void {
  // not wasm._malloc, a stub that puts the real function in its own place, and so over ours, when it is first called
  const { malloc } = wasm.asm;
  wasm._malloc = (bytes) => {
    const pointer = malloc(bytes);
    if (pointer === 0 && bytes > 0) {
      throw new BackendError(
        "backend_out_of_memory",
        `Cannot allocate ${bytes} bytes: the wasm heap is full`,
      );
    }
    return pointer;
  };
}
