/** The soft superpixel cut in plain loops, term by term as printed in the paper: the oracle of lib/dsc/soft_cut.ts. */

/** sum_k Q_k' W (1 - Q_k); Q is (M, K), W is (M, M). */
export function paperCut(Q: ArrayLike<number>, W: ArrayLike<number>, M: number, K: number): number {
  let cut = 0;
  for (let k = 0; k < K; k++) {
    for (let a = 0; a < M; a++) {
      for (let b = 0; b < M; b++) cut += Q[a * K + k]! * W[a * M + b]! * (1 - Q[b * K + k]!);
    }
  }
  return cut;
}

/** dL2/dQ_k = W 1 - 2 W Q_k, W symmetric; (M, K). */
export function paperCutGradient(
  Q: ArrayLike<number>,
  W: ArrayLike<number>,
  M: number,
  K: number,
): Float64Array {
  const gradient = new Float64Array(M * K);
  for (let k = 0; k < K; k++) {
    for (let a = 0; a < M; a++) {
      for (let b = 0; b < M; b++) gradient[a * K + k]! += W[a * M + b]! * (1 - 2 * Q[b * K + k]!);
    }
  }
  return gradient;
}
