import assert from "node:assert/strict";
import { loadWasmBytes } from "../lib/wasm_bytes.ts";

// the smallest module there is: magic number and version
const EMPTY_MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const EMPTY_MODULE_URL = "data:application/wasm;base64,AGFzbQEAAAA=";

Deno.test("loadWasmBytes() takes the bytes import and asks for no URL when the runtime has it", async () => {
  const bytes = await loadWasmBytes({
    importBytes: () => Promise.resolve({ default: EMPTY_MODULE }),
    resolveUrl: () => assert.fail("the URL was asked for"),
  });
  assert.equal(bytes, EMPTY_MODULE);
});

Deno.test("loadWasmBytes() falls back to fetching the file where bytes imports are unknown", async () => {
  const bytes = await loadWasmBytes({
    importBytes: () => Promise.reject(new TypeError('"bytes" is not a valid module type.')),
    resolveUrl: () => EMPTY_MODULE_URL,
  });
  assert.deepEqual(bytes, EMPTY_MODULE);
});

Deno.test("loadWasmBytes() names both cures and keeps both causes when neither way works", async () => {
  const importError = new TypeError('"bytes" is not a valid module type.');
  await assert.rejects(
    loadWasmBytes({
      importBytes: () => Promise.reject(importError),
      resolveUrl: () => "npm:no-such-scheme@1.0.0/x.wasm",
    }),
    (error: unknown) => {
      assert(error instanceof Error && error.cause instanceof AggregateError);
      assert.match(error.message, /npm:no-such-scheme@1\.0\.0\/x\.wasm.*raw-imports.*--allow-read/);
      assert.equal(error.cause.errors[0], importError);
      assert.equal(error.cause.errors.length, 2);
      return true;
    },
  );
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
  assert.match(await runWithoutFlags([]), /Cannot load file:.*raw-imports.*--allow-read/);
});
