/**
 * The page's segmenting worker: the library as it is, behind the same protocol as the service's isolates. Built into files
 * of its own (tools/build_engine.ts), which no page loads before it segments.
 */
import { loadDecoder } from "../../lib/image/codec.ts";
import { segment } from "../../lib/segment.ts";
import { locateWasm } from "../../lib/wasm_bytes.ts";
import type { SegmentSettings } from "../../lib/options.ts";
import { serveJobs } from "../../workers/serve_jobs.ts";
import type { EngineProtocol, EngineReport } from "./protocol.ts";

// beside this file, where the build puts them under the last part of their names
locateWasm((specifier) => new URL(specifier.slice(specifier.lastIndexOf("/") + 1), import.meta.url));

// wasm memory grows and never shrinks: after a picture this large the worker is better replaced than kept
const RETIRE_PIXELS = 4_000_000;

serveJobs<EngineProtocol, EngineReport>({
  async prepare(_, { signal }) {
    const data = new Uint8Array(32 * 32 * 3).map((_, i) => (i % 96 < 48 ? 40 : 200));
    // JPEG and PNG are what pictures come in; whatever else is asked for loads its part then
    await Promise.all([
      loadDecoder("jpeg"),
      loadDecoder("png"),
      segment({ width: 32, height: 32, data }, { signal }),
    ]);
    return { result: null };
  },

  async segment({ bytes, settings }, { signal, report }) {
    const options = { ...settings as SegmentSettings, signal, onProgress: report, previews: true };
    const found = await segment(bytes, options);
    const { width, height, superpixels, labels, smoothed, merges, backend, timings } = found;
    const hierarchy = merges
      ? {
        count: found.superpixelCount,
        a: own(merges.a),
        b: own(merges.b),
        height: own(Float32Array.from(merges.height)),
      }
      : null;
    const result = {
      width,
      height,
      superpixels: own(superpixels),
      hierarchy,
      // a method may give one map as both, and a buffer can be handed over only once
      labels: labels.buffer === superpixels.buffer ? labels.slice() : own(labels),
      smoothed: own(smoothed.data),
      backend,
      timings,
    };
    const arrays: (Int32Array | Float32Array | Uint8Array)[] = [
      result.superpixels,
      result.labels,
      result.smoothed,
    ];
    if (hierarchy) arrays.push(hierarchy.a, hierarchy.b, hierarchy.height);
    const buffers = arrays.map(({ buffer }) => buffer as ArrayBuffer);
    return { result, transfer: buffers, retire: width * height > RETIRE_PIXELS };
  },
});

/** The array with a buffer to itself, so that handing it over takes nothing else along. */
function own<T extends Int32Array | Float32Array | Uint8Array>(array: T): T {
  return array.byteLength === array.buffer.byteLength ? array : array.slice() as T;
}
