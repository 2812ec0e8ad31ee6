/**
 * Superpixels that look the same joined before the cut: a cut into K partitions must put boundaries somewhere, and on a
 * flat wall it would put them where the embedding differs by the zeros that convolutions see past the frame.
 */
import { adjacency } from "../superpixels/adjacency.ts";
import { find } from "../superpixels/union_find.ts";

/**
 * Partitions of superpixels with those of groups that look the same made one: neighbours whose mean colours differ by
 * less than half a just noticeable difference (2.3 CIELAB units; Mahy, Van Eycken and Oosterlinck 1994,
 * doi:10.1002/col.5080190207) are a group, which takes the partition of most of its pixels.
 *
 * @param partitions (M) partition of each superpixel.
 * @param superpixels (H, W) superpixel of each pixel, 0 to M - 1.
 * @param lab (H, W, 3) CIELAB of the image.
 * @param width W.
 * @param height H.
 * @returns (M) partitions.
 */
export function mergeAlike(
  partitions: Int32Array,
  superpixels: Int32Array,
  lab: Float32Array,
  width: number,
  height: number,
): Int32Array {
  const M = partitions.length;
  const areas = new Int32Array(M), sums = new Float64Array(3 * M);
  for (let p = 0, q = 0; p < superpixels.length; p++, q += 3) {
    const j = superpixels[p]!;
    areas[j]!++;
    for (let c = 0; c < 3; c++) sums[3 * j + c]! += lab[q + c]!;
  }
  const { edgeA, edgeB } = adjacency(superpixels, width, height, M);
  const parent = Int32Array.from({ length: M }, (_, j) => j);
  for (let e = 0; e < edgeA.length; e++) {
    const a = edgeA[e]!, b = edgeB[e]!;
    let square = 0;
    for (let c = 0; c < 3; c++) square += (sums[3 * a + c]! / areas[a]! - sums[3 * b + c]! / areas[b]!) ** 2;
    if (square < ALIKE * ALIKE) parent[find(parent, b)] = find(parent, a);
  }
  const K = partitions.reduce((most, k) => Math.max(most, k), 0) + 1;
  const votes = new Int32Array(M * K);
  for (let j = 0; j < M; j++) votes[find(parent, j) * K + partitions[j]!]! += areas[j]!;
  return partitions.map((_, j) => {
    const row = find(parent, j) * K;
    let best = 0;
    for (let k = 1; k < K; k++) if (votes[row + k]! > votes[row + best]!) best = k;
    return best;
  });
}

/** Half a just noticeable difference: chains of such steps must stay invisible, too. */
const ALIKE = 1.15;
