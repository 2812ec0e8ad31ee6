/**
 * The service's log: one line of JSON for each event, on standard error, where every host collects it.
 */
import type { Answer } from "./middleware.ts";

/** Writes one line. */
export function log(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  // deno-lint-ignore no-console -- a service's log is its console; Deno Deploy collects nothing else
  console.error(JSON.stringify({ time: new Date().toISOString(), event, ...fields }));
}

/** Logs an error that a client was told nothing about. */
export function logError(error: unknown, requestId: string): void {
  log("error", { requestId, error: error instanceof Error ? error.stack ?? error.message : String(error) });
}

/** Logs an answer; probes and scrapes come all the time and say nothing. */
export function logAnswer({ seconds, ...answer }: Answer): void {
  if (QUIET.has(answer.route) && answer.status < 400) return;
  log("request", { ...answer, ms: Math.round(seconds * 1000) });
}

const QUIET = new Set(["/healthz", "/readyz", "/metrics"]);
