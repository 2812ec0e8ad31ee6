/**
 * How jobs are, read for many at once: what is asked at the same moment is one statement, so that a thousand listeners
 * cost a process about as much as one. The states are pg-boss's, under the names that clients are told.
 */
import type { Sql } from "./blobs.ts";
import { coalesced } from "./coalesced.ts";
import { QUEUE } from "./database.ts";
import type { JobData, JobEvent, JobOutput, JobProgress, JobState, JobStatus } from "./job.ts";

/** Asks for jobs. */
export interface JobReader {
  /** How a job is; `undefined` if there is none of this id (any more). */
  status(id: string): Promise<JobStatus | undefined>;
  /** What a job reported after the event of that number, oldest first. */
  events(id: string, after: number): Promise<readonly JobEvent[]>;
}

/** A row of {@linkcode STATUS_SQL}. */
interface JobRow {
  readonly id: string;
  readonly state: keyof typeof STATES;
  readonly data: JobData;
  readonly output: JobOutput | FailureOutput | null;
  readonly retryCount: number;
  readonly createdOn: Date;
  readonly startedOn: Date | null;
  readonly completedOn: Date | null;
  readonly position: number | null;
  readonly progress: JobProgress | null;
}

const STATES = {
  created: "queued",
  retry: "queued",
  active: "processing",
  completed: "succeeded",
  cancelled: "canceled",
  failed: "failed",
} as const satisfies Record<string, JobState>;

const STATUS_SQL = `
  select id, state, data, output, retry_count as "retryCount", created_on as "createdOn",
    started_on as "startedOn", completed_on as "completedOn",
    case when state < 'active' then (
      select count(*)::int from pgboss.job before
      where before.name = $1 and before.state < 'active' and
        (before.priority > job.priority or (before.priority = job.priority and before.created_on < job.created_on))
    ) end as position,
    case when state = 'active' then (
      select progress from dsc.event
      where event.job = job.id and progress->'preview' is null order by seq desc limit 1
    ) end as progress
  from pgboss.job where name = $1 and id = any($2::uuid[])`;

/** Events that one question is answered with, at most. */
export const MOST_EVENTS = 1000;

const EVENTS_SQL = `
  select asked.n::int as n, event.seq::float8 as seq, event.progress
  from unnest($1::uuid[], $2::bigint[]) with ordinality as asked (job, after, n) cross join lateral (
    select seq, progress from dsc.event where event.job = asked.job and seq > asked.after order by seq limit ${MOST_EVENTS}
  ) as event order by n, seq`;

/** Reads with these statements. */
export function createJobReader(sql: Sql): JobReader {
  const status = coalesced(async (ids: string[]) => {
    const { rows } = await sql(STATUS_SQL, [QUEUE, [...new Set(ids)]]);
    const found = new Map((rows as JobRow[]).map((row) => [row.id, toStatus(row)]));
    return ids.map((id) => found.get(id));
  });
  const events = coalesced(async (asked: string[]) => {
    const different = [...new Set(asked)], parts = different.map((key) => key.split(" "));
    const { rows } = await sql(EVENTS_SQL, [parts.map(([id]) => id), parts.map(([, after]) => after)]);
    const found = new Map<string, JobEvent[]>(different.map((key) => [key, []]));
    for (const { n, seq, progress } of rows as EventRow[]) {
      found.get(different[n - 1]!)!.push(
        "preview" in progress ? { seq, preview: progress.preview } : { seq, progress },
      );
    }
    return asked.map((key) => found.get(key)!);
  });
  return { status, events: (id, after) => events(`${id} ${after}`) };
}

interface EventRow {
  readonly n: number;
  readonly seq: number;
  readonly progress: JobProgress | { readonly preview: string };
}

function toStatus(job: JobRow): JobStatus {
  const { output, position, progress } = job;
  const ended = output && "outcome" in output ? output : undefined;
  const failure = output && !("outcome" in output) ? output : undefined;
  const error = ended?.outcome === "failed"
    ? { code: ended.error.code ?? "failed", message: ended.error.message }
    : failure && describeFailure(failure);
  return {
    id: job.id,
    state: ended?.outcome === "failed" ? "failed" : STATES[job.state],
    ...(position !== null && { position }),
    ...(progress !== null && { progress }),
    tries: job.startedOn ? job.retryCount + 1 - (job.data.triesBefore ?? 0) : 0,
    estimate: Math.round(job.data.seconds * 10) / 10,
    ...(error && { error }),
    createdAt: job.createdOn.toISOString(),
    ...(job.startedOn && { startedAt: job.startedOn.toISOString() }),
    ...(job.completedOn && { finishedAt: job.completedOn.toISOString() }),
    ...(ended?.outcome === "succeeded" && { timings: ended.timings }),
  };
}

/** What pg-boss or a worker writes when a try fails. */
interface FailureOutput {
  readonly message?: string;
  readonly code?: string;
  readonly value?: { readonly message?: string };
}

function describeFailure(output: FailureOutput): { code: string; message: string } {
  const message = output.message ?? output.value?.message ?? "unknown";
  if (message === "job heartbeat timeout") {
    return { code: "worker_lost", message: "Cannot finish job: the worker that had it went silent" };
  }
  return { code: output.code ?? "failed", message };
}
