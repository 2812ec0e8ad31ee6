/**
 * Identifiers made of content: the same image, settings and version have the same identifier on every machine, without a
 * database to ask. Submitting twice is therefore one job, and a result that was lost is computed again under its own name.
 */
import type { ResolvedSettings } from "./options.ts";
import { canonicalSettings } from "./settings.ts";
import { MODEL_VERSION, VERSION } from "./version.ts";

/**
 * Names the segmentation of an image file: a UUID (version 8, RFC 9562) of 122 bits of SHA-256. Nobody can guess it
 * without having the image itself, so it serves as a link that can be shared.
 *
 * @param bytes The image file, as it is: another file of the same pixels has another identifier.
 * @param settings Complete settings.
 * @returns 36 characters, lower case.
 *
 * @example
 * ```ts
 * import { contentId } from "./content_id.ts";
 * import { parseSettings } from "./settings.ts";
 * import assert from "node:assert/strict";
 *
 * const bytes = new TextEncoder().encode("an image file");
 * const id = await contentId(bytes, parseSettings({ seed: 1 }));
 * assert.equal(id, await contentId(bytes, parseSettings({ seed: "1" })));
 * assert.notEqual(id, await contentId(bytes, parseSettings({ seed: 2 })));
 * ```
 */
export async function contentId(
  bytes: Uint8Array<ArrayBuffer>,
  settings: ResolvedSettings,
): Promise<string> {
  // two digests, so that a large file need not be copied to put text before it
  const image = hex(await crypto.subtle.digest("SHA-256", bytes));
  const text = [VERSION, MODEL_VERSION, canonicalSettings(settings), image].join("\n");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  digest[6] = (digest[6]! & 0x0f) | 0x80; // version 8
  digest[8] = (digest[8]! & 0x3f) | 0x80; // variant of RFC 9562
  const all = hex(digest.buffer).slice(0, 32);
  return [all.slice(0, 8), all.slice(8, 12), all.slice(12, 16), all.slice(16, 20), all.slice(20)].join("-");
}

/** Whether a text has the form that {@linkcode contentId} gives. */
export function isContentId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);
}

function hex(buffer: ArrayBuffer): string {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
