/**
 * Who is asking and whether they may: bearer keys, and the address of a client.
 *
 * The address is the connection's own. Behind proxies that is the last proxy, so their number must be configured: with n
 * trusted proxies the address is the n-th from the right in X-Forwarded-For, for what stands further left was written by
 * the client and may say anything.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app_env.ts";
import { HttpProblem } from "./problem.ts";

/** Lets only requests with one of the keys through, everyone if there are none. */
export function requireKey(keys: readonly string[]): MiddlewareHandler<AppEnv> {
  const digests = keys.map(digest);
  return function requireKey(c, next) {
    if (digests.length > 0) c.set("client", checkKey(c.req.raw, digests));
    return next();
  };
}

/**
 * The address to count by. IPv6 addresses count by their first 64 bits, since a single subscriber has all of the rest.
 */
export function clientAddress(
  request: Request,
  remoteAddress: string | undefined,
  trustedProxies: number,
): string {
  let address = remoteAddress ?? "unknown";
  if (trustedProxies > 0) {
    const chain = (request.headers.get("X-Forwarded-For") ?? "").split(",").map((item) => item.trim());
    address = chain.at(-trustedProxies) || address;
  }
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail = ""] = address.split("::");
  const front = head.split(":").filter(Boolean), back = tail.split(":").filter(Boolean);
  const zeros = Math.max(0, 8 - front.length - back.length);
  return [...front, ...Array(zeros).fill("0"), ...back].slice(0, 4).join(":").toLowerCase();
}

/** Compares digests, so that neither the time nor the length of the comparison tells anything of a key. */
function checkKey(request: Request, digests: readonly Uint8Array[]): string {
  const given = /^Bearer +(\S+) *$/i.exec(request.headers.get("Authorization") ?? "")?.[1];
  const mine = digest(given ?? "");
  let found = false;
  for (const theirs of digests) found = timingSafeEqual(mine, theirs) || found;
  if (given !== undefined && found) return `key ${mine.toString("hex")}`;
  throw new HttpProblem(
    "unauthorized",
    "Cannot take request: want a valid key as Authorization: Bearer <key>",
    {
      "WWW-Authenticate": given === undefined ? "Bearer" : 'Bearer error="invalid_token"',
    },
  );
}

function digest(text: string) {
  return createHash("sha256").update(text).digest();
}
