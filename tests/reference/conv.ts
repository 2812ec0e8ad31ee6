/** Convolution and its gradients by definition, in double precision: the oracle of the SIMD kernels. */

/** Sizes; the filter is (size, size, C, O), the border (size - 1) / 2 zeros on every side. */
export interface Conv {
  readonly B: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly O: number;
  readonly size: 1 | 3;
  readonly stride: 1 | 2;
}

/** Output rows and columns. */
export function outputSize({ H, W, stride }: Conv): [number, number] {
  return [Math.ceil(H / stride), Math.ceil(W / stride)];
}

/** Calls `f` for every pair of an output and an input that a tap of the filter joins. Indices are of channel 0. */
function eachTap(conv: Conv, f: (x: number, w: number, y: number) => void): void {
  const { B, H, W, C, O, size, stride } = conv, [OH, OW] = outputSize(conv), edge = (size - 1) / 2;
  for (let b = 0; b < B; b++) {
    for (let oy = 0; oy < OH; oy++) {
      for (let ox = 0; ox < OW; ox++) {
        for (let ky = 0; ky < size; ky++) {
          for (let kx = 0; kx < size; kx++) {
            const iy = oy * stride + ky - edge, ix = ox * stride + kx - edge;
            if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
            f(((b * H + iy) * W + ix) * C, (ky * size + kx) * C * O, ((b * OH + oy) * OW + ox) * O);
          }
        }
      }
    }
  }
}

/** y = x * filter + bias, then relu where asked for. */
export function convolve(
  conv: Conv,
  x: Float32Array,
  filter: Float32Array,
  bias: Float32Array,
  relu: boolean,
) {
  const { B, C, O } = conv, [OH, OW] = outputSize(conv);
  const y = Float64Array.from({ length: B * OH * OW * O }, (_, i) => bias[i % O]!);
  eachTap(conv, (p, w, q) => {
    for (let c = 0; c < C; c++) for (let o = 0; o < O; o++) y[q + o]! += x[p + c]! * filter[w + c * O + o]!;
  });
  return relu ? y.map((v) => Math.max(0, v)) : y;
}

/** The gradients of x, filter and bias for a given dy. */
export function gradients(conv: Conv, x: Float32Array, filter: Float32Array, dy: Float32Array) {
  const { C, O } = conv;
  const dx = new Float64Array(x.length),
    dfilter = new Float64Array(filter.length),
    dbias = new Float64Array(O);
  eachTap(conv, (p, w, q) => {
    for (let c = 0; c < C; c++) {
      for (let o = 0; o < O; o++) {
        dx[p + c]! += dy[q + o]! * filter[w + c * O + o]!;
        dfilter[w + c * O + o]! += dy[q + o]! * x[p + c]!;
      }
    }
  });
  dy.forEach((v, i) => dbias[i % O]! += v);
  return { dx, dfilter, dbias };
}
