/**
 * What runs jobs: a {@linkcode WorkerPool} of isolates or, where there are no Web Workers, an `InlineRunner` in this one.
 * Callers see only this interface, so the command line, HTTP and benchmarks do not care which it is.
 */

/** A protocol names the kinds of job and, for each, what goes in and what comes out. All of it must be cloneable. */
export type Protocol<P> = { readonly [K in keyof P]: { readonly job: unknown; readonly result: unknown } };

/** Options of one job. `Report` is what the job tells while it runs. */
export interface RunOptions<Report = unknown> {
  /** Ends the job, waiting or running; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time the job may run, in milliseconds, not counting its wait. @default the runner's own */
  readonly deadlineMs?: number | undefined;
  /** Receives reports of progress; what it throws ends the job. */
  readonly onReport?: ((report: Report) => void) | undefined;
  /** Called once, when the job leaves the line and starts to run. */
  readonly onStart?: (() => void) | undefined;
  /** Buffers handed over rather than copied; they are empty here afterwards. */
  readonly transfer?: Transferable[] | undefined;
}

/** Figures for `/metrics`, `/readyz` and Retry-After. Counts are since the start. */
export interface RunnerStats {
  /** Jobs that can run at once. */
  readonly size: number;
  /** Isolates alive now, 0 where jobs run inline. */
  readonly workers: number;
  /** Jobs running now. */
  readonly running: number;
  /** Jobs in the line now. */
  readonly waiting: number;
  /** Longest line allowed. */
  readonly waitingLimit: number;
  /** Jobs that ended with a result. */
  readonly completed: number;
  /** Jobs that ended with an error of their own. */
  readonly failed: number;
  /** Jobs ended by their signal. */
  readonly canceled: number;
  /** Jobs that ran past their deadline. */
  readonly expired: number;
  /** Jobs turned away because the line was full. */
  readonly refused: number;
  /** Isolates that died under a job. */
  readonly crashed: number;
  /** Isolates replaced: after a crash, a spoiling error, a deadline, or in due course. */
  readonly replaced: number;
  /** Smoothed duration of a job in milliseconds, 0 before the first. */
  readonly meanMs: number;
}

/** Runs jobs of protocol `P`. */
export interface Runner<P extends Protocol<P>, Report = unknown> {
  /**
   * Runs a job when its turn comes.
   *
   * @throws {RunnerError} (as a rejection) `queue_full`, `deadline_exceeded`, `worker_crashed` or `runner_closed`.
   */
  run<K extends keyof P & string>(
    kind: K,
    job: P[K]["job"],
    options?: RunOptions<Report>,
  ): Promise<P[K]["result"]>;
  /** Figures of this moment. */
  stats(): RunnerStats;
  /** Takes no new jobs, lets those accepted finish for up to `graceMs`, then ends what is left. */
  close(graceMs?: number): Promise<void>;
}

/** Codes of {@linkcode RunnerError}. */
export type RunnerErrorCode =
  | "queue_full"
  | "deadline_exceeded"
  | "worker_crashed"
  | "runner_closed"
  | "input_expired";

/** The job was not done for a reason that lies with the runner, not with the job's input. */
export class RunnerError extends Error {
  /** Stable, machine-readable reason. */
  readonly code: RunnerErrorCode;
  /** Milliseconds after which another try is worthwhile, where that can be told. */
  readonly retryAfterMs: number | undefined;

  /** Makes an error with its code and a sentence that says what happened. */
  constructor(code: RunnerErrorCode, message: string, options?: ErrorOptions & { retryAfterMs?: number }) {
    super(message, options);
    this.name = "RunnerError";
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Counts what both kinds of runner count. */
export class RunnerCounts {
  completed = 0;
  failed = 0;
  canceled = 0;
  expired = 0;
  refused = 0;
  crashed = 0;
  replaced = 0;
  meanMs = 0;

  /** Takes a finished job's duration into the smoothed mean: the last dozen or so jobs decide it. */
  finished(milliseconds: number): void {
    this.meanMs = this.meanMs === 0 ? milliseconds : this.meanMs + (milliseconds - this.meanMs) / 8;
  }

  /** Milliseconds until a line of `waiting` jobs has moved up enough for one more. */
  retryAfterMs(waiting: number, size: number): number {
    return Math.max(1000, (this.meanMs * (waiting + 1)) / size);
  }
}
