import assert from "node:assert/strict";
import { decodeBase64, encodeBase64 } from "../lib/base64.ts";

Deno.test("decodeBase64() gives every byte back, and nothing for nothing", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(decodeBase64(btoa(String.fromCharCode(...bytes))), bytes);
  assert.equal(decodeBase64("").length, 0);
  for (const end of [0, 1, 2, 256]) {
    assert.deepEqual(decodeBase64(encodeBase64(bytes.subarray(0, end))), bytes.subarray(0, end));
  }
});

Deno.test("decodeBase64() refuses what is no base64", () => {
  assert.throws(() => decodeBase64("a*b"));
});
