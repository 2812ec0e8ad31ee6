/**
 * What travels between a pool and its isolates, and how errors survive the journey: structured clone keeps an error's
 * message but loses its class and code, and those decide what a caller does next.
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

/** To an isolate. */
export type ToWorker =
  | { readonly type: "run"; readonly id: number; readonly kind: string; readonly job: unknown }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" };

/** From an isolate. `retire` asks to be replaced before the next job, for example because the heap has grown. */
export type FromWorker =
  | { readonly type: "report"; readonly id: number; readonly report: unknown }
  | { readonly type: "done"; readonly id: number; readonly result: unknown; readonly retire: boolean }
  | { readonly type: "failed"; readonly id: number; readonly error: WireError; readonly retire: boolean }
  | { readonly type: "closed" };

/** An error as plain data. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly details?: readonly (string | number)[] | undefined;
  /** Of errors that nobody foresaw, for the log. */
  readonly stack?: string | undefined;
}

/** Turns what was thrown into plain data. */
export function toWire(error: unknown): WireError {
  if (error instanceof LimitError) return { ...named(error), details: [error.limit, error.actual] };
  if (error instanceof OptionError) {
    return { ...named(error), details: [error.field, error.got, error.wanted] };
  }
  if (error instanceof ImageDecodeError || error instanceof BackendError) return named(error);
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack };
  return { name: "Error", message: String(error) };
}

/** Makes the error again, with its class and code where it is one of the library's. */
export function fromWire(wire: WireError): Error {
  const { name, message, code, details = [], stack } = wire;
  switch (name) {
    case "ImageDecodeError":
      return new ImageDecodeError(code as ImageDecodeErrorCode, message);
    case "LimitError":
      return new LimitError(code as LimitErrorCode, Number(details[0]), Number(details[1]), message);
    case "OptionError": {
      const [field, got, wanted] = details.map(String) as [string, string, string];
      return new OptionError(code as OptionErrorCode, field, got, wanted);
    }
    case "BackendError":
      return new BackendError(code as BackendErrorCode, message);
    case "TypeError":
      return withStack(new TypeError(message), stack);
    case "RangeError":
      return withStack(new RangeError(message), stack);
    case "AbortError":
    case "TimeoutError":
      return new DOMException(message, name);
  }
  return withStack(Object.assign(new Error(message), { name }), stack);
}

/** The isolate's own stack says more than that of the message handler here. */
function withStack(error: Error, stack: string | undefined): Error {
  if (stack !== undefined) error.stack = stack;
  return error;
}

/**
 * Whether an isolate that threw this may run another job. Errors about the input leave it as it was. After anything
 * else (a wasm trap, a lost device, memory gone, a bug) its heap is of unknown state, and a new isolate costs 0.3 s.
 */
export function leavesWorkerSound(error: unknown): boolean {
  if (error instanceof ImageDecodeError || error instanceof LimitError || error instanceof OptionError) {
    return true;
  }
  if (error instanceof BackendError) {
    return error.code === "backend_unavailable" || error.code === "backend_fallback_adapter";
  }
  return error instanceof DOMException && error.name === "AbortError";
}

function named(error: Error & { code: string }): WireError {
  return { name: error.name, message: error.message, code: error.code };
}
