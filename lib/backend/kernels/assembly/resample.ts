/** Bilinear upsampling by a whole factor, and the pixel shuffle, both with their inverses' gradients. */
import { floats, fma } from "./simd";

/** out = a + (b - a) t over `n` floats. */
// @ts-ignore: decorator
@inline
function blend(a: usize, b: usize, t: f32, out: usize, n: i32): void {
  const end = out + floats(n & ~3), last = out + floats(n), tt = f32x4.splat(t);
  while (out < end) {
    const v = v128.load(a);
    v128.store(out, fma(f32x4.sub(v128.load(b), v), tt, v));
    a += 16;
    b += 16;
    out += 16;
  }
  while (out < last) {
    const v = load<f32>(a);
    store<f32>(out, v + (load<f32>(b) - v) * t);
    a += 4;
    b += 4;
    out += 4;
  }
}

/** out += a t over `n` floats. */
// @ts-ignore: decorator
@inline
function addScaled(a: usize, t: f32, out: usize, n: i32): void {
  const end = out + floats(n & ~3), last = out + floats(n), tt = f32x4.splat(t);
  while (out < end) {
    v128.store(out, fma(v128.load(a), tt, v128.load(out)));
    a += 16;
    out += 16;
  }
  while (out < last) {
    store<f32>(out, load<f32>(out) + load<f32>(a) * t);
    a += 4;
    out += 4;
  }
}

/**
 * Upsamples x (H, W, C) to (factor * H, factor * W, C): output factor * y is input y, beyond the last input it repeats.
 *
 * @param row W * C floats of scratch.
 */
export function upsample(x: usize, out: usize, row: usize, H: i32, W: i32, C: i32, factor: i32): void {
  const pixelB = floats(C), rowB = floats(W * C), part: f32 = 1 / <f32> factor;
  for (let y = 0; y < H; y++) {
    const above = x + <usize> y * rowB, below = y + 1 < H ? above + rowB : above;
    for (let i = 0; i < factor; i++) {
      let from = above;
      if (i > 0) {
        blend(above, below, <f32> i * part, row, W * C);
        from = row;
      }
      const end = from + rowB;
      for (; from < end; from += pixelB) {
        const next = from + pixelB < end ? from + pixelB : from;
        memory.copy(out, from, pixelB);
        out += pixelB;
        for (let j = 1; j < factor; j++) {
          blend(from, next, <f32> j * part, out, C);
          out += pixelB;
        }
      }
    }
  }
}

/** Gradient of {@link upsample}: dy (factor * H, factor * W, C) to dx (H, W, C). */
export function upsampleGradient(dy: usize, dx: usize, row: usize, H: i32, W: i32, C: i32, factor: i32): void {
  const pixelB = floats(C), rowB = floats(W * C), part: f32 = 1 / <f32> factor;
  memory.fill(dx, 0, <usize> H * rowB);
  for (let y = 0; y < H; y++) {
    const above = dx + <usize> y * rowB, below = y + 1 < H ? above + rowB : above;
    for (let i = 0; i < factor; i++) {
      memory.fill(row, 0, rowB);
      const end = row + rowB;
      for (let to = row; to < end; to += pixelB) {
        const next = to + pixelB < end ? to + pixelB : to;
        for (let j = 0; j < factor; j++) {
          const t = <f32> j * part;
          addScaled(dy, 1 - t, to, C);
          if (j > 0) addScaled(dy, t, next, C);
          dy += pixelB;
        }
      }
      const t = <f32> i * part;
      addScaled(row, 1 - t, above, W * C);
      if (i > 0) addScaled(row, t, below, W * C);
    }
  }
}

/**
 * Pixel shuffle: x (H, W, s * s * C) to out (s * H, s * W, C), or back where `inverse` is 1. The s * C channels of one row
 * of a pixel's block lie together on both sides.
 */
export function pixelShuffle(x: usize, out: usize, H: i32, W: i32, s: i32, C: i32, inverse: i32): void {
  const n = floats(s * C), pixelB = <usize> s * n, rowB = <usize> W * n;
  for (let y = 0; y < H; y++) {
    const packed = (inverse ? out : x) + <usize> (y * W) * pixelB, flat = (inverse ? x : out) + <usize> (y * s) * rowB;
    for (let i = 0; i < s; i++) {
      let p = packed + <usize> i * n, q = flat + <usize> i * rowB;
      for (let column = 0; column < W; column++) {
        let from = inverse ? q : p, to = inverse ? p : q;
        const end = from + n;
        while (from + 12 < end) {
          v128.store(to, v128.load(from));
          from += 16;
          to += 16;
        }
        while (from < end) {
          store<f32>(to, load<f32>(from));
          from += 4;
          to += 4;
        }
        p += pixelB;
        q += n;
      }
    }
  }
}
