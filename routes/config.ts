/**
 * The service's settings from the environment: one table with every variable, its default and what it does.
 */

/** One variable. */
interface NumberVariable<Default extends number | undefined = number | undefined> {
  readonly type: "number";
  readonly min: number;
  readonly max: number;
  /** `undefined` leaves the choice to the code that uses it. */
  readonly default: Default;
  readonly description: string;
}

interface TextVariable<Default extends string | undefined = string | undefined> {
  readonly type: "text";
  readonly default: Default;
  readonly description: string;
}

interface ListVariable {
  readonly type: "list";
  readonly description: string;
}

function whole<Default extends number | undefined>(
  min: number,
  max: number,
  value: Default,
  description: string,
): NumberVariable<Default> {
  return { type: "number", min, max, default: value, description };
}

function text<Default extends string | undefined>(
  value: Default,
  description: string,
): TextVariable<Default> {
  return { type: "text", default: value, description };
}

function list(description: string): ListVariable {
  return { type: "list", description };
}

/** The table. `docs/deploy.md` is held against it by a test. */
export const ENVIRONMENT = {
  PORT: whole(0, 65535, 8000, "Port to listen on, 0 for any that is free."),
  DSC_WORKERS: whole(
    0,
    256,
    undefined,
    "Images segmented at once; 0 computes in the HTTP isolate. Default: one a core.",
  ),
  DSC_QUEUE: whole(0, 100_000, undefined, "Images that may wait for their turn. Default: 4 a worker."),
  DSC_DEADLINE_SECONDS: whole(1, 86_400, 60, "Longest time for one image."),
  DSC_MAX_BODY_BYTES: whole(1, 2 ** 31, 20_000_000, "Largest request body."),
  DSC_MAX_PIXELS: whole(1, 2 ** 31, 13_000_000, "Largest image."),
  DSC_BODY_SECONDS: whole(1, 3600, 30, "Time in which a body must have come."),
  DSC_CACHE_BYTES: whole(0, 2 ** 40, 128_000_000, "Memory for finished results."),
  DSC_SHUTDOWN_SECONDS: whole(0, 3600, 25, "Time that running work has after SIGTERM."),
  DSC_API_KEYS: list(
    "Keys, by commas, one of which is required to have images segmented. Default: none, everyone may.",
  ),
  DSC_RATE_PER_MINUTE: whole(0, 1_000_000, 0, "Images a minute from one key or address; 0 for no limit."),
  DSC_TRUSTED_PROXIES: whole(0, 16, 0, "Proxies in front that append to X-Forwarded-For."),
  DSC_REMOTE_HOSTS: list(
    "Hosts from which /v1/segment?url= may fetch images; *.example.org for all below. Default: none.",
  ),
  DSC_LOG_REQUESTS: whole(
    0,
    1,
    1,
    "1 logs every request but those answered at once from memory, 0 only errors.",
  ),
  DSC_CORS_ORIGINS: list("Origins whose pages may call the service, by commas; * for all. Default: none."),
  DATABASE_URL: text(
    undefined,
    "PostgreSQL for the queue, as postgres://user:password@host/database. Default: the database in DSC_DATA.",
  ),
  DSC_DATA: text(
    "data",
    "Folder of the embedded queue where there is no DATABASE_URL; none for no queue. Not on the edge.",
  ),
  DSC_JOB_SLOTS: whole(
    0,
    256,
    undefined,
    "Heavy jobs computed at once by this process. Default: half the cores; 0 for a server with DATABASE_URL.",
  ),
  DSC_SOFTWARE_GPU: whole(
    0,
    1,
    0,
    "1 takes a software adapter for a GPU where a job asks for webgpu: slow, for tests.",
  ),
  DSC_JOBS_WAITING: whole(1, 1_000_000, 1000, "Heavy jobs that may wait in the queue."),
  DSC_EVENT_STREAMS: whole(0, 1_000_000, 1000, "Streams of events of queued work that may be open at once."),
  DSC_RESULT_BYTES: whole(
    0,
    2 ** 50,
    20_000_000_000,
    "Bytes of results that the queue keeps; the oldest go first.",
  ),
  DSC_RESULT_HOURS: whole(1, 8760, 72, "Time for which the queue keeps results and failures."),
} as const satisfies Record<string, NumberVariable | TextVariable | ListVariable>;

/** Name of a variable. */
export type VariableName = keyof typeof ENVIRONMENT;

/** The settings by the names of their variables. */
export type Config = {
  readonly [N in VariableName]: (typeof ENVIRONMENT)[N] extends NumberVariable<infer Default>
    ? (Default extends undefined ? number | undefined : number)
    : (typeof ENVIRONMENT)[N] extends TextVariable<infer Default>
      ? (Default extends undefined ? string | undefined : string)
    : readonly string[];
};

/**
 * Reads and checks the settings.
 *
 * @param get A variable's text, `undefined` if it is not set.
 * @throws {RangeError} naming the variable, what it holds and what is wanted.
 *
 * @example
 * ```ts
 * import { readConfig } from "./config.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(readConfig((name) => name === "PORT" ? "9000" : undefined).PORT, 9000);
 * ```
 */
export function readConfig(get: (name: VariableName) => string | undefined): Config {
  const config: Record<string, unknown> = {};
  for (
    const [name, variable] of Object.entries(ENVIRONMENT) as [
      VariableName,
      NumberVariable | TextVariable | ListVariable,
    ][]
  ) {
    const text = get(name)?.trim() ?? "";
    if (variable.type === "list") {
      config[name] = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
    } else if (text === "") {
      config[name] = variable.default;
    } else {
      config[name] = variable.type === "text" ? text : parseWhole(name, text, variable);
    }
  }
  return config as Config;
}

/** Variables of the process; those that the program may not read count as not set. */
export function processEnvironment(name: VariableName): string | undefined {
  // asking first, since a read without permission would stop at a prompt
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name);
}

function parseWhole(name: string, text: string, { min, max }: NumberVariable): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new RangeError(
    `Cannot start: ${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`,
  );
}
