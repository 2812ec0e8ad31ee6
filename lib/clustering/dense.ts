/**
 * The three operations on vectors that the eigensolver spends its time in.
 */

/** Inner product, in four running sums: one would wait for each addition to finish before the next. */
export function dot(a: Float64Array, b: Float64Array): number {
  const n = a.length, whole = n - n % 4;
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < n; i++) s0 += a[i]! * b[i]!;
  return (s0 + s1) + (s2 + s3);
}

/** Adds alpha x to y. */
export function axpy(alpha: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) y[i]! += alpha * x[i]!;
}

/** out = A x for an (n, n) matrix, row by row; four rows at once, so that each x[j] is loaded once for four products. */
export function denseProduct(
  matrix: Float32Array | Float64Array,
  n: number,
  x: Float64Array,
  out: Float64Array,
): void {
  const whole = n - n % 4;
  for (let i = 0; i < whole; i += 4) {
    let p0 = i * n, p1 = p0 + n, p2 = p1 + n, p3 = p2 + n;
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (let j = 0; j < n; j++) {
      const t = x[j]!;
      s0 += matrix[p0++]! * t;
      s1 += matrix[p1++]! * t;
      s2 += matrix[p2++]! * t;
      s3 += matrix[p3++]! * t;
    }
    out[i] = s0;
    out[i + 1] = s1;
    out[i + 2] = s2;
    out[i + 3] = s3;
  }
  for (let i = whole; i < n; i++) {
    let s = 0;
    for (let j = 0, p = i * n; j < n; j++, p++) s += matrix[p]! * x[j]!;
    out[i] = s;
  }
}
