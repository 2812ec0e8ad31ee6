/**
 * Base64 in loops. `Uint8Array.from(text, function)` takes a hundred times as long before it is compiled, which is when the
 * weights are read: it was a sixteenth of a cold start. Not `Uint8Array.fromBase64`: the edge runs an older V8.
 */

/**
 * Bytes of a base64 text.
 *
 * @param base64 The text, without line breaks.
 * @returns The bytes.
 *
 * @example
 * ```ts
 * import { decodeBase64 } from "./base64.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...decodeBase64("AAEC/w==")], [0, 1, 2, 255]);
 * ```
 */
export function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/**
 * Bytes as base64 text.
 *
 * @param bytes The bytes.
 * @returns The text, padded, without line breaks.
 *
 * @example
 * ```ts
 * import { encodeBase64 } from "./base64.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(encodeBase64(Uint8Array.of(0, 1, 2, 255)), "AAEC/w==");
 * ```
 */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return btoa(text);
}
