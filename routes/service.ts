/**
 * The whole service in one object: workers, results, queue and the application over them, from one configuration.
 */
import { type JobQueue, openQueue } from "../workers/queue/job_queue.ts";
import { type JobWorker, takeJobs } from "../workers/queue/job_worker.ts";
import { createSegmentRunner, type SegmentRunner, warmUp } from "../workers/segmenter.ts";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import { Jobs } from "./jobs.ts";
import { log, logAnswer, logError } from "./log.ts";
import { MemoryStore } from "./store.ts";

/**
 * Isolates that were ended have a thread that goes on for up to 60 ms (measured), and a process that exits meanwhile dies
 * of a segmentation fault now and then: once in 14 stops without this wait, never in 80 with it (Deno 2.9.6).
 */
const TEAR_DOWN_MS = 300;

/** A service, ready to answer. */
export interface Service {
  /** Answers a request; `info` is what `Deno.serve` tells about the connection. */
  fetch(request: Request, info?: unknown): Response | Promise<Response>;
  /** Loads and compiles everything, so that the first image is not slower than the others. */
  warmUp(): Promise<void>;
  /**
   * Opens the queue and takes its jobs, where this process is to. What is needed before is done when it is needed.
   *
   * @throws {QueueError} The queue cannot be opened.
   */
  startJobs(): Promise<void>;
  /** Lets running work finish for up to `graceMs` and ends the workers. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Makes a service. No worker starts, and no queue is opened, before the first request that needs one.
 *
 * @param host The edge has a queue only where there is a DATABASE_URL, and never computes for it: work that goes on after
 *   an answer may be ended there at any time.
 */
export function createService(config: Config, host: "edge" | "server" = "edge"): Service {
  const onQueueError = (error: unknown) => log("queue error", { error: String(error) });
  const jobs = hasQueue(config, host)
    ? new Jobs({
      open: () => openServiceQueue(config, host, onQueueError),
      maxPixels: config.DSC_MAX_PIXELS,
      streamLimit: config.DSC_EVENT_STREAMS,
      onError: onQueueError,
    })
    : undefined;
  let worker: JobWorker | undefined;
  const segmenter = openRunner(config);
  // one isolate that only encodes: forms of finished results come in milliseconds while every core is segmenting
  const encoder = config.DSC_WORKERS === 0 ? segmenter : createSegmentRunner({ size: 1, waitingLimit: 256 });
  const app = createApp({
    segmenter,
    encoder,
    // an image has many forms, of which few are asked for again and again
    store: new MemoryStore(0.75 * config.DSC_CACHE_BYTES),
    jobs,
    readyBytes: 0.25 * config.DSC_CACHE_BYTES,
    maxBodyBytes: config.DSC_MAX_BODY_BYTES,
    bodyTimeoutMs: config.DSC_BODY_SECONDS * 1000,
    maxPixels: config.DSC_MAX_PIXELS,
    corsOrigins: config.DSC_CORS_ORIGINS,
    keys: config.DSC_API_KEYS,
    ratePerMinute: config.DSC_RATE_PER_MINUTE,
    trustedProxies: config.DSC_TRUSTED_PROXIES,
    ...(config.DSC_REMOTE_HOSTS.length === 0 ? {} : { remote: { hosts: config.DSC_REMOTE_HOSTS } }),
    ...(config.DSC_LOG_REQUESTS === 1 ? { onAnswer: logAnswer } : {}),
    onError: logError,
  });
  return {
    fetch: (request, info) => app.fetch(request, { info }),
    warmUp: () => warmUp(segmenter),
    async startJobs() {
      if (!jobs) return;
      const queue = await jobs.queue();
      const slots = jobSlots(config, host);
      if (slots > 0) worker = takeServiceJobs(queue, slots, config);
      log("queue open", { database: queue.database.embedded ? config.DSC_DATA : "PostgreSQL", slots });
    },
    close: async (graceMs) => {
      jobs?.release(); // streams of events end, so that the server can
      await Promise.all([segmenter.close(graceMs), encoder.close(graceMs), worker?.close(graceMs ?? 10_000)]);
      await jobs?.close();
      await new Promise((done) => setTimeout(done, TEAR_DOWN_MS));
    },
  };
}

function hasQueue({ DATABASE_URL, DSC_DATA }: Config, host: "edge" | "server"): boolean {
  return DATABASE_URL !== undefined || (host === "server" && DSC_DATA !== "none");
}

/** The queue that a process of this configuration uses. */
export function openServiceQueue(
  { DATABASE_URL, DSC_DATA, DSC_JOBS_WAITING, DSC_RESULT_BYTES, DSC_RESULT_HOURS }: Config,
  host: "edge" | "server",
  onError: (error: unknown) => void,
): Promise<JobQueue> {
  return openQueue({
    url: DATABASE_URL,
    folder: DSC_DATA,
    waitingLimit: DSC_JOBS_WAITING,
    resultHours: DSC_RESULT_HOURS,
    resultBytes: DSC_RESULT_BYTES,
    role: host === "edge" ? "edge" : "full",
    onError,
  });
}

/** Takes jobs as a process of this configuration does, and logs what becomes of them. */
export function takeServiceJobs(queue: JobQueue, slots: number, config: Config): JobWorker {
  return takeJobs(queue, {
    slots,
    allowFallbackAdapter: config.DSC_SOFTWARE_GPU === 1,
    // one machine alone has better uses for the memory of processes that wait for their first heavy job
    warmUp: !queue.database.embedded,
    onEvent: ({ event, ...fields }) => log(event, fields),
  });
}

/** Jobs computed at once: half the cores where requests are answered beside them, none where others are there for it. */
function jobSlots({ DSC_JOB_SLOTS, DATABASE_URL }: Config, host: "edge" | "server"): number {
  if (host === "edge") return 0;
  return DSC_JOB_SLOTS ?? (DATABASE_URL === undefined ? Math.ceil(navigator.hardwareConcurrency / 2) : 0);
}

function openRunner({ DSC_WORKERS, DSC_QUEUE, DSC_DEADLINE_SECONDS }: Config): SegmentRunner {
  return createSegmentRunner({
    deadlineMs: DSC_DEADLINE_SECONDS * 1000,
    ...(DSC_WORKERS === undefined ? {} : { size: DSC_WORKERS }),
    ...(DSC_QUEUE === undefined ? {} : { waitingLimit: DSC_QUEUE }),
  });
}
