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
 * A browser knows neither way, since its bundle has no packages: whoever made the bundle says with {@linkcode locateWasm}
 * where it put the files.
 *
 * The specifier is a parameter and never a literal here: `deno publish` refuses literal bytes imports. A package must
 * then get into the module graph by another way, or nothing finds its files: a JSON import of its `package.json` in the
 * module that asks is enough, and needs neither flag nor permission.
 */

/** Says where a file is; set by {@linkcode locateWasm}. */
let located: (specifier: string) => string | URL | undefined = () => undefined;

/**
 * For bundles: files that are found are fetched from there, and no other way is tried for them.
 *
 * @param locate Gives a file's address by its specifier, or nothing.
 *
 * @example
 * ```ts
 * import { loadWasmBytes, locateWasm } from "./wasm_bytes.ts";
 * import assert from "node:assert/strict";
 *
 * locateWasm((specifier) => specifier === "pkg/x.wasm" ? "data:application/wasm;base64,AGFzbQEAAAA=" : undefined);
 * assert(WebAssembly.validate(await loadWasmBytes("pkg/x.wasm")));
 * ```
 */
export function locateWasm(locate: (specifier: string) => string | URL | undefined): void {
  located = locate;
}

/**
 * Loads a `.wasm` file's bytes. Not cached: the caller keeps the compiled module, not the bytes.
 *
 * @param specifier The file by the import map's name of its package, `pkg/x.wasm`.
 * @returns The file's bytes.
 * @throws {Error} Neither way works; the message says what to allow, `cause` is an `AggregateError` of both failures.
 *
 * @example
 * ```ts
 * import { loadWasmBytes } from "./wasm_bytes.ts";
 * import "imagescript/package.json" with { type: "json" }; // puts the package into the module graph
 * import assert from "node:assert/strict";
 *
 * assert(WebAssembly.validate(await loadWasmBytes("imagescript/wasm/any/png.wasm")));
 * ```
 */
export async function loadWasmBytes(specifier: string): Promise<Uint8Array<ArrayBuffer>> {
  const place = located(specifier);
  if (place !== undefined) return await fetchBytes(place);
  let importError: unknown;
  try {
    return (await import(specifier, { with: { type: "bytes" } })).default;
  } catch (error) {
    importError = error;
  }
  try {
    return await fetchBytes(import.meta.resolve(specifier));
  } catch (fetchError) {
    throw new Error(
      `Cannot load ${specifier}: set "unstable": ["raw-imports"] in deno.json, or allow reading that file with --allow-read`,
      { cause: new AggregateError([importError, fetchError]) },
    );
  }
}

async function fetchBytes(place: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(place);
  if (!response.ok) throw new Error(`Cannot fetch ${place}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
