/**
 * Jobs of the service: the queue, opened when it is first needed, and the decision which work goes there. Knows nothing of
 * requests; `job_handlers.ts` does.
 */
import type { ResolvedSettings } from "../lib/options.ts";
import type { JobQueue, QueueStats } from "../workers/queue/job_queue.ts";
import { decide, estimateWork, type Work } from "../workers/queue/policy.ts";
import { HttpProblem } from "./problem.ts";

/** What {@linkcode Jobs} needs. */
export interface JobsOptions {
  /** Opens the queue; called again after it failed. */
  readonly open: () => Promise<JobQueue>;
  readonly maxPixels: number;
  /** Streams of events open at once. @default 1000 */
  readonly streamLimit?: number;
  /** Told when a result could not be kept for later. @default nobody is */
  readonly onError?: (error: unknown) => void;
}

/** The jobs of one service. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #closing = new AbortController();
  #opening: Promise<JobQueue> | undefined;
  #queue: JobQueue | undefined;
  readonly #keeping = new Set<Promise<void>>();
  #streams = 0;

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  /** Fires when the service ends: who waits for a job waits no longer. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The queue. */
  queue(): Promise<JobQueue> {
    return this.#opening ??= this.#options.open().then(
      (queue) => this.#queue = queue,
      (error) => {
        this.#opening = undefined;
        throw error;
      },
    );
  }

  /** What an image and its settings will cost, and whether that is for the queue. */
  assess(bytes: Uint8Array, settings: ResolvedSettings): Work & { readonly heavy: boolean } {
    const work = estimateWork(bytes, settings);
    return { ...work, heavy: decide(work, this.#options.maxPixels) === "queued" };
  }

  /** Submits a job. */
  async submit(id: string, bytes: Uint8Array<ArrayBuffer>, settings: ResolvedSettings, seconds: number) {
    const queue = await this.queue();
    const { maxPixels } = this.#options;
    return await queue.submit({ id, bytes, settings, seconds, maxPixels, previews: true });
  }

  /**
   * A kept record.
   *
   * @param patient Waits for the queue to open; otherwise one that is not open yet has nothing.
   */
  async record(id: string, patient: boolean): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (patient) return await (await this.queue()).record(id);
    return await this.#queue?.record(id);
  }

  /** Whether a record is kept; waits for the queue to open. */
  async hasRecord(id: string): Promise<boolean> {
    return await (await this.queue()).hasRecord(id);
  }

  /** Keeps a record for other processes and for after a restart, in its own time. */
  keepRecord(id: string, record: Uint8Array<ArrayBuffer>): void {
    const kept = this.queue().then((queue) => queue.keepRecord(id, record))
      .catch((error) => this.#options.onError?.(error))
      .finally(() => this.#keeping.delete(kept));
    this.#keeping.add(kept);
  }

  /**
   * Makes room for one more stream of events; returns how to give it back.
   *
   * @throws {HttpProblem} `streams_full` if there are enough.
   */
  openStream(): () => void {
    const { streamLimit = 1000 } = this.#options;
    if (this.#streams >= streamLimit) {
      const text = `Cannot open stream: ${this.#streams} are open already; ask for the status instead`;
      throw new HttpProblem("streams_full", text, { "Retry-After": "10" });
    }
    this.#streams++;
    let open = true;
    return () => {
      if (open) this.#streams--;
      open = false;
    };
  }

  /** Streams of events that are open now. */
  get streams(): number {
    return this.#streams;
  }

  /** Figures of the queue, if it is open. */
  async stats(): Promise<QueueStats | undefined> {
    return await this.#queue?.stats();
  }

  /** Lets go everyone who waits. */
  release(): void {
    this.#closing.abort();
  }

  /** Leaves the queue; jobs stay in it. */
  async close(): Promise<void> {
    this.release();
    const queue = await this.#opening?.catch(() => undefined);
    await Promise.all(this.#keeping); // what was finished last is there after the restart, too
    await queue?.close();
  }
}
