/**
 * Finished results as whole answers, to be given out again before anything else is done: this is what a CDN asks for, and
 * results never change under their address. Stands in front of any store.
 *
 * What a request costs here was measured (bench/http_bench.ts): a header that is validated and copied costs about 1 us, an
 * answer that comes as a promise 1 us, middleware several. Cloning an answer does none of that and shares its bytes.
 */
import { LRUCache } from "lru-cache";

interface ReadyAnswer {
  readonly full: Response;
  readonly notModified: Response;
  readonly etag: string;
}

// what an entry costs besides its bytes: two answers and their headers
const ENTRY_BYTES = 2048;

/** The answers asked for last, up to so many bytes in all. */
export class ReadyAnswers {
  readonly #answers: LRUCache<string, ReadyAnswer>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #given = { "200": 0, "304": 0 };

  /**
   * Makes room.
   *
   * @param maxBytes Of all answers; with 0 nothing is kept.
   * @param headers What all these answers get besides the headers of their file.
   */
  constructor(maxBytes: number, headers: Readonly<Record<string, string>>) {
    this.#headers = headers;
    this.#answers = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      // one huge image must not drive out everything else
      maxEntrySize: Math.max(1, Math.floor(maxBytes / 4)),
    });
  }

  /** Keeps an answer to GET, with its ETag and Content-Length, for those who ask for the same address. */
  keep(request: Request, answer: Response): void {
    if (request.method !== "GET" || answer.status !== 200) return;
    const full = answer.clone();
    for (const [name, value] of Object.entries(this.#headers)) full.headers.set(name, value);
    const etag = full.headers.get("ETag")!;
    const headers = { ETag: etag, "Cache-Control": full.headers.get("Cache-Control")! };
    const notModified = new Response(null, { status: 304, headers });
    const size = Number(full.headers.get("Content-Length")) + ENTRY_BYTES;
    full.headers.delete("Content-Length"); // the server knows it
    this.#answers.set(addressOf(request), { full, notModified, etag }, { size });
  }

  /** The answer to a request, if it is here; `undefined` sends the request the long way. */
  answer(request: Request): Response | undefined {
    if (request.method !== "GET") return undefined;
    const ready = this.#answers.get(addressOf(request));
    if (!ready) return undefined;
    const known = request.headers.get("If-None-Match");
    if (known !== null && matchesTag(known, ready.etag)) {
      this.#given["304"]++;
      return ready.notModified.clone();
    }
    this.#given["200"]++;
    return ready.full.clone();
  }

  /** How many answers of each status were given so far. */
  get given(): Readonly<Record<"200" | "304", number>> {
    return this.#given;
  }
}

/** If-None-Match (RFC 9110, section 13.1.2), by weak comparison. */
export function matchesTag(header: string, etag: string): boolean {
  return header.split(",").some((item) => item.trim().replace(/^W\//, "") === etag);
}

/** Path and query. */
function addressOf({ url }: Request): string {
  return url.slice(url.indexOf("/", 8)); // behind https:// or http://x
}
