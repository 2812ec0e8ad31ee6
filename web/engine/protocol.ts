/** What travels between the page and its segmenting worker. */
import type { Progress } from "../../lib/progress.ts";

/** A segmentation made in the page. Maps are (H, W), row by row. */
export interface LocalResult {
  /** Pixels per row, after the image was turned upright. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Superpixel of each pixel, compact ids from 0. */
  readonly superpixels: Int32Array;
  /** How superpixels merge, from fine to coarse, as lib's `MergeTree`; null from methods that make no hierarchy. */
  readonly hierarchy: LocalHierarchy | null;
  /** Region of each pixel at the scale that the settings ask for, compact ids from 0. */
  readonly labels: Int32Array;
  /** x^R, the image as SuperAE smoothed it: (H, W, 3) sRGB. */
  readonly smoothed: Uint8Array | null;
  /** Where the tensors were: wasm, webgpu or cpu. */
  readonly backend: string;
  /** Milliseconds by stage, and their `total`. */
  readonly timings: Readonly<Record<string, number>>;
}

/** Merges over superpixels. */
export interface LocalHierarchy {
  /** M, how many superpixels there are. */
  readonly count: number;
  /** One region of each merge: a superpixel, or M + j for what merge j made. */
  readonly a: Int32Array;
  /** The other. */
  readonly b: Int32Array;
  /** Of each merge, never falling. */
  readonly height: Float32Array;
}

/** Kinds of job. `prepare` loads and compiles everything, so that the first picture is not slower than the others. */
export interface EngineProtocol {
  readonly prepare: { readonly job: null; readonly result: null };
  readonly segment: {
    readonly job: { readonly bytes: Uint8Array; readonly settings: Readonly<Record<string, unknown>> };
    readonly result: LocalResult;
  };
}

/** What a job reports. */
export type EngineReport = Progress;
