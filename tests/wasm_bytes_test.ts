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
