/**
 * The one way to the queue's database: pg-boss over PostgreSQL where there is a URL, else over PGlite in a folder. From
 * here on nobody knows which. pg-boss is loaded here and nowhere else, when a database is opened and not before: the
 * library, the command line and the edge's first answer do not pay for it.
 */
import type { PgBoss } from "pg-boss";
import { type Blobs, FileBlobs, type Sql, TableBlobs } from "./blobs.ts";
import { coalesced } from "./coalesced.ts";
import type { EmbeddedDatabase } from "./embedded.ts";
import { QueueError } from "./errors.ts";

/** Jobs wait here. */
export const QUEUE = "segment";
/** Jobs that failed {@linkcode TRIES} times end here too, with their cause, for a person to look at. */
export const DEAD_QUEUE = "segment_dead";
/** A job that takes its worker down, or loses it, is tried so often. */
export const TRIES = 3;

/** Where the database is, and what this process does with it. */
export interface DatabaseOptions {
  /** `postgres://...`; without one, the folder. */
  readonly url?: string | undefined;
  /** Folder of the embedded database. @default "data" */
  readonly folder?: string | undefined;
  /** Hours for which results, failures and blobs are kept. @default 72 */
  readonly resultHours?: number | undefined;
  /** Bytes of records kept; the oldest go first. @default 20_000_000_000 */
  readonly resultBytes?: number | undefined;
  /**
   * `edge` only sends and asks: it makes no tables, supervises nobody and holds one connection, so that hundreds of such
   * instances are no burden. @default "full"
   */
  readonly role?: "full" | "edge" | undefined;
  /** Tries to reach PostgreSQL, with growing pauses. @default 4, on the edge 1 */
  readonly attempts?: number | undefined;
  /** Told of trouble that mends itself, such as a lost connection. @default nobody is */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** What can be new about a job: it may be in another state or place, it was submitted or canceled, somebody looks at it. */
export type News = "changed" | "submitted" | "canceled" | "watched";

/** An open database. */
export interface Database {
  readonly boss: PgBoss;
  readonly sql: Sql;
  readonly blobs: Blobs;
  readonly embedded: boolean;
  /** Says news of a job to every process. Best effort: who listens asks again by itself. */
  announce(id: string, news?: News): Promise<void>;
  /** Calls back with the id of a job and what is new about it; returns how to stop. */
  onAnnounced(callback: (id: string, news: News) => void): () => void;
  close(): Promise<void>;
}

/** Notifications carry a sign, a job's id, and nothing else: they are lossy, so whoever hears one asks. */
const CHANNEL = "dsc_job";
const SIGNS: Readonly<Record<News, string>> = { changed: "=", submitted: "+", canceled: "-", watched: "?" };
const NEWS = new Map(Object.entries(SIGNS).map(([news, sign]) => [sign, news as News]));
/** What has expired is dropped so often, by whichever process is there then. */
const SWEEP_SECONDS = 600;
/** So often a process asks whether that is due. */
const UPKEEP_MS = 60_000;

/**
 * Opens the database and makes what is missing in it.
 *
 * @throws {QueueError} `jobs_unavailable`, `data_folder_in_use` or `data_folder_unusable`.
 */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const { url, folder = "data", resultHours = 72, resultBytes = 20e9, role = "full", onError = () => {} } =
    options;
  const ttlSeconds = resultHours * 3600;
  const full = role === "full", { attempts = full ? 4 : 1 } = options;
  const { PgBoss, fromPglite } = await import("pg-boss");
  const embedded = url === undefined ? await (await import("./embedded.ts")).openEmbedded(folder) : undefined;
  const boss = new PgBoss({
    ...(embedded
      ? { db: fromPglite(embedded.pglite), backend: "pglite" as const }
      : { connectionString: url!, max: full ? 8 : 1, application_name: "dsc" }),
    schedule: false, // no cron jobs here
    supervise: full,
    migrate: full,
    createSchema: full,
    registerInstance: false, // would want to read the host's name and load
    superviseIntervalSeconds: 3,
    monitorIntervalSeconds: 3,
  });
  boss.on("error", onError); // without a listener a lost connection ends the process
  try {
    await boss.start({ attempts: embedded ? 1 : attempts });
    const sql: Sql = (text, values) => boss.getDb().executeSql(text, values);
    if (full) await makeTables(boss, sql, ttlSeconds);
    const limits = { ttlSeconds, maxBytes: resultBytes };
    const blobs = embedded ? new FileBlobs(`${folder}/blobs`, limits) : new TableBlobs(sql, limits);
    return await finishOpening(boss, sql, blobs, embedded, { full, ttlSeconds, onError });
  } catch (cause) {
    await boss.stop({ graceful: false }).catch(() => {});
    await embedded?.close().catch(() => {});
    if (cause instanceof QueueError) throw cause;
    const host = url && URL.canParse(url) ? new URL(url).host : "the data folder"; // never the password
    const text = `Cannot open queue: the database at ${host} does not answer (${(cause as Error).message})`;
    throw new QueueError("jobs_unavailable", text, { cause, retryAfterSeconds: 5 });
  }
}

async function makeTables(boss: PgBoss, sql: Sql, ttlSeconds: number): Promise<void> {
  // several processes may start at once: the first makes the tables, the others wait for it
  await sql(`
    begin;
    select pg_advisory_xact_lock(5157321);
    create schema if not exists dsc;
    create table if not exists dsc.blob (key text primary key, data bytea not null, expires timestamptz not null);
    alter table dsc.blob alter data set storage external;
    create table if not exists dsc.event (
      seq bigserial primary key, job uuid not null, at timestamptz not null default now(), progress jsonb not null);
    create index if not exists event_job on dsc.event (job, seq);
    create table if not exists dsc.upkeep (
      id boolean primary key default true check (id), swept timestamptz not null default '-infinity');
    insert into dsc.upkeep default values on conflict do nothing;
    commit;`);
  await boss.createQueue(DEAD_QUEUE, { deleteAfterSeconds: ttlSeconds, retentionSeconds: ttlSeconds });
  const options = {
    deadLetter: DEAD_QUEUE,
    retryLimit: TRIES - 1,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    heartbeatSeconds: 10, // the least that pg-boss takes: a killed worker's job runs again after about 14 s
    deleteAfterSeconds: ttlSeconds,
    retentionSeconds: ttlSeconds, // a job that waits for longer has lost its image
  };
  await boss.createQueue(QUEUE, options);
  await boss.updateQueue(QUEUE, options); // what an earlier version or configuration has made
}

async function finishOpening(
  boss: PgBoss,
  sql: Sql,
  blobs: Blobs,
  embedded: EmbeddedDatabase | undefined,
  { full, ttlSeconds, onError }: { full: boolean; ttlSeconds: number; onError: (error: Error) => void },
): Promise<Database> {
  const callbacks = new Set<(id: string, news: News) => void>();
  const hear = (text: string) => {
    const news = NEWS.get(text[0]!) ?? "changed";
    for (const callback of callbacks) callback(text.slice(1), news);
  };
  const notify = coalesced<string>(async (texts) => {
    await sql("select pg_notify($1, text) from unnest($2::text[]) as text", [CHANNEL, texts]);
  });
  // some connection poolers cannot listen: everyone then asks once a second, as they do on the edge
  const listener = full
    ? await boss.getDb().listen?.(CHANNEL, hear, () => {}).catch((error) => void onError(error))
    : undefined;
  // whoever finds it due does it, for all: also a process that is gone again in a minute, and one of a hundred
  const sweepIfDue = async () => {
    try {
      const { rows } = await sql(
        "update dsc.upkeep set swept = now() where swept < now() - $1 * interval '1 second' returning swept",
        [SWEEP_SECONDS],
      );
      if (rows.length === 0) return;
      await blobs.sweep();
      await sql("delete from dsc.event where at < now() - $1 * interval '1 second'", [ttlSeconds]);
      await embedded?.tidy();
    } catch (error) {
      onError(error as Error);
    }
  };
  let upkeep = full ? sweepIfDue() : undefined;
  const timer = full ? setInterval(() => upkeep = upkeep!.then(sweepIfDue), UPKEEP_MS) : undefined;
  return {
    boss,
    sql,
    blobs,
    embedded: embedded !== undefined,
    announce: (id, news = "changed") => notify(SIGNS[news] + id).catch(onError),
    onAnnounced(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    async close() {
      clearInterval(timer);
      await upkeep;
      await listener?.close().catch(() => {});
      await boss.stop({ graceful: false }); // whoever takes jobs has drained before
      await embedded?.close();
    },
  };
}
