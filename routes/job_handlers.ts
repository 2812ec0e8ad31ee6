/**
 * The handlers of unfinished segmentations: 202 with an address to ask at, how a job is, its events as they come, and its
 * end before time.
 */
import { isContentId } from "../lib/content_id.ts";
import type { ResolvedSettings } from "../lib/options.ts";
import { isFinal, type JobEvent, type JobStatus } from "../workers/queue/job.ts";
import { type JobQueue, POLL_MS, WATCH_MS } from "../workers/queue/job_queue.ts";
import { MOST_EVENTS } from "../workers/queue/job_reader.ts";
import { EVENT_HEADERS, serverEvent } from "./event_stream.ts";
import type { Jobs } from "./jobs.ts";
import { pathOf } from "./paths.ts";
import { readPreferences } from "./prefer.ts";
import { HttpProblem, JobProblem } from "./problem.ts";
import type { Results } from "./results.ts";

/** How a job is, with the addresses that belong to it. */
export interface JobJson extends JobStatus {
  /** The result, when it is there. */
  readonly url: string;
  readonly status: string;
  readonly events: string;
}

const NO_STORE = { "Cache-Control": "no-store" };
/** A stream that says nothing for so long gets a comment, or a proxy takes it for dead. */
const KEEP_ALIVE_MS = 15_000;
/** What the last event of a finished job is called; a client that comes back with it need not come again. */
const LAST_EVENT = "end";

/**
 * Queues work that is heavy, or whose client would rather not wait.
 *
 * @returns 202, or `undefined` where the result had better be waited for: it is there, or it is small.
 * @throws {JobProblem} if the job ended badly while the client waited.
 */
export async function postJob(
  request: Request,
  jobs: Jobs,
  results: Results,
  id: string,
  image: Uint8Array<ArrayBuffer>,
  settings: ResolvedSettings,
): Promise<Response | undefined> {
  const { respondAsync, waitMs } = readPreferences(request);
  const { heavy, seconds } = jobs.assess(image, settings);
  if (!heavy && !respondAsync) return undefined;
  if (await results.has(id)) return undefined;
  let status = await jobs.submit(id, image, settings, seconds);
  if (waitMs !== undefined) status = await waitFor(jobs, status, waitMs, request.signal);
  return unfinished(request, status);
}

/** What is said at a result's address while it is not there; `undefined` if nobody works on it, or if it has come. */
export async function getUnfinished(request: Request, jobs: Jobs, id: string): Promise<Response | undefined> {
  const queue = await jobs.queue();
  let status = await queue.status(id);
  if (!status) return undefined;
  const { waitMs } = readPreferences(request);
  if (waitMs !== undefined) status = await waitFor(jobs, status, waitMs, request.signal);
  return unfinished(request, status);
}

/** GET /v1/segmentations/{id}/status. */
export async function getJobStatus(request: Request, jobs: Jobs | undefined, id: string): Promise<Response> {
  let status = await findJob(jobs, id);
  const { waitMs } = readPreferences(request);
  if (waitMs !== undefined) status = await waitFor(jobs!, status, waitMs, request.signal);
  return Response.json(toJson(status), { headers: NO_STORE });
}

/** DELETE /v1/segmentations/{id}: ends a job. Whoever else waits for the same result loses it, too. */
export async function deleteJob(jobs: Jobs | undefined, id: string): Promise<Response> {
  const { state } = await findJob(jobs, id);
  if (isFinal(state) && state !== "canceled") {
    throw new HttpProblem("job_over", `Cannot cancel job: it has ${state} already`);
  }
  const status = await (await jobs!.queue()).cancel(id);
  if (!status) throw notFound();
  return Response.json(toJson(status), { headers: NO_STORE });
}

/**
 * GET /v1/segmentations/{id}/events: server-sent events (HTML, section 9.2). `status` says how the job is, whenever that
 * changes; `progress` where it is; `preview` shows it. The last two are numbered, so whoever comes back with Last-Event-ID
 * misses nothing but pictures that were out of date; after the end there is nothing to come back for (204).
 */
export async function getJobEvents(request: Request, jobs: Jobs | undefined, id: string): Promise<Response> {
  const lastEvent = request.headers.get("Last-Event-ID");
  if (lastEvent === LAST_EVENT) return new Response(null, { status: 204, headers: NO_STORE });
  await findJob(jobs, id);
  // nobody would read, nor close, the body of an answer to HEAD
  if (request.method === "HEAD") return new Response(null, { headers: EVENT_HEADERS });
  const after = /^\d{1,15}$/.test(lastEvent ?? "") ? Number(lastEvent) : 0;
  const queue = await jobs!.queue(), close = jobs!.openStream(), left = new AbortController();
  const signal = AbortSignal.any([left.signal, jobs!.closing]);
  const events = jobEvents(queue, id, after, signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await events.next();
        if (!done) return controller.enqueue(encoder.encode(value));
      } catch {
        // the client comes back by itself and goes on where it was
      }
      close();
      controller.close();
    },
    cancel() {
      close();
      left.abort();
    },
  });
  return new Response(body, { headers: EVENT_HEADERS });
}

async function* jobEvents(
  queue: JobQueue,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield "retry: 2000\n\n";
  let said = "", saidAt = performance.now(), watchedAt = -Infinity;
  while (!signal.aborted) {
    const status = await queue.status(id); // before its events: when it says that it is over, all of them are there
    if (status && !isFinal(status.state) && performance.now() - watchedAt > WATCH_MS / 2) {
      await queue.watch(id);
      watchedAt = performance.now();
    }
    let told: readonly JobEvent[];
    do {
      told = await queue.events(id, after);
      for (const { seq, progress, preview } of told) {
        yield preview === undefined
          ? serverEvent("progress", progress, String(seq))
          : serverEvent("preview", { image: preview }, String(seq));
        [after, saidAt] = [seq, performance.now()];
      }
    } while (told.length === MOST_EVENTS && !signal.aborted);
    if (!status) return;
    const { progress: _, ...rest } = toJson(status);
    const over = isFinal(status.state), text = JSON.stringify(rest);
    if (text !== said) {
      yield serverEvent("status", rest, over ? LAST_EVENT : undefined);
      [said, saidAt] = [text, performance.now()];
    }
    if (over) return;
    if (performance.now() - saidAt > KEEP_ALIVE_MS) {
      yield ":\n\n";
      saidAt = performance.now();
    }
    await queue.changed(id, POLL_MS, signal);
  }
}

async function waitFor(
  jobs: Jobs,
  status: JobStatus,
  waitMs: number,
  signal: AbortSignal,
): Promise<JobStatus> {
  if (isFinal(status.state)) return status;
  const queue = await jobs.queue();
  return await queue.finished(status.id, waitMs, AbortSignal.any([signal, jobs.closing])) ?? status;
}

/** 202 (RFC 9110, section 15.3.3), the reason of a bad end, or nothing if the result is there. */
function unfinished(request: Request, status: JobStatus): Response | undefined {
  const { id, state, error } = status;
  switch (state) {
    case "succeeded":
      return undefined;
    case "failed":
      throw new JobProblem(error?.code ?? "failed", error?.message ?? "unknown");
    case "canceled":
      throw new HttpProblem(
        "job_canceled",
        "Cannot give segmentation: its job was canceled; post the image again",
      );
  }
  const applied = readPreferences(request).respondAsync && { "Preference-Applied": "respond-async" };
  return Response.json(toJson(status), {
    status: 202,
    headers: { ...NO_STORE, Location: pathOf(id), "Retry-After": String(retryAfter(status)), ...applied },
  });
}

/** Soon enough for small work, seldom enough for what takes an hour. */
function retryAfter({ estimate, position = 0 }: JobStatus): number {
  return Math.max(1, Math.min(60, Math.ceil((estimate * (1 + position)) / 10)));
}

function toJson(status: JobStatus): JobJson {
  const path = pathOf(status.id);
  const error = status.error &&
    { ...status.error, message: new JobProblem(status.error.code, status.error.message).message };
  return {
    ...status,
    ...(error && { error }),
    url: path,
    status: `${path}/status`,
    events: `${path}/events`,
  };
}

async function findJob(jobs: Jobs | undefined, id: string): Promise<JobStatus> {
  const status = jobs && isContentId(id) ? await (await jobs.queue()).status(id) : undefined;
  if (!status) throw notFound();
  return status;
}

function notFound(): HttpProblem {
  return new HttpProblem("not_found", "Cannot find job: nobody has queued this work, or it is long over");
}
