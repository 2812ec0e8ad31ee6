/**
 * Request bodies, bounded in every direction: by the length that the header states before a byte is read, by the bytes
 * that come, by time, and by what all uploads together hold.
 */
import { HttpProblem } from "./problem.ts";

/** Limits of {@linkcode readBody}. */
export interface BodyLimits {
  /** Bytes of one body. */
  readonly maxBytes: number;
  /** Milliseconds in which all of it must have come. */
  readonly timeoutMs: number;
  /** What all uploads share. */
  readonly budget: ByteBudget;
}

/** Bytes that all uploads together may hold, so that many of them cannot exhaust the memory. */
export class ByteBudget {
  readonly #total: number;
  #used = 0;

  /** Makes a budget of so many bytes. */
  constructor(total: number) {
    this.#total = total;
  }

  /** Bytes held now. */
  get used(): number {
    return this.#used;
  }

  /**
   * Takes bytes out of the budget.
   *
   * @throws {HttpProblem} `server_busy` if there are not enough.
   */
  take(bytes: number): void {
    if (this.#used + bytes > this.#total) {
      throw new HttpProblem("server_busy", "Cannot take body: too many uploads are being held", {
        "Retry-After": "2",
      });
    }
    this.#used += bytes;
  }

  /** Gives bytes back. */
  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/**
 * Reads a whole body. The caller gives `bytes.length` back to the budget when it no longer holds them.
 *
 * @throws {HttpProblem} `body_too_large`, `request_timeout`, `request_aborted`, `server_busy` or `malformed_request`.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes, timeoutMs, budget } = limits;
  const stated = request.headers.get("Content-Length");
  if (stated !== null && Number(stated) > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return new Uint8Array();

  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = `Cannot read body: it did not come within ${timeoutMs / 1000} s`;
      reject(new HttpProblem("request_timeout", text, { Connection: "close" }));
    }, timeoutMs);
  });
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), timeout]);
      if (done) break;
      if (length + value.length > maxBytes) throw tooLarge(maxBytes);
      budget.take(value.length);
      length += value.length;
      chunks.push(value);
    }
  } catch (error) {
    budget.give(length);
    reader.cancel().catch(() => {}); // the client may be gone already
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem("request_aborted", "Cannot read body: the client stopped sending");
  } finally {
    clearTimeout(timer);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(
    "body_too_large",
    `Cannot take body: it has more than the ${maxBytes} bytes allowed`,
  );
}
