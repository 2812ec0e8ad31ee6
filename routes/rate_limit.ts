/**
 * How often a client may ask: hono-rate-limiter over a store that cannot grow without bound. Each client has so many
 * requests in the minute that its first one begins.
 */
import type { MiddlewareHandler } from "hono";
import { rateLimiter, type RateLimitInfo, type Store } from "hono-rate-limiter";
import { LRUCache } from "lru-cache";
import { clientAddress } from "./access.ts";
import type { AppEnv } from "./app_env.ts";
import { HttpProblem } from "./problem.ts";

/** Options of {@linkcode limitRate}. */
export interface RateLimitOptions {
  /** Requests a minute from one key or address, 0 for no limit. */
  readonly ratePerMinute: number;
  /** Proxies in front that append to X-Forwarded-For. */
  readonly trustedProxies: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

const WINDOW_MS = 60_000;

// clients seen last; an attacker with more addresses than this is beyond a rate limit in any case
const MAX_CLIENTS = 50_000;

/** Limits requests by key, or by address where there are no keys; goes behind `requireKey()`. */
export function limitRate(options: RateLimitOptions): MiddlewareHandler<AppEnv> {
  const { ratePerMinute, trustedProxies, now = Date.now } = options;
  if (ratePerMinute === 0) return (_, next) => next();
  const secondsLeft = ({ resetTime }: RateLimitInfo) => Math.ceil((resetTime!.getTime() - now()) / 1000);
  // draft-ietf-httpapi-ratelimit-headers-10; the library knows draft 7, and sets it where a raw Response loses it
  const headers = (info: RateLimitInfo) => ({
    "RateLimit-Policy": `"default";q=${ratePerMinute};w=${WINDOW_MS / 1000}`,
    RateLimit: `"default";r=${info.remaining};t=${secondsLeft(info)}`,
  });
  const limiter = rateLimiter<AppEnv>({
    windowMs: WINDOW_MS,
    limit: ratePerMinute,
    standardHeaders: false,
    keyGenerator: (c) => {
      const env: AppEnv["Bindings"] | undefined = c.env; // undefined where the host tells nothing
      return c.var.client ?? clientAddress(c.req.raw, env?.info?.remoteAddr?.hostname, trustedProxies);
    },
    store: new ClientCounts(MAX_CLIENTS, now),
    handler({ var: { rateLimit } }) {
      throw new HttpProblem("rate_limited", `Cannot take request: more than ${ratePerMinute} a minute`, {
        ...headers(rateLimit),
        "Retry-After": String(secondsLeft(rateLimit)),
      });
    },
  });
  return async function limitRate(c, next) {
    await limiter(c, next);
    for (const [name, value] of Object.entries(headers(c.var.rateLimit))) c.header(name, value);
  };
}

interface ClientCount {
  totalHits: number;
  readonly resetTime: Date;
}

/** Counts of the clients seen last, at most so many. */
class ClientCounts implements Store<AppEnv> {
  readonly #counts: LRUCache<string, ClientCount>;
  readonly #now: () => number;

  constructor(maxClients: number, now: () => number) {
    this.#counts = new LRUCache({ max: maxClients });
    this.#now = now;
  }

  increment(key: string): ClientCount {
    let count = this.#counts.get(key);
    if (!count || count.resetTime.getTime() <= this.#now()) {
      count = { totalHits: 0, resetTime: new Date(this.#now() + WINDOW_MS) };
      this.#counts.set(key, count);
    }
    count.totalHits++;
    return count;
  }

  decrement(key: string): void {
    const count = this.#counts.get(key);
    if (count && count.totalHits > 0) count.totalHits--;
  }

  resetKey(key: string): void {
    this.#counts.delete(key);
  }
}
