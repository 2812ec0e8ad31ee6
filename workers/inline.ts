/**
 * Runs jobs in the isolate that asks, one at a time, for hosts without Web Workers. The same line and the same errors as
 * the pool, but it contains nothing: a synchronous stretch of a job blocks everything else, and a deadline or a cancel
 * only takes effect when the job next looks at its signal.
 */
import type { Handlers } from "./serve_jobs.ts";
import {
  type Protocol,
  type Runner,
  RunnerCounts,
  RunnerError,
  type RunnerStats,
  type RunOptions,
} from "./runner.ts";

/** Options of an inline runner. */
export interface InlineOptions {
  /** Jobs that may wait; one more is refused with `queue_full`. @default 4 */
  readonly waitingLimit?: number;
  /** Longest time a job may run, in milliseconds. @default 60_000 */
  readonly deadlineMs?: number;
}

/** Runs jobs here, one after the other. */
export class InlineRunner<P extends Protocol<P>, Report = unknown> implements Runner<P, Report> {
  readonly #load: () => Promise<Handlers<P, Report>>;
  readonly #options: Required<InlineOptions>;
  readonly #counts = new RunnerCounts();
  readonly #end = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #closed = false;

  /**
   * Makes a runner.
   *
   * @param load Gives the handlers; called for each job, so that heavy modules load with the first one.
   */
  constructor(load: () => Promise<Handlers<P, Report>>, options: InlineOptions = {}) {
    const { waitingLimit = 4, deadlineMs = 60_000 } = options;
    this.#load = load;
    this.#options = { waitingLimit, deadlineMs };
  }

  run<K extends keyof P & string>(
    kind: K,
    job: P[K]["job"],
    options: RunOptions<Report> = {},
  ): Promise<P[K]["result"]> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(closedError());
    const waiting = Math.max(0, this.#pending - 1);
    if (this.#pending > this.#options.waitingLimit) {
      this.#counts.refused++;
      return Promise.reject(
        new RunnerError("queue_full", `Cannot take job: ${waiting} are waiting already`, {
          retryAfterMs: this.#counts.retryAfterMs(waiting, 1),
        }),
      );
    }
    this.#pending++;
    const result = this.#last.then(() => this.#execute(kind, job, options)).finally(() => this.#pending--);
    this.#last = result.catch(() => {});
    return result;
  }

  stats(): RunnerStats {
    return {
      ...this.#counts,
      size: 1,
      workers: 0,
      running: Math.min(1, this.#pending),
      waiting: Math.max(0, this.#pending - 1),
      waitingLimit: this.#options.waitingLimit,
    };
  }

  async close(graceMs = 10_000): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#end.abort(closedError()), graceMs);
    await this.#last;
    clearTimeout(timer);
  }

  async #execute<K extends keyof P & string>(kind: K, job: P[K]["job"], options: RunOptions<Report>) {
    const { deadlineMs = this.#options.deadlineMs, onReport, onStart } = options;
    const deadline = new AbortController();
    const signals = [deadline.signal, this.#end.signal];
    if (options.signal) signals.push(options.signal);
    const signal = AbortSignal.any(signals);
    const startedAt = performance.now();
    const timer = setTimeout(() => {
      const text = `Cannot finish job: it ran longer than the ${deadlineMs / 1000} s allowed`;
      deadline.abort(new RunnerError("deadline_exceeded", text));
    }, Math.min(deadlineMs, 2 ** 31 - 1));
    try {
      signal.throwIfAborted();
      onStart?.();
      const handlers = await this.#load();
      const { result } = await handlers[kind](job, { signal, report: onReport ?? (() => {}) });
      signal.throwIfAborted(); // a job that never looked at its signal has still run past its deadline
      this.#counts.completed++;
      return result;
    } catch (error) {
      if (deadline.signal.aborted) this.#counts.expired++;
      else if (signal.aborted) this.#counts.canceled++;
      else this.#counts.failed++;
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.#counts.finished(performance.now() - startedAt);
    }
  }
}

function closedError(): RunnerError {
  return new RunnerError("runner_closed", "Cannot run job: the service is shutting down");
}
