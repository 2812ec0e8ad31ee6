/**
 * Headers that tell a browser what an answer may not do. A route that has a page sets its own policy; what it sets stays.
 */
import type { MiddlewareHandler } from "hono";

/** What a document may do that needs nothing. */
export const STRICT_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** What a file needs on another page; the others are for documents and would cost more than the file. */
export const FILE_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Resource-Policy": "cross-origin", // results are made to be shown elsewhere
} as const;

const DEFAULTS: Readonly<Record<string, string>> = {
  ...FILE_HEADERS,
  "Content-Security-Policy": STRICT_POLICY,
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Strict-Transport-Security": "max-age=15552000; includeSubDomains",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** Adds the headers to every answer that does not have them. */
export const securityHeaders: MiddlewareHandler = async function securityHeaders(c, next) {
  await next();
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
};
