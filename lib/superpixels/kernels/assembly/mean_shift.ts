// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.

const UNKNOWN = -1, ON_PATH = -2;

/**
 * Lets every point climb to its mode, as lib/superpixels/mean_shift.ts says. `points` is six planes of f32, `plane` bytes
 * apart: x, y, L, a, b and the number of pixels; `count` of them ordered by cell, with room for three more. `start`
 * (columns * rows + 1) has the first point of each cell, `cell` pixels wide. `ofPoint` (i32) takes the mode of each point
 * and `modes` (f32) five values of each; `path` is scratch of `maxSteps` + 1 (i32), `sums` of 64 bytes. Returns how many
 * modes there are. A climb compares four points at a time.
 */
export function climb(
  points: usize,
  plane: usize,
  count: i32,
  start: usize,
  columns: i32,
  rows: i32,
  cell: f32,
  spatial: f32,
  range: f32,
  basin: f32,
  maxSteps: i32,
  ofPoint: usize,
  modes: usize,
  path: usize,
  sums: usize,
): i32 {
  const perS2: f32 = 1 / (spatial * spatial), perR2: f32 = 1 / (range * range);
  memory.fill(ofPoint, 0xff, <usize>count << 2); // UNKNOWN
  let found = 0;
  for (let i = 0; i < count; i++) {
    if (load<i32>(ofPoint + (<usize>i << 2)) != UNKNOWN) continue;
    const at = points + (<usize>i << 2);
    let x = load<f32>(at), y = load<f32>(at + plane), l = load<f32>(at + 2 * plane);
    let a = load<f32>(at + 3 * plane), b = load<f32>(at + 4 * plane);
    let length = 1, mode = UNKNOWN;
    store<i32>(path, i);
    store<i32>(ofPoint + (<usize>i << 2), ON_PATH);
    for (let step = 0; step < maxSteps; step++) {
      const c0 = max(0, <i32>Mathf.floor((x - spatial) / cell));
      const c1 = min(columns - 1, <i32>Mathf.floor((x + spatial) / cell));
      const r0 = max(0, <i32>Mathf.floor((y - spatial) / cell));
      const r1 = min(rows - 1, <i32>Mathf.floor((y + spatial) / cell));
      const near = look(points, plane, start, columns, c0, c1, r0, r1, x, y, l, a, b, spatial, range, basin, sums);
      if (step > 0 && near >= 0) {
        const known = load<i32>(ofPoint + (<usize>near << 2));
        if (known >= 0) {
          mode = known;
          break;
        }
        if (known == UNKNOWN) {
          store<i32>(ofPoint + (<usize>near << 2), ON_PATH);
          store<i32>(path + (<usize>length << 2), near);
          length++;
        }
      }
      const weight = load<f32>(sums);
      if (weight == 0) break; // the mean of a ring can lie where no point is within reach
      const sx = load<f32>(sums, 4) / weight, sy = load<f32>(sums, 8) / weight, sl = load<f32>(sums, 12) / weight;
      const sa = load<f32>(sums, 16) / weight, sb = load<f32>(sums, 20) / weight;
      x += sx;
      y += sy;
      l += sl;
      a += sa;
      b += sb;
      if ((sx * sx + sy * sy) * perS2 + (sl * sl + sa * sa + sb * sb) * perR2 < 1e-4) break;
    }
    if (mode < 0) {
      const to = modes + <usize>found * 20;
      mode = found++;
      store<f32>(to, x);
      store<f32>(to, y, 4);
      store<f32>(to, l, 8);
      store<f32>(to, a, 12);
      store<f32>(to, b, 16);
    }
    while (length > 0) {
      length--;
      store<i32>(ofPoint + (<usize>load<i32>(path + (<usize>length << 2)) << 2), mode);
    }
  }
  return found;
}

/**
 * Sums over the points of some cells that lie within both radii of a place: `sums` begins with the number of pixels and the
 * weighted differences in x, y, L, a, b (f32). Returns the nearest such point, the first of equally near ones, or -1 where
 * none is within `basin`.
 */
function look(
  points: usize,
  plane: usize,
  start: usize,
  columns: i32,
  c0: i32,
  c1: i32,
  r0: i32,
  r1: i32,
  x: f32,
  y: f32,
  l: f32,
  a: f32,
  b: f32,
  spatial: f32,
  range: f32,
  basin: f32,
  sums: usize,
): i32 {
  const vx = f32x4.splat(x), vy = f32x4.splat(y), vl = f32x4.splat(l), va = f32x4.splat(a), vb = f32x4.splat(b);
  const s2 = f32x4.splat(spatial * spatial), r2 = f32x4.splat(range * range);
  const perS2 = f32x4.splat(1 / (spatial * spatial)), perR2 = f32x4.splat(1 / (range * range));
  const lanes = i32x4(0, 1, 2, 3), none = f32x4.splat(f32.MAX_VALUE);
  const zero = f32x4.splat(0);
  let weight = zero, sx = zero, sy = zero, sl = zero, sa = zero, sb = zero;
  let nearest = f32x4.splat(basin), near = i32x4.splat(-1);
  for (let r = r0; r <= r1; r++) {
    const row = start + (<usize>(r * columns) << 2);
    const end = load<i32>(row + (<usize>(c1 + 1) << 2));
    for (let i = load<i32>(row + (<usize>c0 << 2)); i < end; i += 4) {
      const at = points + (<usize>i << 2);
      const dl = f32x4.sub(v128.load(at + 2 * plane), vl), l2 = f32x4.mul(dl, dl);
      let within = f32x4.le(l2, r2);
      if (!v128.any_true(within)) continue; // the test that most points of a textured window fail comes first
      const dx = f32x4.sub(v128.load(at), vx), dy = f32x4.sub(v128.load(at + plane), vy);
      const da = f32x4.sub(v128.load(at + 3 * plane), va), db = f32x4.sub(v128.load(at + 4 * plane), vb);
      const ds = f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy));
      const dr = f32x4.add(f32x4.add(l2, f32x4.mul(da, da)), f32x4.mul(db, db));
      within = v128.and(f32x4.le(ds, s2), f32x4.le(dr, r2));
      if (end - i < 4) within = v128.and(within, i32x4.lt_s(lanes, i32x4.splat(end - i)));
      const n = v128.and(v128.load(at + 5 * plane), within);
      weight = f32x4.add(weight, n);
      sx = f32x4.add(sx, f32x4.mul(n, dx));
      sy = f32x4.add(sy, f32x4.mul(n, dy));
      sl = f32x4.add(sl, f32x4.mul(n, dl));
      sa = f32x4.add(sa, f32x4.mul(n, da));
      sb = f32x4.add(sb, f32x4.mul(n, db));
      const d = v128.bitselect(f32x4.add(f32x4.mul(ds, perS2), f32x4.mul(dr, perR2)), none, within);
      const nearer = f32x4.lt(d, nearest);
      nearest = v128.bitselect(d, nearest, nearer);
      near = v128.bitselect(i32x4.add(i32x4.splat(i), lanes), near, nearer);
    }
  }
  store<f32>(sums, total(weight));
  store<f32>(sums, total(sx), 4);
  store<f32>(sums, total(sy), 8);
  store<f32>(sums, total(sl), 12);
  store<f32>(sums, total(sa), 16);
  store<f32>(sums, total(sb), 20);
  v128.store(sums, nearest, 32);
  v128.store(sums, near, 48);
  let best = basin, which = -1;
  for (let lane: usize = 0; lane < 16; lane += 4) {
    const d = load<f32>(sums + lane, 32), i = load<i32>(sums + lane, 48);
    if (i < 0) continue;
    if (which < 0 || d < best || (d == best && i < which)) {
      best = d;
      which = i;
    }
  }
  return which;
}

// @ts-ignore: decorator
@inline
function total(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3);
}
