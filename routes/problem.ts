/**
 * Every error as an answer: RFC 9457 problem details. This is the one place where codes become HTTP statuses.
 *
 * Codes are stable, details are sentences for people. Nothing of the host (paths, stacks, module names) gets into an answer:
 * an error without a code of ours is an `internal_error`, whose text goes to the log only.
 */
import {
  BackendError,
  type BackendErrorCode,
  ImageDecodeError,
  type ImageDecodeErrorCode,
  LimitError,
  type LimitErrorCode,
  OptionError,
  type OptionErrorCode,
} from "../lib/errors.ts";
import { QueueError, type QueueErrorCode } from "../workers/queue/errors.ts";
import { RunnerError, type RunnerErrorCode } from "../workers/runner.ts";

/** Codes of the HTTP layer itself. */
export type HttpProblemCode =
  | "malformed_request"
  | "malformed_multipart"
  | "missing_image"
  | "request_aborted"
  | "unauthorized"
  | "not_found"
  | "method_not_allowed"
  | "not_acceptable"
  | "request_timeout"
  | "body_too_large"
  | "unsupported_media_type"
  | "rate_limited"
  | "job_over"
  | "job_canceled"
  | "remote_forbidden"
  | "remote_failed"
  | "internal_error"
  | "server_busy"
  | "streams_full"
  | "not_ready";

/** Every code that an answer can carry. */
export type ProblemCode =
  | HttpProblemCode
  | ImageDecodeErrorCode
  | LimitErrorCode
  | OptionErrorCode
  | BackendErrorCode
  | RunnerErrorCode
  | QueueErrorCode
  | "worker_lost";

/** Status and title of each code; titles never change with the occurrence (RFC 9457, section 3.1.3). */
export const PROBLEMS: Readonly<Record<ProblemCode, { readonly status: number; readonly title: string }>> = {
  malformed_request: { status: 400, title: "The request is malformed" },
  malformed_multipart: { status: 400, title: "The multipart body is malformed" },
  missing_image: { status: 400, title: "There is no image in the request" },
  request_aborted: { status: 400, title: "The client went away" },
  empty_image: { status: 400, title: "The image has no bytes" },
  unauthorized: { status: 401, title: "A valid key is required" },
  remote_forbidden: { status: 403, title: "This address may not be fetched from here" },
  not_found: { status: 404, title: "There is nothing here" },
  method_not_allowed: { status: 405, title: "The method is not allowed here" },
  not_acceptable: { status: 406, title: "None of the media types asked for can be given" },
  request_timeout: { status: 408, title: "The body came too slowly" },
  job_over: { status: 409, title: "The job has ended already" },
  job_canceled: { status: 410, title: "The job was canceled" },
  body_too_large: { status: 413, title: "The body is too large" },
  too_many_pixels: { status: 413, title: "The image has too many pixels" },
  too_many_bytes: { status: 413, title: "The image has too many bytes" },
  too_much_memory: { status: 413, title: "The work would need too much memory" },
  too_much_work: { status: 413, title: "The work would take too long" },
  unsupported_media_type: { status: 415, title: "The media type of the body is not supported" },
  not_an_image: { status: 415, title: "The bytes are not an image" },
  unsupported_format: { status: 415, title: "The image format is not supported" },
  truncated_image: { status: 422, title: "The image ends early" },
  corrupt_image: { status: 422, title: "The image is corrupt" },
  zero_size_image: { status: 422, title: "The image has no pixels" },
  unknown_option: { status: 422, title: "An option is not known" },
  invalid_option: { status: 422, title: "An option has a value that it cannot take" },
  backend_unavailable: { status: 422, title: "The backend asked for is not available here" },
  backend_fallback_adapter: { status: 422, title: "The backend asked for has no real GPU here" },
  rate_limited: { status: 429, title: "Too many requests" },
  jobs_full: { status: 429, title: "Too many jobs are waiting" },
  internal_error: { status: 500, title: "The server failed" },
  input_expired: { status: 500, title: "The image of the job is not kept any more" },
  worker_crashed: { status: 500, title: "The computation crashed" },
  worker_lost: { status: 500, title: "The worker was lost" },
  remote_failed: { status: 502, title: "The image could not be fetched" },
  backend_wrong_answer: { status: 503, title: "The backend failed its self-test" },
  backend_busy: { status: 503, title: "The backend is busy" },
  backend_lost: { status: 503, title: "The backend was lost" },
  backend_out_of_memory: { status: 503, title: "The backend ran out of memory" },
  queue_full: { status: 503, title: "Too many images are waiting" },
  deadline_exceeded: { status: 503, title: "The computation took too long" },
  runner_closed: { status: 503, title: "The server is shutting down" },
  server_busy: { status: 503, title: "Too many uploads at once" },
  streams_full: { status: 503, title: "Too many streams of events are open" },
  not_ready: { status: 503, title: "The server is not ready" },
  jobs_unavailable: { status: 503, title: "The queue cannot be reached" },
  data_folder_in_use: { status: 503, title: "The queue's folder is in use" },
  data_folder_unusable: { status: 503, title: "The queue's folder cannot be used" },
  storage_full: { status: 507, title: "The queue's disk is full" },
};

/** The body of a problem answer. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly requestId?: string;
  /** Fields at fault, where there are any. */
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

/** A problem that the HTTP layer itself finds. */
export class HttpProblem extends Error {
  readonly code: HttpProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  /** Makes a problem with its code, a sentence and the headers that its status calls for. */
  constructor(code: HttpProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = "HttpProblem";
    this.code = code;
    this.headers = headers;
  }
}

/** A job that failed elsewhere, as the queue tells it. */
export class JobProblem extends Error {
  readonly code: ProblemCode;

  /** Makes a problem from the job's error; what crashed a process may name files of the host, so it is not repeated. */
  constructor(code: string, message: string) {
    const known = Object.hasOwn(PROBLEMS, code);
    super(
      known && code !== "worker_crashed" ? message : "Cannot segment image: the computation ended abnormally",
    );
    this.name = "JobProblem";
    this.code = known ? code as ProblemCode : "worker_crashed";
  }
}

/**
 * The answer to a request that failed.
 *
 * @param error What was thrown.
 * @param requestId Of the request, to find it in the log.
 */
export function problemResponse(error: unknown, requestId?: string): Response {
  const { code, detail, errors, headers } = classify(error);
  const { status, title } = PROBLEMS[code];
  const body: ProblemDetails = {
    type: `/problems/${code}`,
    title,
    status,
    detail,
    code,
    ...(requestId === undefined ? {} : { requestId }),
    ...(errors === undefined ? {} : { errors }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/problem+json", "Cache-Control": "no-store", ...headers },
  });
}

/** Whether the fault is the server's, so that it belongs into the error log. */
export function isServerFault(error: unknown): boolean {
  return PROBLEMS[classify(error).code].status === 500;
}

interface Classified {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: ProblemDetails["errors"];
  readonly headers?: Readonly<Record<string, string>>;
}

function classify(error: unknown): Classified {
  if (error instanceof HttpProblem) {
    return { code: error.code, detail: error.message, headers: error.headers };
  }
  if (error instanceof OptionError) {
    const { code, field, message } = error;
    return { code, detail: message, errors: [{ field, detail: message }] };
  }
  if (error instanceof ImageDecodeError || error instanceof LimitError || error instanceof BackendError) {
    return { code: error.code, detail: error.message };
  }
  if (error instanceof JobProblem) return { code: error.code, detail: error.message };
  if (error instanceof QueueError) {
    const { code, retryAfterSeconds } = error;
    // which folder it is, is for the log
    const detail = code.startsWith("data_folder")
      ? "Cannot keep jobs: the queue's folder is no use"
      : error.message;
    if (retryAfterSeconds === undefined) return { code, detail };
    return { code, detail, headers: { "Retry-After": String(retryAfterSeconds) } };
  }
  if (error instanceof RunnerError) {
    const { code, retryAfterMs } = error;
    // what killed a worker may name files of the host
    const detail = code === "worker_crashed"
      ? "Cannot segment image: the computation ended abnormally"
      : error.message;
    if (retryAfterMs === undefined) return { code, detail };
    return { code, detail, headers: { "Retry-After": String(Math.ceil(retryAfterMs / 1000)) } };
  }
  if (error instanceof DOMException && error.name === "AbortError") {
    return { code: "request_aborted", detail: "Cannot go on: the client closed the connection" };
  }
  return { code: "internal_error", detail: "Cannot answer: an error of the server, which has been logged" };
}
