/**
 * Exit codes: a script can tell a bad picture from a bad machine without reading messages.
 */
import { BackendError, ImageDecodeError, LimitError, OptionError } from "../lib/errors.ts";
import { UsageError } from "./usage_error.ts";

/** Every file was done. */
export const EXIT_OK = 0;
/** Anything without a code of its own: a file that cannot be read or written, a bug. */
export const EXIT_FAILED = 1;
/** The command line was not understood. */
export const EXIT_USAGE = 2;
/** A file is not an image, is damaged, or is larger than the limit. */
export const EXIT_BAD_IMAGE = 3;
/** The backend asked for is missing or does not work here. */
export const EXIT_NO_BACKEND = 4;

/** The reason of an abort that a signal of the operating system asked for. */
export class Interrupted extends Error {
  /** 128 plus the signal's number, as shells have it. */
  readonly exitCode: number;

  /** Makes a reason from the name of the signal. */
  constructor(signal: "SIGINT" | "SIGTERM") {
    super(signal === "SIGINT" ? "Interrupted" : "Terminated");
    this.name = "Interrupted";
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}

/** The exit code that an error asks for. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof UsageError || error instanceof OptionError) return EXIT_USAGE;
  if (error instanceof ImageDecodeError || error instanceof LimitError) return EXIT_BAD_IMAGE;
  if (error instanceof BackendError) return EXIT_NO_BACKEND;
  return EXIT_FAILED;
}

/** The exit code of several failures: theirs if they agree, else {@linkcode EXIT_FAILED}. */
export function exitCodeOfAll(errors: readonly unknown[]): number {
  const codes = new Set(errors.map(exitCodeOf));
  if (codes.size === 0) return EXIT_OK;
  return codes.size === 1 ? [...codes][0]! : EXIT_FAILED;
}
