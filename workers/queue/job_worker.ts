/**
 * Takes jobs from the queue and has them computed. This process only moves bytes: it must answer heartbeats every second,
 * so it never computes itself (`computer.ts`).
 *
 * A job ends in one of four ways. Its result is kept and it succeeds. Its input is at fault and it fails: no other try
 * would help. It loses its computer (a crash, a lost GPU, no memory) and is tried again elsewhere, three times in all.
 * Or this process is told to stop before it is done, and hands it back.
 */
import type { JobWithMetadata } from "pg-boss";
import { BackendError, ImageDecodeError, LimitError, OptionError } from "../../lib/errors.ts";
import { RunnerError } from "../runner.ts";
import { type Computer, createComputer } from "./computer.ts";
import { QUEUE } from "./database.ts";
import { inputKey, type JobData, type JobOutput } from "./job.ts";
import { type JobQueue, POLL_MS, WATCH_MS } from "./job_queue.ts";
import { deadlineOf } from "./policy.ts";
import { type Audience, progressKeeper } from "./progress_keeper.ts";
import { warmUpComputer } from "./warm_up.ts";

/** Options of {@linkcode takeJobs}. */
export interface JobWorkerOptions {
  /** Jobs computed at once, one process each. @default 1 */
  readonly slots?: number;
  /** Takes a software adapter for a GPU. @default false */
  readonly allowFallbackAdapter?: boolean;
  /** Segments tiny pictures in each slot before it takes its first job, so that this one is not slower. @default false */
  readonly warmUp?: boolean;
  /** Makes what computes. @default createComputer */
  readonly createComputer?: () => Computer;
  /** Told what happens, for the log. @default nobody is */
  readonly onEvent?: (event: JobWorkerEvent) => void;
}

/** What happens here. */
export interface JobWorkerEvent {
  readonly event:
    | "job started"
    | "job succeeded"
    | "job failed"
    | "job tried in vain"
    | "job ended"
    | "job handed back"
    | "slot ready"
    | "warm-up failed"
    | "queue out of reach"
    | "queue reached again";
  /** Of the job, if it is about one. */
  readonly id?: string;
  readonly seconds?: number;
  readonly error?: string;
}

/** Takes jobs until it is closed. */
export interface JobWorker {
  /** Jobs being computed now, or whose results are being kept. */
  readonly running: number;
  /** Takes no more jobs, gives those at work so many milliseconds, then hands back what is left. */
  close(graceMs: number): Promise<void>;
}

/** So often jobs are claimed anew: a cancel is noticed after this at the latest. */
const HEARTBEAT_MS = 1000;
/** So long a pause, at most, is between two questions to a database that does not answer. */
const LONGEST_PAUSE_MS = 5000;
/** For so long a result waits for a database that does not answer, such as one that restarts. */
const PATIENCE_MS = 60_000;

/** Why a job's signal fires when this process stops. */
const HANDED_BACK = Symbol("handed back");

type ClaimedJob = JobWithMetadata<JobData>;

interface RunningJob {
  readonly job: ClaimedJob;
  readonly audience: Audience;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Starts to take jobs. */
export function takeJobs(queue: JobQueue, options: JobWorkerOptions = {}): JobWorker {
  const { slots = 1, allowFallbackAdapter = false, warmUp = false, onEvent = () => {} } = options;
  const create = options.createComputer ?? createComputer;
  const { boss, onAnnounced } = queue.database;
  const computers = Array.from({ length: slots }, create), idle = warmUp ? [] : [...computers];
  const running = new Map<string, RunningJob>();
  let closed = false, wake = () => {}, pause = POLL_MS;

  // one question for all free slots and one heartbeat for all jobs: a query a second, however many slots there are
  const loop = (async () => {
    while (!closed) {
      const woken = Promise.withResolvers<void>();
      wake = woken.resolve; // what happens from here on is not missed
      // results that wait to be kept are held in memory: of those, too, no more than there are slots
      const free = Math.min(idle.length, 2 * slots - running.size);
      const jobs = free > 0 ? await fetch(free) : [];
      for (const job of jobs) start(job);
      if (jobs.length > 0) continue;
      const timer = setTimeout(wake, pause);
      await woken.promise;
      clearTimeout(timer);
    }
  })();

  const closing = new AbortController();
  if (warmUp) computers.forEach(prepare);

  /** Has a slot take jobs when it is warm, or all the same when that does not work: the jobs will tell why. */
  async function prepare(computer: Computer): Promise<void> {
    const startedAt = performance.now();
    try {
      await warmUpComputer(computer, { allowFallbackAdapter, signal: closing.signal });
      onEvent({ event: "slot ready", seconds: Math.round(performance.now() - startedAt) / 1000 });
    } catch (error) {
      if (!closed) onEvent({ event: "warm-up failed", error: textOf(error) });
    }
    idle.push(computer);
    wake();
  }

  /** Jobs for so many slots; none, and a longer pause, while the database does not answer. */
  async function fetch(batchSize: number): Promise<ClaimedJob[]> {
    try {
      const jobs = await boss.fetch<JobData>(QUEUE, { batchSize, includeMetadata: true });
      if (pause > POLL_MS) onEvent({ event: "queue reached again" });
      pause = POLL_MS;
      return jobs as ClaimedJob[];
    } catch (error) {
      if (pause === POLL_MS) onEvent({ event: "queue out of reach", error: textOf(error) });
      pause = Math.min(LONGEST_PAUSE_MS, 2 * pause);
      return [];
    }
  }

  function start(job: ClaimedJob): void {
    const computer = idle.pop()!, stop = new AbortController(); // no more are asked for than are idle
    let released = false;
    const release = () => {
      if (!released) idle.push(computer);
      released = true;
      wake();
    };
    const audience: Audience = { until: 0, onArrival: () => {} };
    // whoever has it here from before had lost it, and would be heard of no more
    running.get(job.id)?.stop.abort(new Error("the job was given out again"));
    const ended = runJob(queue, job, {
      signal: stop.signal,
      computer,
      audience,
      allowFallbackAdapter,
      onComputed: release, // while a result is being kept, the next job is computed
      onEvent,
    })
      .catch((error) => onEvent({ event: "job ended", id: job.id, error: textOf(error) })) // its heartbeat stops
      .finally(() => {
        if (running.get(job.id)?.job === job) running.delete(job.id); // it may have been submitted anew meanwhile
        release();
      });
    running.set(job.id, { job, audience, stop, ended });
  }

  /** Keeps jobs here, and ends those that someone has taken away: canceled, or given to another worker. */
  async function beat(jobs: readonly RunningJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const answer = await boss.touch(QUEUE, jobs.map(({ job }) => attemptOf(job))).catch(() => undefined);
    const { settled } = (answer ?? {}) as { settled?: readonly string[] };
    if (!settled) return; // a heartbeat that could not be sent says nothing about the jobs
    for (const { job, stop } of jobs) {
      if (!settled.includes(job.id)) stop.abort(new Error("the job was canceled, or is another worker's"));
    }
  }
  const heart = setInterval(() => beat([...running.values()]), HEARTBEAT_MS);
  const stopListening = onAnnounced((id, news) => {
    const mine = running.get(id);
    if (mine && news === "watched") {
      mine.audience.until = performance.now() + WATCH_MS;
      mine.audience.onArrival();
    } else if (mine && news === "canceled") beat([mine]);
    else if (news === "submitted") wake();
  });

  return {
    get running() {
      return running.size;
    },
    async close(graceMs) {
      closed = true;
      closing.abort();
      wake();
      await loop;
      const jobs = [...running.values()];
      const timer = setTimeout(() => jobs.forEach(({ stop }) => stop.abort(HANDED_BACK)), graceMs);
      await Promise.all(jobs.map(({ ended }) => ended));
      clearTimeout(timer);
      clearInterval(heart);
      stopListening();
      await Promise.all(computers.map((computer) => computer.close()));
    },
  };
}

async function runJob(
  queue: JobQueue,
  job: ClaimedJob,
  { signal, computer, audience, allowFallbackAdapter, onComputed, onEvent }: {
    readonly signal: AbortSignal;
    readonly computer: Computer;
    readonly audience: Audience;
    readonly allowFallbackAdapter: boolean;
    readonly onComputed: () => void;
    readonly onEvent: (event: JobWorkerEvent) => void;
  },
): Promise<void> {
  const { boss, blobs, announce } = queue.database;
  const { id, data } = job, attempt = attemptOf(job);
  const startedAt = performance.now();
  const tell = (event: JobWorkerEvent["event"], error?: unknown) => {
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    onEvent({
      event,
      id,
      ...(event !== "job started" && { seconds }),
      ...(error !== undefined && { error: textOf(error) }),
    });
  };
  const dropInput = () => blobs.delete(inputKey(id, data)).catch(() => {}); // else it goes with its time to live
  const settle = async (output: JobOutput) => {
    await patiently(signal, () => boss.complete(QUEUE, attempt, output));
    await Promise.all([announce(id), dropInput()]);
  };
  tell("job started");
  try {
    const bytes = await patiently(signal, () => blobs.get(inputKey(id, data)));
    if (!bytes) throw new RunnerError("input_expired", "Cannot begin job: its image is not kept any more");
    const { settings, maxPixels, previews = false } = data;
    const progress = progressKeeper(queue, id, audience, signal);
    const given = { settings, maxPixels, allowFallbackAdapter, previews };
    const { result, record } = await computer.compute(given, bytes, {
      signal,
      deadlineMs: deadlineOf(data.seconds) * 1000,
      onReport: progress.report,
    }).finally(onComputed).finally(progress.end);
    await patiently(signal, () => blobs.put(`${id}/record`, record));
    const { backend, regions, timings } = result;
    await settle({ outcome: "succeeded", backend, regions, timings });
    tell("job succeeded");
  } catch (error) {
    if (signal.aborted) {
      if (signal.reason !== HANDED_BACK) return tell("job ended", signal.reason); // canceled, or another worker has it
      await handBack(queue, job);
      tell("job handed back");
    } else if (isFinalFailure(error)) {
      const { name, message, code } = error as Error & { code: string };
      await settle({ outcome: "failed", error: { name, message, code } });
      tell("job failed", error);
    } else {
      const code = (error as { code?: string }).code ?? "failed";
      await patiently(signal, () => boss.fail(QUEUE, attempt, { code, message: textOf(error) }));
      await announce(id);
      if (job.retryCount >= job.retryLimit) await dropInput(); // this was its last try
      tell("job tried in vain", error);
    }
  }
}

/** Puts a job back into the line without it losing one of its tries. */
async function handBack(queue: JobQueue, job: ClaimedJob): Promise<void> {
  const { boss, sql, announce } = queue.database;
  const { id, retryCount } = job;
  // first, so that even its last try does not make it a failed one on the way
  await sql(
    `update pgboss.job set retry_limit = retry_limit + 1
     where name = $1 and id = $2 and state = 'active' and retry_count = $3`,
    [QUEUE, id, retryCount],
  );
  await boss.fail(QUEUE, attemptOf(job), { code: "handed_back", message: "its worker was told to stop" });
  await announce(id);
}

/** Whether the input is at fault, or the time: another try would end the same way. */
function isFinalFailure(error: unknown): boolean {
  if (error instanceof ImageDecodeError || error instanceof LimitError || error instanceof OptionError) {
    return true;
  }
  if (error instanceof BackendError) {
    return error.code === "backend_unavailable" || error.code === "backend_fallback_adapter";
  }
  return error instanceof RunnerError &&
    (error.code === "deadline_exceeded" || error.code === "input_expired");
}

/** Tries again for a minute: a database that restarts must not cost a result that took an hour. */
async function patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (let pause = 100;; pause = Math.min(2000, 2 * pause)) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Names the try, so that nothing is said about a later one in its place. */
function attemptOf({ id, retryCount }: ClaimedJob): { id: string; retryCount: number } {
  return { id, retryCount };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
