/**
 * The isolate's side of a pool: takes jobs one at a time, reports, answers. A worker module names its handlers and calls
 * {@linkcode serveJobs}; everything about messages is here.
 */
import { type FromWorker, leavesWorkerSound, toWire, type ToWorker } from "./messages.ts";
import type { Protocol } from "./runner.ts";

/** What a handler is given besides its job. */
export interface JobContext<Report = unknown> {
  /** Fires when the job is no longer wanted; a handler that stops soon saves its isolate from being replaced. */
  readonly signal: AbortSignal;
  /** Sends a report of progress. */
  readonly report: (report: Report) => void;
}

/** What a handler answers. */
export interface JobOutcome<Result> {
  readonly result: Result;
  /** Buffers of the result to hand over rather than copy. */
  readonly transfer?: Transferable[];
  /** True if this isolate should be replaced before the next job. */
  readonly retire?: boolean;
}

/** One function for each kind of job. */
export type Handlers<P extends Protocol<P>, Report = unknown> = {
  readonly [K in keyof P]: (
    job: P[K]["job"],
    context: JobContext<Report>,
  ) => Promise<JobOutcome<P[K]["result"]>>;
};

// the types of lib.deno.window do not know a worker's own scope
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  close(): void;
}

/**
 * Answers jobs until told to close.
 *
 * @param handlers A function for each kind of job.
 * @param onClose Frees what outlives a job, such as a GPU device, before the isolate ends.
 */
export function serveJobs<P extends Protocol<P>, Report = unknown>(
  handlers: Handlers<P, Report>,
  onClose: () => Promise<void> | void = () => {},
): void {
  const scope = globalThis as unknown as WorkerScope;
  let current: { id: number; abort: AbortController } | undefined;

  scope.onmessage = async ({ data }) => {
    switch (data.type) {
      case "run":
        current = { id: data.id, abort: new AbortController() };
        await answer(data.id, data.kind as keyof P & string, data.job, current.abort.signal);
        current = undefined;
        break;
      case "cancel":
        if (current?.id === data.id) current.abort.abort();
        break;
      case "close":
        await onClose();
        scope.postMessage({ type: "closed" });
        scope.close();
    }
  };

  async function answer<K extends keyof P & string>(id: number, kind: K, job: unknown, signal: AbortSignal) {
    try {
      const handler = handlers[kind];
      if (!handler) throw new TypeError(`Cannot run job: kind ${kind} is not known`);
      const { result, transfer = [], retire = false } = await handler(job as P[K]["job"], {
        signal,
        report: (report) => scope.postMessage({ type: "report", id, report }),
      });
      scope.postMessage({ type: "done", id, result, retire }, transfer);
    } catch (error) {
      scope.postMessage({ type: "failed", id, error: toWire(error), retire: !leavesWorkerSound(error) });
    }
  }
}
