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
export type LimitErrorCode = "too_many_pixels" | "too_many_bytes" | "too_much_memory";

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
