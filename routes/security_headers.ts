/**
 * Headers that tell a browser what an answer may not do. A route that has a page sets its own policy; what it sets stays.
 */
import type { MiddlewareHandler } from "hono";

const DEFAULTS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Strict-Transport-Security": "max-age=15552000; includeSubDomains",
  "Cross-Origin-Opener-Policy": "same-origin",
  // results are made to be shown on other pages
  "Cross-Origin-Resource-Policy": "cross-origin",
};

/** Adds the headers to every answer that does not have them. */
export const securityHeaders: MiddlewareHandler = async function securityHeaders(c, next) {
  await next();
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
};
