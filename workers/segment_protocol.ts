/**
 * The jobs of the segmenting isolate. All of it is bytes and plain values, so that a job can come from the next isolate or
 * from another machine.
 */
import type { FormatName } from "../lib/formats/table.ts";
import type { Scale } from "../lib/hierarchy/tree.ts";
import type { ResolvedSettings } from "../lib/options.ts";
import type { Progress } from "../lib/progress.ts";

/** Segments an encoded image. */
export interface SegmentJob {
  /** A PNG, JPEG or GIF file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly settings: ResolvedSettings;
  /** Larger images are refused before they are decoded. */
  readonly maxPixels: number;
  /** Takes a software adapter for a GPU. @default false */
  readonly allowFallbackAdapter?: boolean;
  /** Adds small pictures to the reports. @default false */
  readonly previews?: boolean;
  /** Forms to encode in the isolate. */
  readonly formats: readonly FormatName[];
  /** True to have the record too, from which other forms can be encoded later. */
  readonly record: boolean;
  /** Puts the result's name and the addresses of its forms into regions.json. */
  readonly resource?: Resource;
}

/** Where a result can be had: its forms are at `path/format` and `query`. */
export interface Resource {
  readonly id: string;
  readonly path: string;
  /** `?regions=12`, or nothing. */
  readonly query: string;
}

/** What it gives. */
export interface SegmentJobResult {
  readonly files: EncodedFiles;
  readonly record: Uint8Array<ArrayBuffer> | undefined;
  readonly width: number;
  readonly height: number;
  readonly regions: number;
  readonly backend: string;
  /** Milliseconds by stage, `encode` among them. */
  readonly timings: Readonly<Record<string, number>>;
}

/** Encodes what was segmented before. */
export interface EncodeJob {
  readonly record: Uint8Array<ArrayBuffer>;
  readonly formats: readonly FormatName[];
  /** Cuts the hierarchy again first. */
  readonly scale?: Scale;
  readonly resource?: Resource;
}

/** Files by format. */
export type EncodedFiles = Readonly<Partial<Record<FormatName, Uint8Array<ArrayBuffer>>>>;

/** Kinds of job. `warm-up` segments a tiny image, so that the first real one finds everything loaded and compiled. */
export interface SegmentProtocol {
  readonly segment: { readonly job: SegmentJob; readonly result: SegmentJobResult };
  readonly encode: { readonly job: EncodeJob; readonly result: { readonly files: EncodedFiles } };
  readonly "warm-up": { readonly job: null; readonly result: { readonly backend: string } };
}

/** What a segmenting job reports. */
export interface SegmentReport extends Omit<Progress, "preview"> {
  /** The preview as the address of a PNG file that holds it itself: `data:image/png;base64,...`, 40 KB at most. */
  readonly preview?: string;
}
