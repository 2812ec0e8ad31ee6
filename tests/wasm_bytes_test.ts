import assert from "node:assert/strict";
import "imagescript/package.json" with { type: "json" }; // puts the package into the module graph
import { loadWasmBytes, locateWasm } from "../lib/wasm_bytes.ts";

Deno.test("loadWasmBytes() gives the bytes of a package's file", async () => {
  const bytes = await loadWasmBytes("imagescript/wasm/any/png.wasm");
  assert.ok(WebAssembly.validate(bytes));
});

Deno.test("loadWasmBytes() names both cures and keeps both causes when neither way works", async () => {
  await assert.rejects(loadWasmBytes("no-such-package/x.wasm"), (error: unknown) => {
    assert(error instanceof Error && error.cause instanceof AggregateError);
    assert.match(error.message, /no-such-package\/x\.wasm.*raw-imports.*--allow-read/);
    assert.equal(error.cause.errors.length, 2);
    return true;
  });
});

Deno.test("loadWasmBytes() takes a file from where locateWasm() says that it is", async () => {
  const module = new Blob([Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)]);
  const url = URL.createObjectURL(module);
  try {
    locateWasm((specifier) => specifier === "no-such-package/x.wasm" ? url : undefined);
    assert.deepEqual(await loadWasmBytes("no-such-package/x.wasm"), await module.bytes());
    assert.ok(WebAssembly.validate(await loadWasmBytes("imagescript/wasm/any/png.wasm")));
    URL.revokeObjectURL(url);
    await assert.rejects(loadWasmBytes("no-such-package/x.wasm"), TypeError);
  } finally {
    locateWasm(() => undefined);
    URL.revokeObjectURL(url);
  }
});

/** Runs a script under no deno.json, so without this project's flags. */
async function runWithoutFlags(permission: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("deno", {
    cwd: new URL("..", import.meta.url),
    args: [
      "run",
      "--no-config",
      "--no-lock",
      "--no-prompt",
      "--no-check",
      "--import-map=import_map.json",
      ...permission,
      "tests/fixtures/decode_all_formats.ts",
    ],
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("decodeImage() works without the raw-imports flag where reading is allowed", async () => {
  assert.equal((await runWithoutFlags(["--allow-read"])).trim(), "24x16 3x2 5x1");
});

Deno.test("decodeImage() says what to allow without the flag and without reading", async () => {
  assert.match(await runWithoutFlags([]), /Cannot load imagescript\/wasm.*raw-imports.*--allow-read/);
});
