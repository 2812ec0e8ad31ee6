/**
 * The errors a caller may want to catch. Everything else is a plain `TypeError` (wrong shape or kind) or
 * `RangeError` (wrong value). Each carries a stable `code`; `routes/problem.ts` alone turns codes into HTTP statuses.
 */

/** Codes of {@linkcode ImageDecodeError}. */
export type ImageDecodeErrorCode =
  | "empty_image"
  | "not_an_image"
  | "unsupported_format"
  | "truncated_image"
  | "corrupt_image"
  | "zero_size_image";

/**
 * The bytes could not be turned into an image.
 *
 * @example
 * ```ts
 * import { ImageDecodeError } from "./errors.ts";
 * import assert from "node:assert/strict";
 *
 * const error = new ImageDecodeError("empty_image", "Cannot decode image: got 0 bytes, want a PNG, JPEG or GIF file");
 * assert.equal(error.code, "empty_image");
 * ```
 */
export class ImageDecodeError extends Error {
  /** Stable, machine-readable reason. */
  readonly code: ImageDecodeErrorCode;

  /** Makes an error with its code and a sentence that says what was wrong and what is wanted. */
  constructor(code: ImageDecodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImageDecodeError";
    this.code = code;
  }
}

/** Codes of {@linkcode LimitError}. */
export type LimitErrorCode = "too_many_pixels" | "too_many_bytes" | "too_much_memory" | "too_much_work";

/** The input is valid but larger than the limit in force. `limit` and `actual` are in the unit that the code names. */
export class LimitError extends Error {
  /** Stable, machine-readable reason. */
  readonly code: LimitErrorCode;
  /** The largest value allowed. */
  readonly limit: number;
  /** The value found. */
  readonly actual: number;

  /** Makes an error with its code, the limit, the value found and a sentence naming both. */
  constructor(code: LimitErrorCode, limit: number, actual: number, message: string) {
    super(message);
    this.name = "LimitError";
    this.code = code;
    this.limit = limit;
    this.actual = actual;
  }
}

/** Codes of {@linkcode BackendError}. */
export type BackendErrorCode =
  | "backend_unavailable"
  | "backend_fallback_adapter"
  | "backend_wrong_answer"
  | "backend_busy"
  | "backend_lost"
  | "backend_out_of_memory";

/** The compute backend (wasm, webgpu or cpu) is missing, gives wrong answers, was lost or is in use. */
export class BackendError extends Error {
  /** Stable, machine-readable reason. */
  readonly code: BackendErrorCode;

  /** Makes an error with its code and a sentence that says what was wrong and what is wanted. */
  constructor(code: BackendErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BackendError";
    this.code = code;
  }
}

/** Codes of {@linkcode OptionError}. */
export type OptionErrorCode = "unknown_option" | "invalid_option";

/**
 * An option has a name that is not known or a value that it cannot take. A `RangeError`, since that is what it is; its own
 * class because a form, a command line and an HTTP answer each point at the field in their own way.
 */
export class OptionError extends RangeError {
  /** Stable, machine-readable reason. */
  readonly code: OptionErrorCode;
  /** Name of the option as it was given. */
  readonly field: string;
  /** What was given, as text, shortened. */
  readonly got: string;
  /** What is wanted: a range, a list of values or, for an unknown name, the list of known names. */
  readonly wanted: string;

  /** Makes an error from the field, the value found and the value wanted, and words the sentence itself. */
  constructor(code: OptionErrorCode, field: string, got: string, wanted: string) {
    super(
      code === "unknown_option"
        ? `Cannot use option ${field}: it is not known, want one of ${wanted}`
        : `Cannot use option ${field}: want ${wanted}, got ${got}`,
    );
    this.name = "OptionError";
    this.code = code;
    this.field = field;
    this.got = got;
    this.wanted = wanted;
  }
}

/** Codes of {@linkcode MatlabError}. */
export type MatlabErrorCode =
  | "not_matlab"
  | "unsupported_version"
  | "truncated_file"
  | "corrupt_file"
  | "wrong_content";

/** The bytes are no MAT-file that can be read, or one that does not hold what was asked for. */
export class MatlabError extends Error {
  /** Stable, machine-readable reason. */
  readonly code: MatlabErrorCode;

  /** Makes an error with its code and a sentence that says what was wrong and what is wanted. */
  constructor(code: MatlabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MatlabError";
    this.code = code;
  }
}
