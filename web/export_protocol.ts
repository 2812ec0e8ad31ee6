/** What travels between the page and the worker that makes its files. Arrays are handed over or copied, never shared. */
import type { FormatName } from "../lib/formats/table.ts";
import type { Merges } from "./model/merge_tree.ts";

/** A cut of a picture: region by superpixel, superpixel by pixel. */
export interface CutParts {
  readonly width: number;
  readonly height: number;
  /** (H, W) superpixel of each pixel. */
  readonly superpixels: Int32Array;
  /** (M) region of each superpixel, 0 to R - 1, each connected. */
  readonly regionOf: Int32Array;
}

/** What is written into a file. */
export interface Exported extends CutParts {
  readonly merges?: Merges;
  /** (H, W, 4) the picture. */
  readonly rgba: Uint8ClampedArray;
  /** (H, W, 4) the smoothed picture, where there is one. */
  readonly smoothed?: Uint8ClampedArray;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly format: FormatName;
}

/** Kinds of job; each answers with the bytes of a file. */
export interface ExportProtocol {
  /** One of the library's formats, by its own encoder: the bytes are those that the service would send. */
  readonly file: { readonly job: Exported; readonly result: Uint8Array<ArrayBuffer> };
  /** A PNG: white where the region is one of these, black elsewhere. */
  readonly mask: {
    readonly job: CutParts & { readonly selected: readonly number[] };
    readonly result: Uint8Array<ArrayBuffer>;
  };
  /** A PNG of the picture: these regions alone, on nothing. */
  readonly cutOut: {
    readonly job: CutParts & { readonly selected: readonly number[]; readonly rgba: Uint8ClampedArray };
    readonly result: Uint8Array<ArrayBuffer>;
  };
}
