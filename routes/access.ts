/**
 * Who is asking, whether they may, and how often: bearer keys and a rate limit by key or address.
 *
 * The address is the connection's own. Behind proxies that is the last proxy, so their number must be configured: with n
 * trusted proxies the address is the n-th from the right in X-Forwarded-For, for what stands further left was written by
 * the client and may say anything.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { HttpProblem } from "./problem.ts";

/** Options of {@linkcode createGate}. */
export interface GateOptions {
  /** Keys, one of which is required. @default none: everyone may */
  readonly keys?: readonly string[];
  /** Requests a minute from one key or address, 0 for no limit; as many may come at once. @default 0 */
  readonly ratePerMinute?: number;
  /** Proxies in front that append to X-Forwarded-For. @default 0 */
  readonly trustedProxies?: number;
  /** Milliseconds that only grow. @default performance.now */
  readonly clock?: () => number;
}

/** Passes a request, or throws; returns headers for its answer. */
export type Gate = (request: Request, remoteAddress: string | undefined) => Record<string, string>;

interface Bucket {
  tokens: number;
  filledAt: number;
}

// buckets of clients seen last; an attacker with more addresses than this is beyond a rate limit in any case
const MAX_CLIENTS = 50_000;

/** Makes the gate for work that costs something. */
export function createGate(options: GateOptions = {}): Gate {
  const { keys = [], ratePerMinute = 0, trustedProxies = 0, clock = () => performance.now() } = options;
  const digests = keys.map(digest);
  const buckets = new LRUCache<string, Bucket>({ max: MAX_CLIENTS });
  return function passGate(request, remoteAddress) {
    const key = digests.length > 0 ? checkKey(request, digests) : undefined;
    if (ratePerMinute === 0) return {};
    const client = key ?? clientAddress(request, remoteAddress, trustedProxies);
    return takeToken(buckets, client, ratePerMinute, clock());
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

/** A token bucket: full at first, refilled evenly. */
function takeToken(
  buckets: LRUCache<string, Bucket>,
  client: string,
  ratePerMinute: number,
  now: number,
): Record<string, string> {
  const bucket = buckets.get(client) ?? { tokens: ratePerMinute, filledAt: now };
  bucket.tokens = Math.min(ratePerMinute, bucket.tokens + ((now - bucket.filledAt) * ratePerMinute) / 60_000);
  bucket.filledAt = now;
  buckets.set(client, bucket);
  const policy = { "RateLimit-Policy": `"default";q=${ratePerMinute};w=60` };
  if (bucket.tokens >= 1) {
    bucket.tokens--;
    return { ...policy, RateLimit: `"default";r=${Math.floor(bucket.tokens)};t=60` };
  }
  const seconds = Math.ceil(((1 - bucket.tokens) * 60) / ratePerMinute);
  throw new HttpProblem("rate_limited", `Cannot take request: more than ${ratePerMinute} a minute`, {
    ...policy,
    "Retry-After": String(seconds),
  });
}

function digest(text: string) {
  return createHash("sha256").update(text).digest();
}
