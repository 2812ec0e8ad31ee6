/** What a browser must have for the library to run in it. */

/** Whether it has it; if not, why in words. */
export interface Support {
  readonly ok: boolean;
  /** Ends a sentence such as "Your image goes to the server: ". */
  readonly reason?: string;
}

/** A module of one function that returns a vector: valid exactly where WebAssembly SIMD is there. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/**
 * Looks at the browser alone and loads nothing. WebGPU without SIMD would not do: the hierarchy's kernels and the wasm
 * backend want SIMD, and every browser with the one has had the other for years.
 */
export function localSupport(scope: typeof globalThis = globalThis): Support {
  if (typeof scope.Worker !== "function") return { ok: false, reason: "this browser has no Web Workers" };
  if (typeof scope.WebAssembly !== "object") return { ok: false, reason: "this browser has no WebAssembly" };
  if (!scope.WebAssembly.validate(SIMD_PROBE)) {
    return { ok: false, reason: "this browser has no WebAssembly SIMD" };
  }
  return { ok: true };
}
