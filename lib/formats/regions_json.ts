/**
 * regions.json: everything about a segmentation that fits in text: its regions, its losses and its label map as runs.
 * Timings are left out, since equal input must give equal bytes.
 */
import type { SegmentationData } from "../segmentation.ts";

/** What regions.json holds. */
export interface RegionsJson {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Where the tensors were. */
  readonly backend: string;
  /** Every setting, as used. */
  readonly settings: SegmentationData["settings"];
  /** How many superpixels there were. */
  readonly superpixelCount: number;
  /** The regions, in the order of labels. */
  readonly regions: SegmentationData["regions"];
  /** One point per iteration of the cut. */
  readonly losses: SegmentationData["losses"];
  /** The (H, W) label map in rows: label, length, label, length, ... */
  readonly labelRuns: readonly number[];
}

/**
 * Describes a segmentation as one JSON text.
 *
 * @param segmentation The segmentation.
 * @param members Members to put first, for example an identifier.
 * @returns JSON; `labelRuns` decodes in one line of NumPy:
 *   `np.repeat(runs[0::2], runs[1::2]).reshape(height, width)`.
 */
export function regionsJson(
  segmentation: SegmentationData,
  members: Readonly<Record<string, unknown>> = {},
): string {
  const { width, height, backend, settings, superpixelCount, regions, losses, labels } = segmentation;
  const body: RegionsJson = {
    width,
    height,
    backend,
    settings,
    superpixelCount,
    regions,
    losses,
    labelRuns: encodeRuns(labels),
  };
  return JSON.stringify({ ...members, ...body });
}

/**
 * A label map as pairs of label and run length, row after row. Runs go on across row ends.
 *
 * @param labels (H, W) labels.
 * @returns label, length, label, length, ...; the lengths sum to H * W.
 *
 * @example
 * ```ts
 * import { encodeRuns } from "./regions_json.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(encodeRuns(Int32Array.of(0, 0, 1, 1, 1, 0)), [0, 2, 1, 3, 0, 1]);
 * ```
 */
export function encodeRuns(labels: Int32Array): number[] {
  const runs: number[] = [];
  for (let start = 0; start < labels.length;) {
    const label = labels[start]!;
    let end = start + 1;
    while (end < labels.length && labels[end] === label) end++;
    runs.push(label, end - start);
    start = end;
  }
  return runs;
}

/**
 * The label map that {@linkcode encodeRuns} wrote.
 *
 * @param runs label, length, label, length, ...
 * @param size H * W.
 * @returns (H, W) labels.
 * @throws {RangeError} if the lengths do not sum to `size`.
 *
 * @example
 * ```ts
 * import { decodeRuns } from "./regions_json.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...decodeRuns([0, 2, 1, 1], 3)], [0, 0, 1]);
 * ```
 */
export function decodeRuns(runs: ArrayLike<number>, size: number): Int32Array {
  let total = 0;
  for (let i = 1; i < runs.length; i += 2) total += runs[i]!;
  if (total !== size || runs.length % 2 !== 0) {
    throw new RangeError(`Cannot decode runs: lengths must sum to ${size}, got ${total}`);
  }
  const labels = new Int32Array(size);
  for (let i = 0, p = 0; i < runs.length; i += 2) {
    labels.fill(runs[i]!, p, p += runs[i + 1]!);
  }
  return labels;
}
