/**
 * What a job at work says of itself, kept where every process can read it: progress twice a second, and its previews while
 * somebody looks.
 */
import type { SegmentReport } from "../segment_protocol.ts";
import type { JobProgress } from "./job.ts";
import type { JobQueue } from "./job_queue.ts";

/** Those who look at a job: for them, and for nobody else, its previews are kept. */
export interface Audience {
  /** When it will have left, by `performance.now()`. */
  until: number;
  /** Called when somebody looks. */
  onArrival: () => void;
}

/** A progress report is kept so often at most: it is for people to look at. */
const PROGRESS_MS = 500;

/** In place of the one before: pictures of a job that takes hours must not fill the database. */
const KEEP_PREVIEW = `
  with old as (delete from dsc.event where job = $1 and progress->'preview' is not null)
  insert into dsc.event (job, progress) values ($1, $2)`;

/**
 * Keeps the latest progress now and then, its preview where somebody looks, and lets everyone know; `end` keeps what is
 * left, before the job is over.
 */
export function progressKeeper(queue: JobQueue, id: string, audience: Audience, signal: AbortSignal) {
  const { sql, announce } = queue.database;
  let latest: JobProgress | undefined,
    picture: string | undefined,
    keptAt = -Infinity,
    timer: ReturnType<typeof setTimeout> | undefined;
  let kept: Promise<unknown> = Promise.resolve();
  const keep = () => {
    clearTimeout(timer);
    timer = undefined;
    keptAt = performance.now();
    if (signal.aborted) return; // what it would be told of may be a later try by now
    const text = JSON.stringify(latest);
    const preview = performance.now() < audience.until ? picture : undefined;
    if (preview) picture = undefined;
    kept = kept.then(async () => {
      if (preview) await sql(KEEP_PREVIEW, [id, JSON.stringify({ preview })]);
      await sql("insert into dsc.event (job, progress) values ($1, $2)", [id, text]);
      await announce(id);
    }).catch(() => {}); // progress is a courtesy
  };
  const soon = () => timer ??= setTimeout(keep, Math.max(0, keptAt + PROGRESS_MS - performance.now()));
  audience.onArrival = () => picture && soon(); // what was made before they came
  return {
    report({ preview, ...progress }: SegmentReport): void {
      latest = progress;
      picture = preview ?? picture;
      soon();
    },
    async end(): Promise<void> {
      audience.onArrival = () => {};
      if (timer !== undefined) keep();
      await kept;
    },
  };
}
