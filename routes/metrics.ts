/**
 * Figures for Prometheus: requests by route and status, seconds by stage, what the workers and the store hold. Labels
 * are route patterns and codes, never paths or ids, so that their number stays small.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { QueueStats } from "../workers/queue/job_queue.ts";
import type { RunnerStats } from "../workers/runner.ts";
import type { StoreStats } from "./store.ts";

/** Where gauges take their values from when they are asked for. */
export interface MetricsSources {
  readonly runner: () => RunnerStats;
  readonly store: () => StoreStats | undefined;
  /** Answers given at once from memory, by status. */
  readonly ready: () => Readonly<Record<string, number>>;
  /** Of the queue, where there is one and it is open. */
  readonly queue?: () => Promise<QueueStats | undefined> | undefined;
  /** Streams of events open now. */
  readonly streams?: () => number;
}

/** The figures of one service. */
export class ServiceMetrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #stages: Histogram<"stage">;
  readonly #segmented: Counter<"backend">;

  /** Makes the figures; nothing runs between scrapes. */
  constructor({ runner, store, ready, queue = () => undefined, streams = () => 0 }: MetricsSources) {
    const registers = [this.#registry];
    this.#requests = new Histogram({
      name: "dsc_http_request_seconds",
      help: "Time to answer, by method, route and status, of what was not answered at once from memory",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#stages = new Histogram({
      name: "dsc_stage_seconds",
      help: "Time of each stage of a segmentation; queue is the wait for a worker",
      labelNames: ["stage"],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.#segmented = new Counter({
      name: "dsc_segmentations_total",
      help: "Images segmented, by backend",
      labelNames: ["backend"],
      registers,
    });
    new Counter({
      name: "dsc_http_ready_total",
      help: "Finished results answered at once from memory, by status",
      labelNames: ["status"],
      registers,
      collect() {
        this.reset(); // counted where it costs nothing, so that a request pays for no label
        for (const [status, count] of Object.entries(ready())) this.inc({ status }, count);
      },
    });
    const counter = (name: string, help: string, value: () => number) =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    gauge(
      "process_resident_memory_bytes",
      "Memory of the process, workers included",
      () => Deno.memoryUsage().rss,
    );
    gauge("dsc_workers", "Isolates alive", () => runner().workers);
    gauge("dsc_jobs_running", "Jobs running now", () => runner().running);
    gauge("dsc_jobs_waiting", "Jobs waiting now", () => runner().waiting);
    for (
      const name of ["completed", "failed", "canceled", "expired", "refused", "crashed", "replaced"] as const
    ) {
      counter(`dsc_jobs_${name}_total`, `Jobs or isolates ${name} since the start`, () => runner()[name]);
    }
    new Gauge({
      name: "dsc_queue_jobs",
      help: "Heavy jobs in the queue, of all processes, by state",
      labelNames: ["state"],
      registers,
      async collect() {
        this.reset();
        const stats = await queue()?.catch(() => undefined); // a database that is away must not hide the rest
        if (!stats) return;
        this.set({ state: "queued" }, stats.waiting);
        this.set({ state: "processing" }, stats.running);
      },
    });
    gauge("dsc_event_streams", "Streams of events of queued work open now", streams);
    gauge("dsc_store_bytes", "Bytes of results kept", () => store()?.bytes ?? 0);
    counter("dsc_store_hits_total", "Results found in the store", () => store()?.hits ?? 0);
    counter("dsc_store_misses_total", "Results not found in the store", () => store()?.misses ?? 0);
  }

  /** Counts an answer. */
  answered(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** Counts a segmentation and its stages, given in milliseconds. */
  segmented(backend: string, timings: Readonly<Record<string, number>>): void {
    this.#segmented.inc({ backend });
    for (const [stage, ms] of Object.entries(timings)) this.#stages.observe({ stage }, ms / 1000);
  }

  /** The text that Prometheus reads. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Its media type. */
  get contentType(): string {
    return this.#registry.contentType;
  }
}
