/**
 * What goes wrong with the queue itself, as opposed to with a job.
 */

/** Codes of {@linkcode QueueError}. */
export type QueueErrorCode =
  | "jobs_full"
  | "jobs_unavailable"
  | "storage_full"
  | "data_folder_in_use"
  | "data_folder_unusable";

/** The queue cannot do what was asked; the message says the way out. */
export class QueueError extends Error {
  /** Stable, machine-readable reason. */
  readonly code: QueueErrorCode;
  /** Seconds after which another try is worthwhile, where that can be told. */
  readonly retryAfterSeconds: number | undefined;

  /** Makes an error with its code and a sentence that says what happened and what to do. */
  constructor(
    code: QueueErrorCode,
    message: string,
    options?: ErrorOptions & { retryAfterSeconds?: number },
  ) {
    super(message, options);
    this.name = "QueueError";
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/** Whether an error, or what caused it, says that the disk is full; PostgreSQL calls it 53100. */
export function isDiskFull(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as { code?: unknown };
    if (code === "ENOSPC" || code === "EDQUOT" || code === "53100") return true;
    if (/no space left on device|disk quota exceeded/i.test(e.message)) return true;
  }
  return false;
}

/**
 * An error of the database or of a folder, as one that a client can be told: that it is full, or that it does not answer.
 * Nothing of the host gets into its message; the cause is for the log.
 */
export function toQueueError(error: unknown): QueueError {
  if (error instanceof QueueError) return error;
  if (isDiskFull(error)) {
    const text = "Cannot keep job: the disk of the queue is full; free space or lower DSC_RESULT_HOURS";
    return new QueueError("storage_full", text, { cause: error, retryAfterSeconds: 60 });
  }
  return new QueueError("jobs_unavailable", "Cannot reach queue: its database does not answer as it should", {
    cause: error,
    retryAfterSeconds: 5,
  });
}
