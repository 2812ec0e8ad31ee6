/**
 * "Run here": segments in a worker of the page with the same library as the service. Nothing is uploaded; the only
 * requests are for the engine's own files, once.
 */
import { WorkerPool } from "../../workers/pool.ts";
import { ImageDecodeError, LimitError, OptionError } from "../../lib/errors.ts";
import { ENGINE_FOLDER } from "./folder.ts";
import type { EngineProtocol, EngineReport, LocalResult } from "./protocol.ts";
import { localSupport, type Support } from "./support.ts";

export type { LocalHierarchy, LocalResult } from "./protocol.ts";
export type { Support } from "./support.ts";

/** Options of one segmentation. */
export interface LocalOptions {
  /** Ends it; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Receives progress. */
  readonly onProgress?: ((progress: EngineReport) => void) | undefined;
}

/** Segments images in the page, one at a time. */
export interface LocalEngine {
  /** Whether this browser can; loads nothing. */
  supported(): Promise<Support>;
  /**
   * Segments a PNG, JPEG or GIF file.
   *
   * @param bytes The file; stays usable.
   * @param settings Those of `SEGMENT_OPTIONS`, all optional.
   * @throws {ImageDecodeError | LimitError | OptionError} As the service would: its answer would be no other.
   * @throws Anything else means that the engine failed, see {@linkcode isEngineFailure}.
   */
  segment(
    bytes: Uint8Array,
    settings: Readonly<Record<string, unknown>>,
    options?: LocalOptions,
  ): Promise<LocalResult>;
  /** Loads and compiles everything ahead of the first image; rejects as `segment` does. */
  prepare(): Promise<void>;
  /** Ends the worker and frees its memory; the engine starts it again when it is next used. */
  close(): void;
}

/** Makes an engine. No worker starts, and nothing is loaded, before the first image. */
export function createLocalEngine(): LocalEngine {
  let pool: WorkerPool<EngineProtocol, EngineReport> | undefined;
  const open = () =>
    pool ??= new WorkerPool({
      module: new URL(`${ENGINE_FOLDER}worker.js`, location.href),
      size: 1,
      deadlineMs: Infinity, // whoever looks at the page decides how long to wait
      recycleAfter: 20,
    });
  return {
    supported: () => Promise.resolve(localSupport()),
    segment: (bytes, settings, { signal, onProgress } = {}) =>
      open().run("segment", { bytes, settings }, { signal, onReport: onProgress }),
    async prepare() {
      await open().run("prepare", null);
    },
    close() {
      pool?.close(0);
      pool = undefined;
    },
  };
}

/**
 * Whether the engine failed rather than the image or its settings: then the server is worth a try. What the page's own
 * signal gave as its reason is for the page to know.
 */
export function isEngineFailure(error: unknown): boolean {
  return !(error instanceof ImageDecodeError || error instanceof LimitError || error instanceof OptionError ||
    (error instanceof DOMException && error.name === "AbortError"));
}
