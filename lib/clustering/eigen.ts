/**
 * Leading eigenvectors of a symmetric matrix by the Lanczos method (1950, doi:10.6028/jres.045.026) with full
 * reorthogonalisation, as in Golub and Van Loan, Matrix Computations, section 10.3. A spectral embedding wants a few dozen
 * of several hundred eigenvectors, and a complete decomposition costs ten times as much (bench/eigen_bench.ts).
 *
 * One Krylov sequence sees only one vector of each eigenspace, so a graph in several pieces (eigenvalue 1 many times)
 * would lose some. Hence the last step: look again, orthogonal to what was found, until nothing larger turns up.
 */

import { normal, type Random } from "../random.ts";
import { axpy, denseProduct, dot } from "./dense.ts";
import { tridiagonalBottomRow, tridiagonalEigen } from "./tridiagonal.ts";

/** Computes `out = A x` for a symmetric A of n rows; `x` and `out` have n numbers and do not overlap. */
export type SymmetricProduct = (x: Float64Array, out: Float64Array) => void;

/** Eigenvalues in descending order with their eigenvectors. */
export interface Eigenpairs {
  /** (k) eigenvalues, largest first. */
  readonly values: Float64Array;
  /** (n, k) unit eigenvectors as columns; the largest entry in magnitude (ties: the first) of each is positive. */
  readonly vectors: Float64Array;
}

/** Residual |A v - value v|, relative to the largest eigenvalue in magnitude, at which a pair counts as found. */
const TOLERANCE = 1e-7;
/** Lanczos steps between two looks at the residuals. */
const LOOK = 8;

/**
 * The k algebraically largest eigenvalues of a dense symmetric matrix and their eigenvectors.
 *
 * @param matrix (n, n), row by row, finite; symmetric (only that is not checked).
 * @param n Rows, 1 or more.
 * @param k Pairs wanted, 1 to n; cost grows a little faster than k.
 * @param random Where starting vectors are drawn from; the result depends on it only by rounding.
 * @returns Eigenvalues, largest first, and eigenvectors as the columns of an (n, k) matrix.
 * @throws {TypeError} When `matrix` does not have n * n numbers.
 * @throws {RangeError} When n or k is out of its range or an entry is not finite.
 *
 * @example
 * ```ts
 * import { topEigenvectors } from "./eigen.ts";
 * import { createRandom } from "../random.ts";
 * import assert from "node:assert/strict";
 *
 * const { values, vectors } = topEigenvectors(new Float64Array([2, 1, 1, 2]), 2, 1, createRandom(0));
 * assert.ok(Math.abs(values[0]! - 3) < 1e-9);
 * assert.ok(Math.abs(vectors[0]! - Math.SQRT1_2) < 1e-6);
 * ```
 */
export function topEigenvectors(
  matrix: Float32Array | Float64Array,
  n: number,
  k: number,
  random: Random,
): Eigenpairs {
  if (matrix.length !== n * n) {
    throw new TypeError(`Cannot find eigenvectors: ${n} x ${n} needs ${n * n} numbers, got ${matrix.length}`);
  }
  for (let i = 0; i < matrix.length; i++) {
    if (!Number.isFinite(matrix[i])) {
      throw new RangeError(`Cannot find eigenvectors: entries must be finite, got ${matrix[i]}`);
    }
  }
  return topEigenvectorsOf((x, out) => denseProduct(matrix, n, x, out), n, k, random);
}

/**
 * The same for a matrix that is only known by its product with a vector: a sparse one, or one never formed.
 *
 * @param product Computes A x.
 * @param n Rows, 1 or more.
 * @param k Pairs wanted, 1 to n.
 * @param random Where starting vectors are drawn from.
 * @returns As {@linkcode topEigenvectors}.
 * @throws {RangeError} When n or k is out of its range.
 */
export function topEigenvectorsOf(
  product: SymmetricProduct,
  n: number,
  k: number,
  random: Random,
): Eigenpairs {
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`Cannot find eigenvectors: rows must be 1 or more, got ${n}`);
  }
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new RangeError(`Cannot find eigenvectors: k must be 1 to ${n}, got ${k}`);
  }
  const found = lanczos(product, n, k, Infinity, [], random);
  for (let fresh = true; fresh && k < n;) {
    const floor = found[k - 1]!.value + TOLERANCE * Math.abs(found[0]!.value);
    const missed = lanczos(product, n, 1, floor, found, random);
    fresh = missed[0]!.value > floor;
    found.push(...missed);
    found.sort((a, b) => b.value - a.value);
    found.length = k;
  }
  return columns(found, n, k);
}

interface Pair {
  readonly value: number;
  readonly vector: Float64Array;
}

/**
 * One Lanczos run orthogonal to the pairs in `locked`: the `want` largest eigenpairs, and all further ones above `floor`.
 */
function lanczos(
  product: SymmetricProduct,
  n: number,
  want: number,
  floor: number,
  locked: readonly Pair[],
  random: Random,
): Pair[] {
  const most = n - locked.length; // the space left: after that many steps the decomposition is complete and exact
  const basis: Float64Array[] = [];
  const diagonal = new Float64Array(most), off = new Float64Array(most);
  let q = new Float64Array(n);
  randomUnit(q, locked, basis, random);
  let scale = 0;
  for (let m = 0; m < most;) {
    basis.push(q);
    const r = new Float64Array(n);
    product(q, r);
    diagonal[m] = dot(q, r);
    axpy(-diagonal[m]!, q, r);
    if (m > 0) axpy(-off[m - 1]!, basis[m - 1]!, r);
    orthogonalise(r, locked, basis);
    scale = Math.max(scale, Math.abs(diagonal[m]!) + (m > 0 ? off[m - 1]! : 0));
    const beta = Math.sqrt(dot(r, r));
    m++;
    if (m === most) break;
    if (beta <= 1e-12 * scale) {
      // an invariant subspace is exhausted: go on in a fresh direction, uncoupled from what came before
      off[m - 1] = 0;
      randomUnit(r, locked, basis, random);
    } else {
      off[m - 1] = beta;
      for (let i = 0; i < n; i++) r[i]! /= beta;
    }
    q = r;
    if (m >= want + LOOK && m % LOOK === 0 && converged(diagonal, off, m, want, floor)) break;
  }
  return ritzPairs(basis, diagonal, off, n, want, floor);
}

/** True when the `want` largest Ritz pairs, and all others above `floor`, have small residuals |beta_m s_mi|. */
function converged(
  diagonal: Float64Array,
  off: Float64Array,
  m: number,
  want: number,
  floor: number,
): boolean {
  const { values, bottom } = tridiagonalBottomRow(diagonal.subarray(0, m), off.subarray(0, m - 1));
  const limit = TOLERANCE * Math.max(Math.abs(values[0]!), Math.abs(values[m - 1]!), Number.MIN_VALUE);
  for (let i = 0; i < m && (i < want || values[i]! > floor); i++) {
    if (off[m - 1]! * Math.abs(bottom[i]!) > limit) return false;
  }
  return true;
}

/** Ritz pairs of the basis: the `want` largest and all others above `floor`. */
function ritzPairs(
  basis: readonly Float64Array[],
  diagonal: Float64Array,
  off: Float64Array,
  n: number,
  want: number,
  floor: number,
): Pair[] {
  const m = basis.length;
  const { values, vectors } = tridiagonalEigen(diagonal.subarray(0, m), off.subarray(0, m - 1));
  const pairs: Pair[] = [];
  for (let i = 0; i < m && (i < want || values[i]! > floor); i++) {
    const vector = new Float64Array(n);
    for (let j = 0; j < m; j++) axpy(vectors[i * m + j]!, basis[j]!, vector);
    pairs.push({ value: values[i]!, vector });
  }
  return pairs;
}

function columns(pairs: readonly Pair[], n: number, k: number): Eigenpairs {
  const values = new Float64Array(k), vectors = new Float64Array(n * k);
  for (let j = 0; j < k; j++) {
    const { value, vector } = pairs[j]!;
    let peak = 0;
    // entries within rounding of the peak count as equal, or noise would choose the sign of a balanced vector
    for (let i = 1; i < n; i++) {
      if (Math.abs(vector[i]!) > Math.abs(vector[peak]!) * (1 + 1e-6)) peak = i;
    }
    const sign = vector[peak]! < 0 ? -1 : 1;
    values[j] = value;
    for (let i = 0; i < n; i++) vectors[i * k + j] = sign * vector[i]!;
  }
  return { values, vectors };
}

/** Fills `out` with a random unit vector orthogonal to all others. */
function randomUnit(
  out: Float64Array,
  locked: readonly Pair[],
  basis: readonly Float64Array[],
  random: Random,
): void {
  for (let norm = 0; norm < 1e-6;) { // a draw that lies almost inside the span is drawn again
    for (let i = 0; i < out.length; i++) out[i] = normal(random);
    const before = Math.sqrt(dot(out, out));
    orthogonalise(out, locked, basis);
    norm = Math.sqrt(dot(out, out)) / before;
  }
  orthogonalise(out, locked, basis);
  const norm = Math.sqrt(dot(out, out));
  for (let i = 0; i < out.length; i++) out[i]! /= norm;
}

/** Gram and Schmidt, twice: once leaves errors of the size of the cancellation ("twice is enough", Kahan and Parlett). */
function orthogonalise(x: Float64Array, locked: readonly Pair[], basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) {
    for (let j = 0; j < locked.length; j++) axpy(-dot(locked[j]!.vector, x), locked[j]!.vector, x);
    for (let j = 0; j < basis.length; j++) axpy(-dot(basis[j]!, x), basis[j]!, x);
  }
}
