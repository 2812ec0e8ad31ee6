/**
 * Strength of the boundary between two regions: gradients averaged along it, direction by direction, then the strongest
 * direction (as the oriented watershed transform of Arbelaez, Maire, Fowlkes and Malik 2011,
 * doi:10.1109/TPAMI.2010.161, with the direction chosen by the data and not by a fitted line).
 */
import type { Adjacency } from "../superpixels/adjacency.ts";
import type { OrientedGradients } from "./oriented_gradients.ts";
import type { Sampling } from "./sampling.ts";

/** Pairs of 4-neighbour pixels in different regions. */
export interface BoundaryPairs {
  /** (P) edge of the adjacency graph that each pair belongs to. */
  readonly edge: Int32Array;
  /** (P) half-resolution sample of the pair's upper or left pixel. */
  readonly first: Int32Array;
  /** (P) half-resolution sample of the other. */
  readonly second: Int32Array;
}

/**
 * Lists the pixel pairs along all boundaries.
 *
 * @param labels (H, W) region of each pixel.
 * @param columns Where the W columns of pixels lie on the grid.
 * @param rows Where the H rows do.
 * @param gridWidth Samples in a row of the grid.
 * @param graph The labels' adjacency graph.
 * @returns Pairs in the order of rows.
 */
export function boundaryPairs(
  labels: Int32Array,
  columns: Sampling,
  rows: Sampling,
  gridWidth: number,
  graph: Adjacency,
): BoundaryPairs {
  const width = columns.near.length, height = rows.near.length;
  let total = 0;
  for (let e = 0; e < graph.length.length; e++) total += graph.length[e]!;
  const edge = new Int32Array(total), first = new Int32Array(total), second = new Int32Array(total);
  for (let y = 0, p = 0, n = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const here = rows.near[y]! * gridWidth + columns.near[x]!;
      if (x + 1 < width && labels[p] !== labels[p + 1]) {
        edge[n] = edgeBetween(graph, labels[p]!, labels[p + 1]!);
        first[n] = here;
        second[n++] = rows.near[y]! * gridWidth + columns.near[x + 1]!;
      }
      if (y + 1 < height && labels[p] !== labels[p + width]) {
        edge[n] = edgeBetween(graph, labels[p]!, labels[p + width]!);
        first[n] = here;
        second[n++] = rows.near[y + 1]! * gridWidth + columns.near[x]!;
      }
    }
  }
  return { edge, first, second };
}

/**
 * Mean of a map along each boundary.
 *
 * @param pairs From {@linkcode boundaryPairs}.
 * @param graph The graph whose edges they belong to.
 * @param map Values at half resolution.
 * @returns (E) means.
 */
export function meanAlongBoundaries(pairs: BoundaryPairs, graph: Adjacency, map: Float32Array): Float32Array {
  const { edge, first, second } = pairs;
  const mean = new Float32Array(graph.length.length);
  for (let n = 0; n < edge.length; n++) mean[edge[n]!]! += map[first[n]!]! + map[second[n]!]!;
  for (let e = 0; e < mean.length; e++) mean[e]! /= 2 * graph.length[e]!;
  return mean;
}

/**
 * Strength of each boundary: the largest of the mean gradients by direction. Averaging before choosing lets the whole
 * boundary decide on its direction.
 *
 * @param pairs From {@linkcode boundaryPairs}.
 * @param graph The graph whose edges they belong to.
 * @param gradients At half resolution.
 * @returns (E) strengths.
 */
export function boundaryStrengths(
  pairs: BoundaryPairs,
  graph: Adjacency,
  gradients: OrientedGradients,
): Float32Array {
  const strength = new Float32Array(graph.length.length);
  for (const map of gradients.angles) {
    const mean = meanAlongBoundaries(pairs, graph, map);
    for (let e = 0; e < mean.length; e++) if (mean[e]! > strength[e]!) strength[e] = mean[e]!;
  }
  return strength;
}

/** The edge that joins two neighbours; lists are short, about six. */
function edgeBetween({ offsets, neighbors, edges }: Adjacency, a: number, b: number): number {
  let i = offsets[a]!;
  while (neighbors[i] !== b) i++;
  return edges[i]!;
}
