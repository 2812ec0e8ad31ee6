/**
 * The queue as its clients see it: submit, ask, wait, cancel. Taking jobs and computing them is `job_worker.ts`.
 */
import { type Database, type DatabaseOptions, openDatabase, QUEUE, TRIES } from "./database.ts";
import { QueueError, toQueueError } from "./errors.ts";
import { inputKey, isFinal, type JobData, type JobEvent, type JobRequest, type JobStatus } from "./job.ts";
import { createJobReader, type JobReader } from "./job_reader.ts";
import { deadlineOf } from "./policy.ts";

/** Options of a queue. */
export interface QueueOptions extends DatabaseOptions {
  /** Jobs that may wait; one more is refused with `jobs_full`. @default 1000 */
  readonly waitingLimit?: number | undefined;
}

/** Figures of the queue as a whole, whichever process asks. */
export interface QueueStats {
  readonly waiting: number;
  readonly running: number;
  /** Estimated seconds of what waits. */
  readonly waitingSeconds: number;
}

/** Opens the queue. See {@linkcode openDatabase} for what can go wrong. */
export async function openQueue(options: QueueOptions = {}): Promise<JobQueue> {
  return new JobQueue(await openDatabase(options), options.waitingLimit ?? 1000);
}

/** An open queue. Every method may reject with a {@linkcode QueueError}. */
export class JobQueue {
  readonly database: Database;
  readonly #waitingLimit: number;
  readonly #reader: JobReader;
  readonly #ticking = new Set<() => void>();
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor(database: Database, waitingLimit: number) {
    this.database = database;
    this.#reader = createJobReader(database.sql);
    this.#waitingLimit = waitingLimit;
  }

  /**
   * Makes sure that a job is done: if it waits, runs or has its result, that is all; if it failed, was canceled or its
   * result has expired, it is queued anew. When this resolves, the job is on disk and no crash loses it.
   *
   * @throws {QueueError} `jobs_full`, `storage_full` or `jobs_unavailable`.
   */
  submit(request: JobRequest): Promise<JobStatus> {
    return guarded(async () => {
      const { boss, blobs } = this.database;
      const { id, bytes, settings, maxPixels, seconds, priority = 0, previews = false, transient } = request;
      const known = await this.status(id), over = known && isFinal(known.state);
      if (known && (!over || (known.state === "succeeded" && await blobs.has(`${id}/record`)))) {
        await this.#share(id);
        return known;
      }
      await this.#refuseIfFull();
      const input = crypto.randomUUID();
      const data: JobData = {
        input,
        settings,
        maxPixels,
        seconds,
        previews,
        ...(transient && { transient }),
      };
      await blobs.put(inputKey(id, data), bytes); // before the job: who takes it must find it
      const options = { priority, expireInSeconds: deadlineOf(seconds) + EXPIRY_SLACK_SECONDS };
      if (!known || !await this.#restart(id, data, options)) {
        if (await boss.send(QUEUE, data, { id, ...options }) === null) {
          await blobs.delete(inputKey(id, data)); // the id is taken by a submission of the same moment
        }
      }
      await this.database.announce(id, "submitted");
      // that one may be over, and make room for a third, within these milliseconds
      return await this.status(id) ?? await this.submit(request);
    });
  }

  /** How a job is; `undefined` if there is none of this id (any more). */
  status(id: string): Promise<JobStatus | undefined> {
    return guarded(() => this.#reader.status(id));
  }

  /** What a job reported after the event of that number, oldest first, with the latest preview if it is that new. */
  events(id: string, after = 0): Promise<readonly JobEvent[]> {
    return guarded(() => this.#reader.events(id, after));
  }

  /** Says that somebody looks at a job, which is worth making previews for {@linkcode WATCH_MS} from now on. */
  watch(id: string): Promise<void> {
    return this.database.announce(id, "watched");
  }

  /** Stops a job: a waiting one is not begun, a running one ends within 2 s. `undefined` if there is none. */
  cancel(id: string): Promise<JobStatus | undefined> {
    return guarded(async () => {
      const { boss, blobs } = this.database;
      const known = await this.status(id);
      if (!known || isFinal(known.state)) return known;
      const [job] = await boss.findJobs<JobData>(QUEUE, { id });
      await boss.cancel(QUEUE, id);
      await this.database.announce(id, "canceled"); // its worker looks at once instead of at its next heartbeat
      if (job) await blobs.delete(inputKey(id, job.data));
      return await this.status(id);
    });
  }

  /** Resolves when a job may have changed, at the latest after so many milliseconds or when the signal fires. */
  changed(id: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const letGo = milliseconds < POLL_MS ? undefined : this.#everySecond(resolve);
    const timer = letGo ? undefined : setTimeout(resolve, milliseconds);
    const stop = this.database.onAnnounced((changed, news) => {
      if (changed === id && news !== "watched") resolve();
    });
    const onAbort = () => resolve();
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", onAbort, { once: true });
    return promise.finally(() => {
      clearTimeout(timer);
      letGo?.();
      stop();
      signal?.removeEventListener("abort", onAbort);
    });
  }

  /** Waits for a job's end, but no longer than so many milliseconds. */
  async finished(id: string, milliseconds: number, signal?: AbortSignal): Promise<JobStatus | undefined> {
    const end = performance.now() + milliseconds;
    for (;;) {
      const status = await this.status(id);
      const left = end - performance.now();
      if (!status || isFinal(status.state) || left <= 0 || signal?.aborted) return status;
      await this.changed(id, Math.min(left, POLL_MS), signal); // announcements may get lost
    }
  }

  /** The record of a finished job, from which every form can be encoded. */
  record(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return guarded(() => this.database.blobs.get(`${id}/record`));
  }

  /** Whether that record is there. */
  hasRecord(id: string): Promise<boolean> {
    return guarded(() => this.database.blobs.has(`${id}/record`));
  }

  /** Keeps a record that was made without the queue, for other processes and for after a restart. */
  keepRecord(id: string, record: Uint8Array<ArrayBuffer>): Promise<void> {
    return guarded(async () => {
      const { blobs, embedded } = this.database;
      await blobs.put(`${id}/record`, record);
      // one process has an embedded database alone: nobody else's batch is there to drop this
      if (!embedded) await this.#share(id);
    });
  }

  /** Drops a record that nobody will ask for. */
  dropRecord(id: string): Promise<void> {
    return guarded(() => this.database.blobs.delete(`${id}/record`));
  }

  /** Drops the record of a transient job, if nobody but who submitted it has asked for it. */
  dropUnshared(id: string): Promise<void> {
    return guarded(async () => {
      const { rows } = await this.database.sql(
        "select 1 from pgboss.job where name = $1 and id = $2 and data->'transient' is not null",
        [QUEUE, id],
      );
      if (rows.length > 0) await this.dropRecord(id);
    });
  }

  /** Figures of this moment. */
  stats(): Promise<QueueStats> {
    return guarded(async () => {
      const { rows } = await this.database.sql(
        `select count(*) filter (where state < 'active')::int as waiting,
           count(*) filter (where state = 'active')::int as running,
           coalesce(sum((data->>'seconds')::float8) filter (where state < 'active'), 0) as "waitingSeconds"
         from pgboss.job where name = $1 and state <= 'active'`,
        [QUEUE],
      );
      return rows[0] as QueueStats;
    });
  }

  /** Leaves the queue; jobs stay in it. */
  close(): Promise<void> {
    return this.database.close();
  }

  /** All who wait ask again at the same moment, so that their questions are one statement. */
  #everySecond(callback: () => void): () => void {
    this.#ticking.add(callback);
    this.#ticker ??= setInterval(() => this.#ticking.forEach((tick) => tick()), POLL_MS);
    return () => {
      this.#ticking.delete(callback);
      if (this.#ticking.size > 0) return;
      clearInterval(this.#ticker);
      this.#ticker = undefined;
    };
  }

  /** Says that a job, if it is a transient one, is someone else's as well. */
  async #share(id: string): Promise<void> {
    await this.database.sql(
      `update pgboss.job set data = data - 'transient'
       where name = $1 and id = $2 and data->'transient' is not null`,
      [QUEUE, id],
    );
  }

  /**
   * Queues a job anew that is over, in its place. Its tries are counted on: a worker that has not heard yet that it was
   * canceled would otherwise take the first try of the new submission for its own. False if it is not over, or gone:
   * another process may have queued it anew since, and told its client so.
   */
  async #restart(
    id: string,
    data: JobData,
    { priority, expireInSeconds }: { readonly priority: number; readonly expireInSeconds: number },
  ): Promise<boolean> {
    const { blobs, sql } = this.database;
    const { rows } = await sql(RESTART_SQL, [
      QUEUE,
      id,
      JSON.stringify(data),
      priority,
      expireInSeconds,
      TRIES,
    ]);
    if (rows.length === 0) return false;
    await sql("delete from dsc.event where job = $1", [id]);
    for (const { data: old } of rows as { data: JobData }[]) await blobs.delete(inputKey(id, old));
    return true;
  }

  async #refuseIfFull(): Promise<void> {
    const { waiting, running, waitingSeconds } = await this.stats();
    if (waiting < this.#waitingLimit) return;
    // one place comes free when the next job ends
    const next = waitingSeconds / waiting / Math.max(1, running);
    throw new QueueError("jobs_full", `Cannot take job: ${waiting} are waiting already`, {
      retryAfterSeconds: Math.max(1, Math.min(600, Math.ceil(next))),
    });
  }
}

/** How long an announcement that got lost can delay its listeners. */
export const POLL_MS = 1000;

/** So long after somebody said that they look at a job, they are taken to look still. */
export const WATCH_MS = 10_000;

/** So much later than a worker ends a job that takes too long, pg-boss would give it to the next. */
const EXPIRY_SLACK_SECONDS = 60;

const RESTART_SQL = `
  with old as (
    select id, data, retry_count + 1 as tries from pgboss.job
    where name = $1 and id = $2 and state >= 'completed' for update
  )
  update pgboss.job as job set state = 'created', priority = $4::int, expire_seconds = $5::int, output = null,
    data = $3::jsonb || jsonb_build_object('triesBefore', old.tries),
    retry_count = old.tries, retry_limit = old.tries + $6::int - 1,
    keep_until = now() + (keep_until - created_on), created_on = now(), start_after = now(),
    started_on = null, completed_on = null, heartbeat_on = null
  from old where job.name = $1 and job.id = old.id
  returning old.data`;

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toQueueError(error);
  }
}
