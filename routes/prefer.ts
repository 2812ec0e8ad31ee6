/**
 * The Prefer header (RFC 7240): whether a client would rather have an answer later than wait for it, and how long it waits.
 */

/** What a client prefers. */
export interface Preferences {
  /** A 202 at once is as good as a result. */
  readonly respondAsync: boolean;
  /** Milliseconds that the client would wait for the result. */
  readonly waitMs: number | undefined;
}

/** Proxies close connections that say nothing for longer. */
const MAX_WAIT_MS = 60_000;

/**
 * Reads the header. What is not known or not understood is passed over, as the RFC has it.
 *
 * @example
 * ```ts
 * import { readPreferences } from "./prefer.ts";
 * import assert from "node:assert/strict";
 *
 * const request = new Request("http://localhost", { headers: { Prefer: "respond-async, wait=10" } });
 * assert.deepEqual(readPreferences(request), { respondAsync: true, waitMs: 10_000 });
 * ```
 */
export function readPreferences(request: Request): Preferences {
  let respondAsync = false, waitMs: number | undefined;
  for (const item of (request.headers.get("Prefer") ?? "").split(",")) {
    const [name = "", value = ""] = item.split(";")[0]!.split("=").map((part) => part.trim().toLowerCase());
    if (name === "respond-async") respondAsync = true;
    // the first of two counts
    if (name === "wait" && waitMs === undefined && /^"?\d{1,9}"?$/.test(value)) {
      waitMs = Math.min(MAX_WAIT_MS, Number(value.replaceAll('"', "")) * 1000);
    }
  }
  return { respondAsync, waitMs };
}
