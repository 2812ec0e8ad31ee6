// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.

/**
 * Smooths one plane (H, W) of f32 with a symmetric kernel, borders repeated, into a plane with a frame of one pixel that
 * repeats the border, (H + 2, W + 2). `taps` has tap 0 to `radius` (f32). Four values at a time: `plane` needs room for
 * three more, `line` is scratch of W + 2 radius + 3.
 */
export function smooth(plane: usize, W: i32, H: i32, taps: usize, radius: i32, line: usize, out: usize): void {
  const row = <usize>W << 2, framed = row + 8, pad = <usize>radius << 2, middle = line + pad;
  for (let y = 0; y < H; y++) {
    const here = plane + <usize>y * row, to = out + <usize>(y + 1) * framed;
    for (let i: usize = 0; i < row; i += 16) {
      let sum = f32x4.mul(v128.load32_splat(taps), v128.load(here + i));
      for (let t = 1; t <= radius; t++) {
        const up = plane + <usize>max(0, y - t) * row, down = plane + <usize>min(H - 1, y + t) * row;
        const both = f32x4.add(v128.load(up + i), v128.load(down + i));
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(taps + (<usize>t << 2)), both));
      }
      v128.store(middle + i, sum);
    }
    for (let i: usize = 0; i < pad; i += 4) {
      store<f32>(line + i, load<f32>(middle));
      store<f32>(middle + row + i, load<f32>(middle + row - 4));
    }
    for (let i: usize = 0; i < row; i += 16) {
      let sum = f32x4.mul(v128.load32_splat(taps), v128.load(middle + i));
      for (let t = 1; t <= radius; t++) {
        const away = <usize>t << 2, both = f32x4.add(v128.load(middle + i - away), v128.load(middle + i + away));
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(taps + away), both));
      }
      v128.store(to + 4 + i, sum);
    }
    store<f32>(to, load<f32>(to + 4));
    store<f32>(to + framed - 4, load<f32>(to + framed - 8));
  }
  memory.copy(out, out + framed, framed);
  memory.copy(out + <usize>(H + 1) * framed, out + <usize>H * framed, framed);
}

/**
 * The weights of all edges of the 8-neighbour grid, u16 (H, W, 4): to the right, down, down and right, down and left. A
 * weight is the square root of `factor` times the distance of two sums of colours, those of the two pixels and of the two
 * behind them or, with `pair` 0, of the two pixels twice; 65535 where it would be more. `planes` are three of `smooth`,
 * `size` bytes apart and with room for another row and eight values. Edges that leave the image get a weight, too. Four
 * pixels at a time: `weights` needs room for three more.
 */
export function weigh(planes: usize, size: usize, W: i32, H: i32, pair: i32, factor: f32, weights: usize): void {
  const framed = <usize>(W + 2) << 2, factors = f32x4.splat(factor);
  const behind: usize = pair ? -1 : 0; // a mask
  for (let y = 0; y < H; y++) {
    let at = planes + <usize>(y + 1) * framed + 4, to = weights + (<usize>(y * W) << 3);
    for (let x = 0; x < W; x += 4, at += 16, to += 32) {
      const right = distance(at, size, 4, 4 & behind);
      const down = distance(at, size, framed, framed & behind);
      const downRight = distance(at, size, framed + 4, (framed + 4) & behind);
      const downLeft = distance(at, size, framed - 4, (framed - 4) & behind);
      const straight = i16x8.narrow_i32x4_u(rooted(right, factors), rooted(down, factors));
      const diagonal = i16x8.narrow_i32x4_u(rooted(downRight, factors), rooted(downLeft, factors));
      v128.store(to, v128.shuffle<u16>(straight, diagonal, 0, 4, 8, 12, 1, 5, 9, 13));
      v128.store(to, v128.shuffle<u16>(straight, diagonal, 2, 6, 10, 14, 3, 7, 11, 15), 16);
    }
  }
}

/** Distances, by three channels, of four pixels and those behind them from the pixels `d` bytes on and those beyond. */
// @ts-ignore: decorator
@inline
function distance(at: usize, size: usize, d: usize, behind: usize): v128 {
  const l = difference(at, d, behind), a = difference(at + size, d, behind), b = difference(at + 2 * size, d, behind);
  return f32x4.sqrt(f32x4.add(f32x4.add(f32x4.mul(l, l), f32x4.mul(a, a)), f32x4.mul(b, b)));
}

// @ts-ignore: decorator
@inline
function difference(at: usize, d: usize, behind: usize): v128 {
  return f32x4.sub(
    f32x4.add(v128.load(at + d), v128.load(at + d + behind)),
    f32x4.add(v128.load(at), v128.load(at - behind)),
  );
}

// @ts-ignore: decorator
@inline
function rooted(value: v128, factor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.sqrt(f32x4.mul(value, factor)));
}

/**
 * Sorts the edges that stay inside the image by weight, ties by id (4 p + direction), with one counting sort. `start` is
 * scratch of 65537 zeros (i32); `order` takes the ids. Returns how many.
 */
export function sortEdges(weights: usize, W: i32, H: i32, start: usize, order: usize): i32 {
  let at = weights;
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++, at += 8) {
      const right = x + 1 < W;
      if (right) count(start, load<u16>(at));
      if (y + 1 == H) continue;
      count(start, load<u16>(at, 2));
      if (right) count(start, load<u16>(at, 4));
      if (x > 0) count(start, load<u16>(at, 6));
    }
  }
  let before = 0;
  for (let w = start; w < start + 65537 * 4; w += 4) {
    const here = load<i32>(w);
    store<i32>(w, before);
    before += here;
  }
  at = weights;
  for (let y = 0, id = 0; y < H; y++) {
    for (let x = 0; x < W; x++, at += 8, id += 4) {
      const right = x + 1 < W;
      if (right) place(start, load<u16>(at), order, id);
      if (y + 1 == H) continue;
      place(start, load<u16>(at, 2), order, id + 1);
      if (right) place(start, load<u16>(at, 4), order, id + 2);
      if (x > 0) place(start, load<u16>(at, 6), order, id + 3);
    }
  }
  return before;
}

// @ts-ignore: decorator
@inline
function count(start: usize, weight: u16): void {
  const at = start + (<usize>weight << 2);
  store<i32>(at, load<i32>(at) + 1);
}

// @ts-ignore: decorator
@inline
function place(start: usize, weight: u16, order: usize, id: i32): void {
  const at = start + (<usize>weight << 2), to = load<i32>(at);
  store<i32>(at, to + 1);
  store<i32>(order + (<usize>to << 2), id);
}

/**
 * Joins components along sorted edges, as lib/superpixels/felzenszwalb.ts says, with the squares of weights. `parent` (i32)
 * becomes the root of each pixel, `size` (i32) of each root how many they are; `threshold` (f64), what holds a component
 * together plus its bonus, is scratch.
 */
export function joinEdges(
  order: usize,
  edges: i32,
  weights: usize,
  W: i32,
  H: i32,
  bonus: f64,
  parent: usize,
  size: usize,
  threshold: usize,
): void {
  for (let p = 0; p < W * H; p++) {
    store<i32>(parent + (<usize>p << 2), p);
    store<i32>(size + (<usize>p << 2), 1);
    store<f64>(threshold + (<usize>p << 3), bonus);
  }
  for (const end = order + (<usize>edges << 2); order < end; order += 4) {
    const id = load<i32>(order), p = id >> 2, direction = id & 3;
    const q = p + (direction == 0 ? 1 : direction == 1 ? W : direction == 2 ? W + 1 : W - 1);
    let a = find(parent, p), b = find(parent, q);
    if (a == b) continue;
    const root = <f64>load<u16>(weights + (<usize>id << 1)), weight = root * root;
    if (weight > load<f64>(threshold + (<usize>a << 3)) || weight > load<f64>(threshold + (<usize>b << 3))) continue;
    let large = load<i32>(size + (<usize>a << 2)), small = load<i32>(size + (<usize>b << 2));
    if (large < small) {
      const swap = a;
      a = b;
      b = swap;
    }
    large += small;
    store<i32>(parent + (<usize>b << 2), a);
    store<i32>(size + (<usize>a << 2), large);
    store<f64>(threshold + (<usize>a << 3), weight + bonus / <f64>large);
  }
  for (let p = 0; p < W * H; p++) store<i32>(parent + (<usize>p << 2), find(parent, p));
}

/** As lib/superpixels/union_find.ts. */
// @ts-ignore: decorator
@inline
function find(parent: usize, i: i32): i32 {
  let up = load<i32>(parent + (<usize>i << 2));
  while (up != i) {
    const above = load<i32>(parent + (<usize>up << 2));
    store<i32>(parent + (<usize>i << 2), above);
    i = above;
    up = load<i32>(parent + (<usize>i << 2));
  }
  return i;
}
