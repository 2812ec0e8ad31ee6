/**
 * What regions are compared by besides their boundary: histograms of words, and mean deep features.
 */
import type { Sampling } from "./sampling.ts";
import type { WordMap } from "./word_map.ts";

/** Histograms of all regions, blocks side by side. */
export interface RegionFeatures {
  /** (M) pixels. */
  readonly area: Float64Array;
  /** (M, bins of all maps) each histogram sums to 1. */
  readonly histograms: Float32Array;
}

/**
 * Counts the words of each region. Every pixel counts, with the word of its half-resolution sample, so that a superpixel
 * of a few pixels has a histogram too.
 *
 * @param labels (H, W) region of each pixel, 0 to count - 1, every one used.
 * @param columns Where the W columns of pixels lie on the words' grid.
 * @param rows Where the H rows do.
 * @param count M.
 * @param maps Words at half resolution.
 * @returns Areas and histograms.
 */
export function regionFeatures(
  labels: Int32Array,
  columns: Sampling,
  rows: Sampling,
  count: number,
  maps: readonly WordMap[],
): RegionFeatures {
  const width = columns.near.length, height = rows.near.length;
  const bins = maps.reduce((sum, map) => sum + map.count, 0);
  const histograms = new Float32Array(count * bins), area = new Float64Array(count);
  for (let p = 0; p < labels.length; p++) area[labels[p]!]!++;
  let offset = 0;
  for (const map of maps) {
    const counts = new Float32Array(count * map.count);
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0, row = rows.near[y]! * map.width; x < width; x++, p++) {
        counts[labels[p]! * map.count + map.words[row + columns.near[x]!]!]!++;
      }
    }
    for (let r = 0; r < count; r++) {
      const at = r * bins + offset, scale = 1 / area[r]!;
      for (let i = 0; i < map.count; i++) histograms[at + i] = scale * counts[r * map.count + i]!;
    }
    offset += map.count;
  }
  return { area, histograms };
}

/** Deep features on the grid. */
export interface FeatureMap {
  /** Samples in a row. */
  readonly width: number;
  /** D. */
  readonly channels: number;
  /** (samples, D) row by row. */
  readonly data: Float32Array;
}

/**
 * Averages deep features over regions; every pixel counts, with its half-resolution sample.
 *
 * @param labels (H, W) region of each pixel, 0 to count - 1, every one used.
 * @param columns Where the W columns of pixels lie on the features' grid.
 * @param rows Where the H rows do.
 * @param count M.
 * @param map The features.
 * @returns (M, D) means.
 */
export function regionMeans(
  labels: Int32Array,
  columns: Sampling,
  rows: Sampling,
  count: number,
  { data: features, width: gridWidth, channels: D }: FeatureMap,
): Float32Array {
  const width = columns.near.length, height = rows.near.length;
  const means = new Float32Array(count * D), area = new Int32Array(count);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0, row = rows.near[y]! * gridWidth; x < width; x++, p++) {
      const region = labels[p]!, from = (row + columns.near[x]!) * D;
      area[region]!++;
      for (let k = 0, i = region * D; k < D; k++) means[i++]! += features[from + k]!;
    }
  }
  for (let r = 0, i = 0; r < count; r++) for (let k = 0; k < D; k++) means[i++]! /= area[r]!;
  return means;
}
