/**
 * Eigenvalues and eigenvectors of a symmetric tridiagonal matrix by implicit QL with Wilkinson's shift: Bowdler, Martin,
 * Reinsch and Wilkinson (1968, doi:10.1007/BF02162166), as in EISPACK's tql2.
 */

/** Most QL sweeps for one eigenvalue; two are usual, EISPACK allows 30. */
const MOST_SWEEPS = 60;

/**
 * All eigenvalues, largest first, with their eigenvectors.
 *
 * @param diagonal (m) the diagonal.
 * @param off (m - 1) the entries beside it.
 * @returns `values` (m) and `vectors` (m, m), one eigenvector per row.
 * @throws {RangeError} When the iteration does not settle, which finite input has not been seen to cause.
 */
export function tridiagonalEigen(
  diagonal: Float64Array,
  off: Float64Array,
): { values: Float64Array; vectors: Float64Array } {
  const m = diagonal.length;
  const rotated = new Float64Array(m * m); // row i of it: eigenvector i
  for (let i = 0; i < m; i++) rotated[i * m + i] = 1;
  const d = ql(diagonal, off, rotated, m);
  const order = descending(d);
  const values = new Float64Array(m), vectors = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    values[i] = d[order[i]!]!;
    vectors.set(rotated.subarray(order[i]! * m, order[i]! * m + m), i * m);
  }
  return { values, vectors };
}

/**
 * All eigenvalues, largest first, and the last entry of each eigenvector: what Lanczos needs to know its residuals, for
 * m^2 instead of m^3 operations.
 *
 * @param diagonal (m) the diagonal.
 * @param off (m - 1) the entries beside it.
 * @returns `values` (m) and `bottom` (m).
 * @throws {RangeError} As {@linkcode tridiagonalEigen}.
 */
export function tridiagonalBottomRow(
  diagonal: Float64Array,
  off: Float64Array,
): { values: Float64Array; bottom: Float64Array } {
  const m = diagonal.length;
  const rotated = new Float64Array(m);
  rotated[m - 1] = 1;
  const d = ql(diagonal, off, rotated, 1);
  const order = descending(d);
  const values = new Float64Array(m), bottom = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    values[i] = d[order[i]!]!;
    bottom[i] = rotated[order[i]!]!;
  }
  return { values, bottom };
}

/** Runs QL; applies its rotations to the rows, `width` long, of `rotated`. Returns the eigenvalues, not sorted. */
function ql(diagonal: Float64Array, off: Float64Array, rotated: Float64Array, width: number): Float64Array {
  const m = diagonal.length;
  const d = Float64Array.from(diagonal), e = new Float64Array(m);
  e.set(off);
  for (let l = 0; l < m; l++) {
    for (let sweep = 0;; sweep++) {
      let split = l;
      while (split < m - 1) { // the first entry beside the diagonal that is nothing to its neighbours
        const size = Math.abs(d[split]!) + Math.abs(d[split + 1]!);
        if (Math.abs(e[split]!) <= Number.EPSILON * size) break;
        split++;
      }
      if (split === l) break;
      if (sweep === MOST_SWEEPS) {
        throw new RangeError(`Cannot find eigenvalues: QL did not settle in ${sweep} sweeps`);
      }
      qlSweep(d, e, l, split, rotated, width);
    }
  }
  return d;
}

function qlSweep(
  d: Float64Array,
  e: Float64Array,
  l: number,
  split: number,
  rotated: Float64Array,
  width: number,
): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.hypot(g, 1);
  g = d[split]! - d[l]! + e[l]! / (g + (g < 0 ? -r : r));
  let s = 1, c = 1, p = 0;
  for (let i = split - 1; i >= l; i--) {
    const f = s * e[i]!, b = c * e[i]!;
    r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) { // underflow: the matrix splits here
      d[i + 1]! -= p;
      e[split] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    r = (d[i]! - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    for (let j = 0, lower = i * width, upper = lower + width; j < width; j++, lower++, upper++) {
      const high = rotated[upper]!, low = rotated[lower]!;
      rotated[upper] = s * low + c * high;
      rotated[lower] = c * low - s * high;
    }
  }
  d[l]! -= p;
  e[l] = g;
  e[split] = 0;
}

/** Indices by descending value, equal values by ascending index. */
function descending(values: Float64Array): number[] {
  return Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
}
