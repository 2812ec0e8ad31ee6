/**
 * What is done for each kind of job, wherever it runs: in an isolate of the pool, or inline where there are no workers.
 * Heavy modules load with the first job that needs them.
 */
import type { Image } from "../lib/image/image.ts";
import type { EncodedFiles, SegmentProtocol, SegmentReport } from "./segment_protocol.ts";
import type { Handlers } from "./serve_jobs.ts";

// wasm memory grows and never shrinks: after an image this large an isolate is better replaced than kept
const RETIRE_PIXELS = 4_000_000;

/** Handlers of the segmenting jobs. */
export const segmentHandlers: Handlers<SegmentProtocol, SegmentReport> = {
  async segment(
    { bytes, settings, maxPixels, allowFallbackAdapter = false, previews = false, formats, record, resource },
    { signal, report },
  ) {
    const { segment } = await import("../lib/segment.ts");
    const withPreview = previews ? await previewEncoder() : undefined;
    const segmentation = await segment(bytes, {
      ...settings,
      maxPixels,
      allowFallbackAdapter,
      signal,
      previews,
      onProgress: ({ preview, ...progress }) =>
        report(preview && withPreview ? withPreview(progress, preview) : progress),
    });
    const startedAt = performance.now();
    const { encodeFiles } = await import("./encode_files.ts");
    const files = encodeFiles(segmentation, formats, resource);
    const packed = record
      ? (await import("../lib/formats/record.ts")).encodeRecord(segmentation, bytes)
      : undefined;
    const encode = performance.now() - startedAt;
    const { width, height, regions, backend, timings } = segmentation;
    return {
      result: {
        files,
        record: packed,
        width,
        height,
        regions: regions.length,
        backend,
        timings: { ...timings, encode },
      },
      transfer: buffersOf(files, packed),
      retire: width * height > RETIRE_PIXELS,
    };
  },

  async encode({ record, formats, scale, resource }) {
    const { decodeRecord } = await import("../lib/formats/record.ts");
    const { cutAgain, encodeFiles } = await import("./encode_files.ts");
    const segmentation = await decodeRecord(record, { smoothed: formats.includes("smoothed.png") });
    const files = encodeFiles(scale ? cutAgain(segmentation, scale) : segmentation, formats, resource);
    return { result: { files }, transfer: buffersOf(files) };
  },

  async "warm-up"(_, { signal }) {
    const { segment } = await import("../lib/segment.ts");
    const data = new Uint8Array(32 * 32 * 3).map((_, i) => (i % 96 < 48 ? 40 : 200));
    const options = { superpixels: 16, partitions: 2, iterations: 2, signal };
    const { backend } = await segment({ width: 32, height: 32, data }, options);
    return { result: { backend } };
  },
};

/** Puts previews into reports as PNG files. */
async function previewEncoder(): Promise<(report: SegmentReport, preview: Image) => SegmentReport> {
  const [{ encodePng }, { encodeBase64 }] = await Promise.all([
    import("../lib/image/png.ts"),
    import("../lib/base64.ts"),
  ]);
  return (report, preview) => ({
    ...report,
    preview: `data:image/png;base64,${encodeBase64(encodePng(preview))}`,
  });
}

function buffersOf(files: EncodedFiles, record?: Uint8Array<ArrayBuffer>): Transferable[] {
  const buffers = new Set(Object.values(files).map((file) => file.buffer));
  if (record) buffers.add(record.buffer);
  return [...buffers];
}
