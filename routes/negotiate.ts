/**
 * Proactive content negotiation (RFC 9110, section 12.5.1): which of the media types on offer a client wants most.
 */

interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

/**
 * Chooses a media type.
 *
 * @param accept The Accept header; absent or empty means anything.
 * @param offers Media types without parameters, the server's favourite first.
 * @returns The offer of highest quality, the first of equals; `undefined` if none is acceptable.
 *
 * @example
 * ```ts
 * import { negotiate } from "./negotiate.ts";
 * import assert from "node:assert/strict";
 *
 * const offers = ["application/json", "image/png"];
 * assert.equal(negotiate("image/*, application/json;q=0.5", offers), "image/png");
 * assert.equal(negotiate("text/html", offers), undefined);
 * ```
 */
export function negotiate<T extends string>(accept: string | undefined, offers: readonly T[]): T | undefined {
  if (accept === undefined || accept.trim() === "") return offers[0];
  const ranges = parseAccept(accept);
  let best: T | undefined;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > bestQuality) [best, bestQuality] = [offer, quality];
  }
  return best;
}

/** The most specific range that matches decides, whatever the order: `image/*;q=0, image/png` accepts PNG. */
function qualityOf(offer: string, ranges: readonly MediaRange[]): number {
  const [type, subtype] = offer.split("/");
  let quality = 0;
  let specificity = -1;
  for (const range of ranges) {
    const matches = range.type === "*" ? 0 : range.type !== type ? -1 : range.subtype === "*" ? 1 : 2;
    if (matches < 0 || (matches === 2 && range.subtype !== subtype)) continue;
    if (matches > specificity) [quality, specificity] = [range.quality, matches];
  }
  return quality;
}

// parameters other than q are ignored: no format here has any
function parseAccept(accept: string): MediaRange[] {
  const ranges: MediaRange[] = [];
  for (const item of accept.toLowerCase().split(",")) {
    const [range = "", ...parameters] = item.split(";").map((part) => part.trim());
    const [type, subtype, ...rest] = range.split("/");
    if (!type || !subtype || rest.length > 0 || (type === "*" && subtype !== "*")) continue;
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    const quality = q === undefined ? 1 : /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q.slice(2)) : 0;
    ranges.push({ type, subtype, quality });
  }
  return ranges;
}
