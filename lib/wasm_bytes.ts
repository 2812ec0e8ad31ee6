/**
 * How the library gets at the `.wasm` files inside npm packages, with the least that the caller has to allow.
 *
 * Two ways, tried in this order (checked on Deno 2.5 and 2.9):
 *
 * 1. a bytes import, `import("pkg/x.wasm", { with: { type: "bytes" } })`: no permission at all, but it needs
 *    `"unstable": ["raw-imports"]` in the deno.json of whoever runs the script. Without it the import rejects with
 *    `TypeError: "bytes" is not a valid module type`, which is how the flag is detected: by trying, not by version;
 * 2. `fetch` of the file URL that `import.meta.resolve` gives: no flag, but `--allow-read` of the package cache.
 *    This is the way on hosts that run an older Deno without flags, and in other people's scripts.
 *
 * Both must be written at the call site, because an import specifier has to be a literal to be part of the module
 * graph. For the second way the package must be part of it too, else `import.meta.resolve` answers `npm:...`, which
 * nothing can fetch; a JSON import of its `package.json` is enough and needs neither flag nor permission.
 */

/** Where the bytes of one `.wasm` file can come from. */
export interface WasmSource {
  /** The bytes import, written out: `() => import("pkg/x.wasm", { with: { type: "bytes" } })`. */
  readonly importBytes: () => Promise<{ readonly default: Uint8Array<ArrayBuffer> }>;
  /** Where the same file lies, asked only if the import fails: `() => import.meta.resolve("pkg/x.wasm")`. */
  readonly resolveUrl: () => string;
}

/**
 * Loads a `.wasm` file's bytes. Not cached: the caller keeps the compiled module, not the bytes.
 *
 * @param source The two ways to the file.
 * @returns The file's bytes.
 * @throws {Error} Neither way works; the message says what to allow, `cause` is an `AggregateError` of both failures.
 *
 * @example
 * ```ts
 * import { loadWasmBytes } from "./wasm_bytes.ts";
 * import "imagescript/package.json" with { type: "json" }; // puts the package into the module graph
 * import assert from "node:assert/strict";
 *
 * const bytes = await loadWasmBytes({
 *   importBytes: () => import("imagescript/wasm/any/png.wasm", { with: { type: "bytes" } }),
 *   resolveUrl: () => import.meta.resolve("imagescript/wasm/any/png.wasm"),
 * });
 * assert(WebAssembly.validate(bytes));
 * ```
 */
export async function loadWasmBytes(source: WasmSource): Promise<Uint8Array<ArrayBuffer>> {
  let importError: unknown;
  try {
    return (await source.importBytes()).default;
  } catch (error) {
    importError = error;
  }
  const url = source.resolveUrl();
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (fetchError) {
    throw new Error(
      `Cannot load ${url}: set "unstable": ["raw-imports"] in deno.json, or allow reading that file with --allow-read`,
      { cause: new AggregateError([importError, fetchError]) },
    );
  }
}
