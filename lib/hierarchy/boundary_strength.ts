/**
 * What is measured along the boundary between two regions: gradients averaged direction by direction, then the strongest
 * direction (as the oriented watershed transform of Arbelaez, Maire, Fowlkes and Malik 2011,
 * doi:10.1109/TPAMI.2010.161, with the direction chosen by the data and not by a fitted line); the mean of a map; and the
 * mean contrast of colours across it.
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
  let total = 0, n = 0;
  for (let e = 0; e < graph.length.length; e++) total += graph.length[e]!;
  const edge = new Int32Array(total), first = new Int32Array(total), second = new Int32Array(total);
  visitBoundaries(labels, columns.near.length, rows.near.length, graph, (e, x, y, right, down) => {
    edge[n] = e;
    first[n] = rows.near[y]! * gridWidth + columns.near[x]!;
    second[n++] = rows.near[y + down]! * gridWidth + columns.near[x + right]!;
  });
  return { edge, first, second };
}

/**
 * Difference in Lab, of two colours at a boundary, from which the contrast grows by the logarithm: twice what an eye just
 * notices. Half and three times of it score the same (docs/experiments.md).
 */
const NOTICEABLE = 5;

/**
 * Contrast across each boundary: of the colours one pixel away from it on either side, as the boundary itself is blurred.
 *
 * @param labels (H, W) region of each pixel.
 * @param width W.
 * @param height H.
 * @param graph The labels' adjacency graph.
 * @param lab (H, W, 3) colours in CIELAB.
 * @returns (E) means of log(1 + difference / 5), from 0.
 */
export function contrastAcross(
  labels: Int32Array,
  width: number,
  height: number,
  graph: Adjacency,
  lab: Float32Array,
): Float32Array {
  const contrast = new Float32Array(graph.length.length);
  visitBoundaries(labels, width, height, graph, (e, x, y, right, down) => {
    const before = Math.max(y - down, 0) * width + Math.max(x - right, 0);
    const after = Math.min(y + 2 * down, height - 1) * width + Math.min(x + 2 * right, width - 1);
    let square = 0;
    for (let c = 0; c < 3; c++) square += (lab[3 * before + c]! - lab[3 * after + c]!) ** 2;
    contrast[e]! += Math.log1p(Math.sqrt(square) / NOTICEABLE) / graph.length[e]!;
  });
  return contrast;
}

/** Calls with the edge, the upper or left pixel of each pair of 4-neighbours in different regions, and the step to the other. */
function visitBoundaries(
  labels: Int32Array,
  width: number,
  height: number,
  graph: Adjacency,
  visit: (edge: number, x: number, y: number, right: number, down: number) => void,
): void {
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const here = labels[p]!;
      if (x + 1 < width && here !== labels[p + 1]) {
        visit(edgeBetween(graph, here, labels[p + 1]!), x, y, 1, 0);
      }
      if (y + 1 < height && here !== labels[p + width]) {
        visit(edgeBetween(graph, here, labels[p + width]!), x, y, 0, 1);
      }
    }
  }
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
