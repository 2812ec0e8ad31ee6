/// <reference lib="dom" />
// The page's side of the engine's tests: bundled by tests/browser_engine_test.ts and run in the browser.
import { createLocalEngine, isEngineFailure, type LocalResult } from "../../web/engine/client.ts";

/** A result as what a test compares: maps by their hashes, since a map of numbers travels slowly. */
export interface Digest {
  readonly width: number;
  readonly height: number;
  readonly backend: string;
  readonly labels: string;
  readonly superpixels: string;
  readonly smoothed: string | undefined;
  /** Count, then hashes of a, b and height. */
  readonly hierarchy: readonly (string | number)[] | undefined;
  /** Stages in the order in which they were reported. */
  readonly stages: readonly string[];
  /** Of the progress reports. */
  readonly fractions: readonly number[];
  readonly total: number;
}

/** How a segmentation ended otherwise. */
export interface Failure {
  readonly name: string;
  readonly code: unknown;
  readonly message: string;
  readonly engineFailed: boolean;
}

const engine = createLocalEngine();

/** What tests call. */
export const harness = {
  engine,

  /** Segments a file in base64. */
  async segment(base64: string, settings: Record<string, unknown> = {}): Promise<Digest> {
    const stages: string[] = [], fractions: number[] = [];
    const onProgress = ({ stage, fraction }: { stage: string; fraction: number }) => {
      if (stages.at(-1) !== stage) stages.push(stage);
      fractions.push(fraction);
    };
    const bytes = fromBase64(base64), length = bytes.length;
    const result = await engine.segment(bytes, settings, { onProgress });
    if (bytes.length !== length) throw new Error("the image was taken from the page");
    return { ...await digestOf(result), stages, fractions };
  },

  /** The same where a failure is wanted. */
  async failure(base64: string, settings: Record<string, unknown> = {}): Promise<Failure> {
    try {
      await engine.segment(fromBase64(base64), settings);
    } catch (error) {
      const { name, message, code } = error as Error & { code?: unknown };
      return { name, code, message, engineFailed: isEngineFailure(error) };
    }
    throw new Error("nothing failed");
  },

  /** Segments, and aborts when the stage begins; milliseconds from there to the end, and what was thrown. */
  async abortAt(base64: string, stage: string): Promise<{ milliseconds: number; thrown: string }> {
    const abort = new AbortController();
    let aborted = NaN;
    const onProgress = (progress: { stage: string }) => {
      if (progress.stage !== stage || abort.signal.aborted) return;
      aborted = performance.now();
      abort.abort(new Error("enough"));
    };
    const running = engine.segment(fromBase64(base64), {}, { signal: abort.signal, onProgress });
    const thrown = await running.then(() => "nothing", String);
    return { milliseconds: performance.now() - aborted, thrown };
  },
};

Object.assign(globalThis, { harness });

async function digestOf(result: LocalResult) {
  const { width, height, backend, labels, superpixels, smoothed, hierarchy, timings } = result;
  return {
    width,
    height,
    backend,
    labels: await hashOf(labels),
    superpixels: await hashOf(superpixels),
    smoothed: smoothed ? await hashOf(smoothed) : undefined,
    hierarchy: hierarchy
      ? [
        hierarchy.count,
        await hashOf(hierarchy.a),
        await hashOf(hierarchy.b),
        await hashOf(hierarchy.height),
      ]
      : undefined,
    total: timings.total!,
  };
}

/** SHA-256 of an array's bytes, in hexadecimal. */
export async function hashOf(array: Int32Array | Float32Array | Uint8Array): Promise<string> {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const hash = await crypto.subtle.digest("SHA-256", bytes.slice());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
