/**
 * What a job is to those who submit it and ask for it: plain values, the same in every process.
 */
import type { ResolvedSettings } from "../../lib/options.ts";
import type { Progress } from "../../lib/progress.ts";
import type { WireError } from "../messages.ts";

/** A job to submit. */
export interface JobRequest {
  /** The result's content id, which is the job's as well: submitting twice is one job. */
  readonly id: string;
  /** The image file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly settings: ResolvedSettings;
  readonly maxPixels: number;
  /** Estimated seconds of one core, see `policy.ts`. */
  readonly seconds: number;
  /** Higher goes first; requests have 0, batches less. @default 0 */
  readonly priority?: number;
  /** Makes small pictures on the way, for those who look. @default false */
  readonly previews?: boolean;
  /** Whoever submits it will drop its record, unless someone else asks for the same work. @default false */
  readonly transient?: boolean;
}

/** What is written into the queue; the bytes lie in the blobs. */
export interface JobData {
  /**
   * Under which the image lies, see {@linkcode inputKey}: each submission has its own, so that whatever tidies up after
   * one never takes the image of the next. Jobs queued before there was this have none: theirs is the job's id.
   */
  readonly input?: string;
  readonly settings: ResolvedSettings;
  readonly maxPixels: number;
  readonly seconds: number;
  readonly previews?: boolean;
  readonly transient?: boolean;
  /** Tries of the submissions before this one, which count on, so that none of them is taken for one of this. */
  readonly triesBefore?: number;
}

/** The key of a job's image among the blobs. */
export function inputKey(id: string, { input = id }: JobData): string {
  return `${input}/input`;
}

/** What a job leaves when it has ended by itself: an error here is the input's fault, so no other try would help. */
export type JobOutput =
  | {
    readonly outcome: "succeeded";
    readonly backend: string;
    readonly regions: number;
    /** Milliseconds by stage. */
    readonly timings: Readonly<Record<string, number>>;
  }
  | { readonly outcome: "failed"; readonly error: WireError };

/** The life of a job. A job whose worker was lost goes back from `processing` to `queued`. */
export type JobState = "queued" | "processing" | "succeeded" | "failed" | "canceled";

/** How a job is. */
export interface JobStatus {
  readonly id: string;
  readonly state: JobState;
  /** Jobs before it, while it is queued. */
  readonly position?: number;
  /** Where it is, while it is processed. */
  readonly progress?: JobProgress;
  /** Tries so far, the running one among them. */
  readonly tries: number;
  /** Estimated seconds of one core. */
  readonly estimate: number;
  /** Why it failed, or why its last try did. */
  readonly error?: { readonly code: string; readonly message: string };
  /** When it was submitted, last started and ended; ISO 8601. */
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** Milliseconds by stage, of one that succeeded. */
  readonly timings?: Readonly<Record<string, number>>;
}

/** One report of progress, or else a picture of it, numbered in the order of all jobs. */
export interface JobEvent {
  readonly seq: number;
  readonly progress?: JobProgress;
  /** A small picture, see `SegmentReport`. */
  readonly preview?: string;
}

/** Where a job is. */
export type JobProgress = Omit<Progress, "preview">;

/** Whether a job will not change any more. */
export function isFinal(state: JobState): boolean {
  return state === "succeeded" || state === "failed" || state === "canceled";
}
