/**
 * The whole service in one object: workers, results and the application over them, from one configuration.
 */
import { createSegmentRunner, type SegmentRunner, warmUp } from "../workers/segmenter.ts";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import { logAnswer, logError } from "./log.ts";
import { MemoryStore } from "./store.ts";

/** A service, ready to answer. */
export interface Service {
  /** Answers a request; `info` is what `Deno.serve` tells about the connection. */
  fetch(request: Request, info?: unknown): Response | Promise<Response>;
  /** Loads and compiles everything, so that the first image is not slower than the others. */
  warmUp(): Promise<void>;
  /** Lets running work finish for up to `graceMs` and ends the workers. */
  close(graceMs?: number): Promise<void>;
}

/** Makes a service. No worker starts before the first request that needs one. */
export function createService(config: Config): Service {
  const segmenter = openRunner(config);
  // one isolate that only encodes: forms of finished results come in milliseconds while every core is segmenting
  const encoder = config.DSC_WORKERS === 0 ? segmenter : createSegmentRunner({ size: 1, waitingLimit: 256 });
  const app = createApp({
    segmenter,
    encoder,
    // an image has many forms, of which few are asked for again and again
    store: new MemoryStore(0.75 * config.DSC_CACHE_BYTES),
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
    close: async (graceMs) => {
      await Promise.all([segmenter.close(graceMs), encoder.close(graceMs)]);
    },
  };
}

function openRunner({ DSC_WORKERS, DSC_QUEUE, DSC_DEADLINE_SECONDS }: Config): SegmentRunner {
  return createSegmentRunner({
    deadlineMs: DSC_DEADLINE_SECONDS * 1000,
    ...(DSC_WORKERS === undefined ? {} : { size: DSC_WORKERS }),
    ...(DSC_QUEUE === undefined ? {} : { waitingLimit: DSC_QUEUE }),
  });
}
