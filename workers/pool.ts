/**
 * A pool of isolates, one job at a time in each. The line is bounded, each job has a deadline, and an isolate that
 * crashes, hangs or runs out of memory is replaced without harm to the others. One isolate computes on one core and holds
 * one tfjs engine, whose state is global per isolate: that is why one job at a time is a rule here and not a tuning.
 *
 * What it does not contain: a V8 heap that overflows ends the whole process, whichever isolate it is in. Large data must
 * therefore live in typed arrays, outside that heap, and inputs must be limited before they are decoded.
 */
import { fromWire, type FromWorker, type ToWorker } from "./messages.ts";
import {
  type Protocol,
  type Runner,
  RunnerCounts,
  RunnerError,
  type RunnerStats,
  type RunOptions,
} from "./runner.ts";

/** Options of a pool. */
export interface PoolOptions {
  /** The module that the isolates run; it calls `serveJobs`. */
  readonly module: URL;
  /** Isolates at most, started when first needed. @default one for each core */
  readonly size?: number;
  /** Jobs that may wait; one more is refused with `queue_full`. @default 4 for each isolate */
  readonly waitingLimit?: number;
  /** Longest time a job may run, in milliseconds. @default 60_000 */
  readonly deadlineMs?: number;
  /** Jobs after which an isolate is replaced, since wasm heaps and GPU buffer pools only grow. @default 200 */
  readonly recycleAfter?: number;
  /** Milliseconds that a canceled job has to stop by itself before its isolate is ended. @default 250 */
  readonly cancelGraceMs?: number;
}

interface Task<Report> {
  readonly id: number;
  readonly kind: string;
  readonly job: unknown;
  readonly options: RunOptions<Report>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  startedAt: number;
  settled: boolean;
  onAbort?: () => void;
  deadline?: ReturnType<typeof setTimeout>;
}

interface Slot<Report> {
  readonly worker: Worker;
  task: Task<Report> | undefined;
  jobs: number;
  kill?: ReturnType<typeof setTimeout>;
}

// a closing isolate frees its GPU device in milliseconds; one that does not answer is ended all the same
const CLOSE_MS = 1000;

/** Runs jobs in Web Workers. */
export class WorkerPool<P extends Protocol<P>, Report = unknown> implements Runner<P, Report> {
  readonly #options: Required<PoolOptions>;
  readonly #slots: Slot<Report>[] = [];
  readonly #line: Task<Report>[] = [];
  readonly #counts = new RunnerCounts();
  #lastId = 0;
  #closed = false;
  #onIdle: (() => void) | undefined;
  readonly #leaving = new Set<Promise<void>>();

  /** Makes a pool; no isolate starts before the first job. */
  constructor(options: PoolOptions) {
    const size = options.size ?? Math.max(1, navigator.hardwareConcurrency);
    const {
      module,
      waitingLimit = 4 * size,
      deadlineMs = 60_000,
      recycleAfter = 200,
      cancelGraceMs = 250,
    } = options;
    for (const [name, value] of Object.entries({ size, recycleAfter })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new RangeError(
          `Cannot make worker pool: ${name} must be a whole number of at least 1, got ${value}`,
        );
      }
    }
    this.#options = { module, size, waitingLimit, deadlineMs, recycleAfter, cancelGraceMs };
  }

  run<K extends keyof P & string>(
    kind: K,
    job: P[K]["job"],
    options: RunOptions<Report> = {},
  ): Promise<P[K]["result"]> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(closedError());
    const { size, waitingLimit } = this.#options;
    if (this.#running() >= size && this.#line.length >= waitingLimit) {
      this.#counts.refused++;
      return Promise.reject(
        new RunnerError("queue_full", `Cannot take job: ${this.#line.length} are waiting already`, {
          retryAfterMs: this.#counts.retryAfterMs(this.#line.length, size),
        }),
      );
    }
    return new Promise<unknown>((resolve, reject) => {
      const task: Task<Report> = {
        id: ++this.#lastId,
        kind,
        job,
        options,
        resolve,
        reject,
        startedAt: 0,
        settled: false,
      };
      if (signal) {
        task.onAbort = () => this.#abandon(task, signal.reason, "canceled");
        signal.addEventListener("abort", task.onAbort, { once: true });
      }
      this.#line.push(task);
      this.#dispatch();
    });
  }

  stats(): RunnerStats {
    const { size, waitingLimit } = this.#options;
    return {
      ...this.#counts,
      size,
      workers: this.#slots.length,
      running: this.#running(),
      waiting: this.#line.length,
      waitingLimit,
    };
  }

  async close(graceMs = 10_000): Promise<void> {
    this.#closed = true;
    if (this.#running() + this.#line.length > 0 && graceMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onIdle = resolve;
      const timer = setTimeout(resolve, graceMs);
      await promise;
      clearTimeout(timer);
    }
    for (const task of this.#line.splice(0)) this.#settle(task, closedError());
    for (const slot of [...this.#slots]) {
      if (slot.task) this.#settle(slot.task, closedError());
    }
    for (const slot of [...this.#slots]) this.#retire(slot);
    await Promise.all(this.#leaving);
  }

  #running(): number {
    let running = 0;
    for (const slot of this.#slots) if (slot.task) running++;
    return running;
  }

  #dispatch(): void {
    while (this.#line.length > 0) {
      const idle = this.#slots.find((slot) => !slot.task);
      if (!idle && this.#slots.length >= this.#options.size) return;
      const task = this.#line.shift()!;
      try {
        this.#assign(idle ?? this.#start(), task);
      } catch (error) { // no isolate could be started, or the job holds something that cannot be cloned
        this.#counts.failed++;
        this.#settle(task, error);
      }
    }
    if (this.#onIdle && this.#running() === 0) this.#onIdle();
  }

  #start(): Slot<Report> {
    const worker = new Worker(this.#options.module, { type: "module" });
    const slot: Slot<Report> = { worker, task: undefined, jobs: 0 };
    worker.onmessage = (event: MessageEvent<FromWorker>) => this.#receive(slot, event.data);
    worker.onerror = (event) => {
      event.preventDefault(); // without this one crashed isolate ends the process
      // a module that is not there gives an event without a message
      this.#crash(slot, event.message || "it could not be loaded");
    };
    worker.onmessageerror = () => this.#crash(slot, "its answer could not be read");
    this.#slots.push(slot);
    return slot;
  }

  #assign(slot: Slot<Report>, task: Task<Report>): void {
    const { deadlineMs = this.#options.deadlineMs, transfer = [], onStart } = task.options;
    const message: ToWorker = { type: "run", id: task.id, kind: task.kind, job: task.job };
    slot.worker.postMessage(message, transfer);
    slot.task = task;
    task.startedAt = performance.now();
    onStart?.();
    if (Number.isFinite(deadlineMs)) {
      task.deadline = setTimeout(() => {
        const text = `Cannot finish job: it ran longer than the ${deadlineMs / 1000} s allowed`;
        this.#abandon(task, new RunnerError("deadline_exceeded", text), "expired");
      }, deadlineMs);
    }
  }

  #receive(slot: Slot<Report>, message: FromWorker): void {
    const task = slot.task;
    if (message.type === "closed" || !task || message.id !== task.id) return;
    if (message.type === "report") {
      if (task.settled) return;
      try {
        task.options.onReport?.(message.report as Report);
      } catch (error) {
        this.#abandon(task, error, "canceled");
      }
      return;
    }
    clearTimeout(slot.kill);
    slot.task = undefined;
    slot.jobs++;
    if (!task.settled) {
      this.#counts.finished(performance.now() - task.startedAt);
      if (message.type === "done") {
        this.#counts.completed++;
        this.#settle(task, undefined, message.result);
      } else {
        this.#counts.failed++;
        this.#settle(task, fromWire(message.error));
      }
    }
    if (message.retire || slot.jobs >= this.#options.recycleAfter) {
      this.#counts.replaced++;
      this.#retire(slot);
    }
    this.#dispatch();
  }

  /** Gives up on a task: out of the line at once; if running, its isolate may stop by itself or is replaced. */
  #abandon(task: Task<Report>, reason: unknown, count: "canceled" | "expired"): void {
    if (task.settled) return;
    this.#counts[count]++;
    this.#settle(task, reason);
    const waiting = this.#line.indexOf(task);
    if (waiting >= 0) {
      this.#line.splice(waiting, 1);
      return this.#dispatch();
    }
    const slot = this.#slots.find((s) => s.task === task);
    if (!slot) return;
    const cancel: ToWorker = { type: "cancel", id: task.id };
    slot.worker.postMessage(cancel);
    slot.kill = setTimeout(() => this.#replace(slot), this.#options.cancelGraceMs);
  }

  #crash(slot: Slot<Report>, cause: string): void {
    if (!this.#slots.includes(slot)) return;
    this.#counts.crashed++;
    const task = slot.task;
    if (task && !task.settled) {
      this.#settle(task, new RunnerError("worker_crashed", `Cannot finish job: its worker ended: ${cause}`));
    }
    this.#replace(slot);
  }

  #replace(slot: Slot<Report>): void {
    this.#counts.replaced++;
    this.#remove(slot);
    slot.worker.terminate();
    this.#dispatch();
  }

  #retire(slot: Slot<Report>): void {
    this.#remove(slot);
    const leaving = this.#end(slot).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  /** Ends an isolate that is not hung, giving it the time to free its GPU device. */
  async #end(slot: Slot<Report>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    slot.worker.onmessage = (event: MessageEvent<FromWorker>) => {
      if (event.data.type === "closed") resolve();
    };
    slot.worker.onerror = (event) => {
      event.preventDefault();
      resolve();
    };
    const close: ToWorker = { type: "close" };
    slot.worker.postMessage(close);
    const timer = setTimeout(resolve, slot.task ? this.#options.cancelGraceMs : CLOSE_MS);
    await promise;
    clearTimeout(timer);
    slot.worker.terminate();
  }

  #remove(slot: Slot<Report>): void {
    clearTimeout(slot.kill);
    const index = this.#slots.indexOf(slot);
    if (index >= 0) this.#slots.splice(index, 1);
  }

  #settle(task: Task<Report>, error: unknown, result?: unknown): void {
    if (task.settled) return;
    task.settled = true;
    clearTimeout(task.deadline);
    if (task.onAbort) task.options.signal?.removeEventListener("abort", task.onAbort);
    if (error === undefined) task.resolve(result);
    else task.reject(error);
  }
}

function closedError(): RunnerError {
  return new RunnerError("runner_closed", "Cannot run job: the service is shutting down");
}
