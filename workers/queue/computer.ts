/**
 * What computes a job for the queue: a process of its own where this one may start processes, else an isolate.
 *
 * A process is worth its 0.3 s: a V8 heap that overflows, a GPU driver that crashes or memory that the system takes back
 * ends a whole process, whichever isolate it happens in. So it is never the one that answers requests or holds the queue.
 * It is kept from job to job; after a crash, a cancel or a deadline the next job starts another.
 */
import { fileURLToPath } from "node:url";
import type { ResolvedSettings } from "../../lib/options.ts";
import { fromWire, type WireError } from "../messages.ts";
import { RunnerError } from "../runner.ts";
import { createSegmentRunner } from "../segmenter.ts";
import type { SegmentJobResult, SegmentReport } from "../segment_protocol.ts";
import { denoProgram, READABLE, ROOT } from "./deno_program.ts";
import { encodeFrame, type Frame, readFrames } from "./frames.ts";

/** What a compute process is told, with the image file as bytes. */
export interface ComputeJob {
  readonly settings: ResolvedSettings;
  readonly maxPixels: number;
  /** Takes a software adapter for a GPU. @default false */
  readonly allowFallbackAdapter?: boolean;
  /** Adds small pictures to the reports. @default false */
  readonly previews?: boolean;
}

/** A finished job without its record. */
export type ComputeResult = Omit<SegmentJobResult, "files" | "record">;

/** What a compute process answers; the record comes as bytes with `done`. */
export type ComputeAnswer =
  | { readonly type: "report"; readonly report: SegmentReport }
  | { readonly type: "done"; readonly result: ComputeResult }
  | { readonly type: "failed"; readonly error: WireError };

/** How a job is to be computed. */
export interface ComputeOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly onReport: (report: SegmentReport) => void;
}

/** Computes one job at a time. */
export interface Computer {
  compute(
    job: ComputeJob,
    bytes: Uint8Array<ArrayBuffer>,
    options: ComputeOptions,
  ): Promise<{ readonly result: ComputeResult; readonly record: Uint8Array<ArrayBuffer> }>;
  close(): Promise<void>;
}

/** The program of a compute process. */
const MAIN = fileURLToPath(new URL("./compute_main.ts", import.meta.url));

/** What a process of this many jobs holds in fragments is given back by a new one. */
const RECYCLE_AFTER = 200;
/** Of what a dying process printed, so much goes into the cause of the failure. */
const LAST_WORDS = 400;

/** A process where this one may start one, else an isolate. */
export function createComputer(main: string = MAIN): Computer {
  const program = denoProgram();
  return program === undefined ? new IsolateComputer() : new ProcessComputer(program, main);
}

/** Whether jobs get processes of their own here. */
export function canStartProcesses(): boolean {
  return denoProgram() !== undefined;
}

interface Running {
  readonly child: Deno.ChildProcess;
  readonly frames: ReturnType<typeof readFrames>;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
  readonly lastWords: () => string;
  jobs: number;
}

/** Computes in a process of its own. */
class ProcessComputer implements Computer {
  readonly #program: string;
  readonly #main: string;
  #running: Running | undefined;

  constructor(program: string, main: string) {
    this.#program = program;
    this.#main = main;
  }

  async compute(job: ComputeJob, bytes: Uint8Array<ArrayBuffer>, options: ComputeOptions) {
    const { signal, deadlineMs, onReport } = options;
    signal.throwIfAborted();
    const running = this.#running ??= this.#start();
    let reason: unknown;
    const end = (why: unknown) => {
      reason ??= why;
      this.#kill();
    };
    const onAbort = () => end(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const deadline = setTimeout(() => {
      const text = `Cannot finish job: it ran longer than the ${deadlineMs / 1000} s allowed`;
      end(new RunnerError("deadline_exceeded", text));
    }, Math.min(deadlineMs, 2 ** 31 - 1));
    try {
      // a process that dies meanwhile is noticed below, with its cause
      for (const part of encodeFrame(job, bytes)) running.input.write(part).catch(() => {});
      for (;;) {
        const { value, error } = await nextFrame(running);
        if (reason !== undefined) throw reason;
        if (!value) throw await this.#crash(running, error);
        const answer = value.header as ComputeAnswer;
        if (answer.type === "report") onReport(answer.report);
        if (answer.type === "failed") throw fromWire(answer.error);
        if (answer.type === "done") return { result: answer.result, record: value.body };
      }
    } catch (error) {
      throw reason ?? error;
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener("abort", onAbort);
      if (++running.jobs >= RECYCLE_AFTER) await this.close();
    }
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    await running.input.close().catch(() => {}); // the end of its input is what it ends on
    const timer = setTimeout(() => kill(running.child), 1000);
    await running.child.status;
    clearTimeout(timer);
  }

  #kill(): void {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    kill(running.child);
    running.input.close().catch(() => {}); // Deno may have been started through a script, which alone was killed
  }

  #start(): Running {
    const child = new Deno.Command(this.#program, {
      // it may read the code that it runs, nothing else
      args: ["run", "--no-prompt", `--allow-read=${READABLE}`, this.#main],
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let words = "";
    child.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({ write: (text) => void (words = (words + text).slice(-LAST_WORDS)) }),
    ).catch(() => {});
    const input = child.stdin.getWriter();
    // one that ends while it has nothing to do must not cost the next job a try
    child.status.then(() => {
      if (this.#running?.child === child) this.#running = undefined;
      input.close().catch(() => {});
    });
    return {
      child,
      frames: readFrames(child.stdout),
      input,
      lastWords: () => words.trim(),
      jobs: 0,
    };
  }

  async #crash(running: Running, unreadable: unknown): Promise<RunnerError> {
    if (this.#running === running) this.#running = undefined;
    kill(running.child); // its output has ended or is of no more use, and so is it
    const { code, signal } = await running.child.status;
    if (unreadable !== undefined) {
      const text = "Cannot finish job: what its process answered cannot be read";
      return new RunnerError("worker_crashed", text, { cause: unreadable });
    }
    const how = signal ? `by ${signal}` : `with exit code ${code}`;
    const words = running.lastWords();
    return new RunnerError(
      "worker_crashed",
      `Cannot finish job: its process ended ${how}${words && ` after saying "${words}"`}`,
    );
  }
}

/** A frame, or what is wrong with it; neither at the end. */
async function nextFrame({ frames }: Running): Promise<{ value?: Frame | undefined; error?: unknown }> {
  try {
    return { value: (await frames.next()).value ?? undefined };
  } catch (error) {
    return { error };
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // it has ended by itself
  }
}

/** Computes in an isolate of this process. */
class IsolateComputer implements Computer {
  readonly #runner = createSegmentRunner({ size: 1 });

  async compute(job: ComputeJob, bytes: Uint8Array<ArrayBuffer>, options: ComputeOptions) {
    const { record, files: _, ...result } = await this.#runner.run(
      "segment",
      { ...job, bytes, formats: [], record: true },
      options,
    );
    return { result, record: record! };
  }

  async close(): Promise<void> {
    await this.#runner.close(0);
  }
}
