/**
 * Where finished results are kept for a while. Results are named by their content and never change, so a store may drop
 * whatever it likes: what is lost is computed again to the same bytes under the same name.
 */
import { LRUCache } from "lru-cache";

/** Bytes by key. Asynchronous, so that files or a database can stand behind it. */
export interface ResultStore {
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Figures of a {@linkcode MemoryStore}. */
export interface StoreStats {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
}

// what an entry costs besides its bytes
const ENTRY_BYTES = 512;

/** Keeps the results used last, up to so many bytes in all, in this process. */
export class MemoryStore implements ResultStore {
  readonly #cache: LRUCache<string, Uint8Array<ArrayBuffer>>;
  #hits = 0;
  #misses = 0;

  /** Makes a store of at most `maxBytes`; with 0 it keeps nothing. */
  constructor(maxBytes: number) {
    this.#cache = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      // one huge image must not drive out everything else
      maxEntrySize: Math.max(1, Math.floor(maxBytes / 4)),
      sizeCalculation: (bytes) => bytes.byteLength + ENTRY_BYTES,
    });
  }

  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = this.#cache.get(key);
    if (bytes) this.#hits++;
    else this.#misses++;
    return Promise.resolve(bytes);
  }

  put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#cache.set(key, bytes);
    return Promise.resolve();
  }

  /** Figures of this moment. */
  stats(): StoreStats {
    return {
      entries: this.#cache.size,
      bytes: this.#cache.calculatedSize,
      hits: this.#hits,
      misses: this.#misses,
    };
  }
}
