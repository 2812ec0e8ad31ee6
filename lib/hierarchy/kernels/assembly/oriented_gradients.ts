// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.
//
// Gradients of histograms in two half-windows, as oriented_gradients.ts describes. The words are rotated once onto a
// canvas on which every half-window is axis-aligned; histograms of boxes then slide along each of its rows. A box serves
// twice, as the window below one row and, r + 1 rows on, as the window above another.
// Counts are 16-bit: a word adds a row of `bins` numbers that sum to 64, and the largest half-window, radius 11, holds
// 23 * 11 pixels, so that one half's bin stays below 2^14 and both together below 2^15.

/** What one pixel adds to a histogram in all. */
const UNIT: f32 = 64;
/** Distances below are rounding, and a watershed would find their ridges. */
const LEAST: f32 = 1e-5;

/** Canvas width of an image rotated by the angle with cosine c and sine s, with a margin on all sides. */
@inline function canvasWidth(W: i32, H: i32, c: f64, s: f64, margin: i32): i32 {
  return <i32>Math.ceil(Math.abs(<f64>W * c) + Math.abs(<f64>H * s)) + 2 + 2 * margin;
}

/**
 * Finds what each pixel of a canvas turned by the angle shows: canvas (x, y) lies on image pixel
 * round(centre + R (x, y)). Writes that pixel's index into `index` (i32, canvas), and four i32 a row into `spans`: the
 * first and last column inside the image, which is convex, and the first and last that is worth a window. Where a row has
 * none, the last comes before the first. Serves all words of a grid.
 */
export function turn(W: i32, H: i32, c: f64, s: f64, margin: i32, index: usize, spans: usize): void {
  const CW = canvasWidth(W, H, c, s, margin), CH = canvasWidth(H, W, c, s, margin);
  const cf = <f32>c, sf = <f32>s;
  const px = <f32>(CW - 1) * 0.5, py = <f32>(CH - 1) * 0.5;
  const cx = <f32>(W - 1) * 0.5 + 0.5, cy = <f32>(H - 1) * 0.5 + 0.5;
  for (let y = 0; y < CH; y++) {
    const dy = <f32>y - py;
    const x0 = cx - cf * px - sf * dy, y0 = cy - sf * px + cf * dy;
    const windows = y >= margin && y < CH - margin;
    const start = firstInside(W, H, c, s, CW, CH, margin, y), end = lastInside(W, H, c, s, CW, CH, margin, y);
    let first = CW, last = -1;
    for (let x = start; x <= end; x++) {
      const u = <i32>Mathf.floor(x0 + cf * <f32>x), v = <i32>Mathf.floor(y0 + sf * <f32>x);
      if (<u32>u >= <u32>W || <u32>v >= <u32>H) continue;
      store<i32>(index + (<usize>(y * CW + x) << 2), v * W + u);
      first = min(first, x);
      last = x;
    }
    const span = spans + (<usize>y << 4);
    store<i32>(span, first);
    store<i32>(span, last, 4);
    store<i32>(span, windows && start <= end ? start : CW, 8);
    store<i32>(span, windows && start <= end ? end : -1, 12);
  }
}

/** Copies words onto the canvas that `turn()` laid out; outside the image lies the word `outside`. */
export function rotate(
  words: usize,
  W: i32,
  H: i32,
  c: f64,
  s: f64,
  margin: i32,
  index: usize,
  spans: usize,
  outside: i32,
  canvas: usize,
): void {
  const CW = canvasWidth(W, H, c, s, margin), CH = canvasWidth(H, W, c, s, margin);
  memory.fill(canvas, <u8>outside, <usize>(CW * CH));
  for (let y = 0; y < CH; y++) {
    const last = load<i32>(spans + (<usize>y << 4), 4);
    for (let x = load<i32>(spans + (<usize>y << 4)); x <= last; x++) {
      const i = <usize>(y * CW + x);
      store<u8>(canvas + i, load<u8>(words + <usize>load<i32>(index + (i << 2))));
    }
  }
}

/**
 * Adds weight * chi-square distance of the half-windows above and below each canvas pixel to `sums` (f32, canvas).
 * The margin exceeds the radius, so that no window leaves the canvas.
 * `rows` is i16 (words + 1, bins), bins 8 to 32 in eights, the last row, of the word `outside`, zeros; `columns` is
 * scratch of (radius + 3) * CW * 2 * bins bytes.
 */
export function slide(
  canvas: usize,
  W: i32,
  H: i32,
  c: f64,
  s: f64,
  margin: i32,
  spans: usize,
  radius: i32,
  rows: usize,
  outside: i32,
  bins: i32,
  weight: f32,
  columns: usize,
  sums: usize,
): void {
  // a loop for each number of vectors in a histogram: what is not there must not be loaded
  if (bins == 8) slideAll(canvas, W, H, c, s, margin, spans, radius, rows, outside, 1, weight, columns, sums);
  else if (bins == 16) slideAll(canvas, W, H, c, s, margin, spans, radius, rows, outside, 2, weight, columns, sums);
  else if (bins == 24) slideAll(canvas, W, H, c, s, margin, spans, radius, rows, outside, 3, weight, columns, sums);
  else slideAll(canvas, W, H, c, s, margin, spans, radius, rows, outside, 4, weight, columns, sums);
}

@inline function slideAll(
  canvas: usize,
  W: i32,
  H: i32,
  c: f64,
  s: f64,
  margin: i32,
  spans: usize,
  r: i32,
  rows: usize,
  outside: i32,
  vectors: i32,
  weight: f32,
  columns: usize,
  sums: usize,
): void {
  const CW = canvasWidth(W, H, c, s, margin), CH = canvasWidth(H, W, c, s, margin);
  const row = <usize>vectors << 4, line = <usize>CW * row, ring = columns + line;
  // histograms of the r pixels of each column that begin at row t; boxes of them in a ring of r + 2 rows
  memory.fill(columns, 0, line);
  for (let y = margin - r; y < margin; y++) exchange(canvas, CW, spans, y, -1, rows, outside, vectors, columns);
  for (let t = margin - r; t <= CH - margin; t++) {
    const below = ring + <usize>(t % (r + 2)) * line, y = t - 1;
    // this box lies below row t - 1 and above row t + r
    const p = spans + (<usize>y << 4), q = spans + (<usize>(t + r) << 4);
    const first = load<i32>(p, 8), last = load<i32>(p, 12);
    slideRow(columns, vectors, min(first, load<i32>(q, 8)), max(last, load<i32>(q, 12)), r, below);
    if (first <= last) {
      // windows that lie inside the image altogether need no counting
      let whole = 0, end = CW;
      for (let v = y - r; v <= y + r; v++) {
        whole = max(whole, load<i32>(spans + (<usize>v << 4)));
        end = min(end, load<i32>(spans + (<usize>v << 4), 4));
      }
      const above = ring + <usize>((y - r) % (r + 2)) * line, out = sums + (<usize>(y * CW) << 2);
      compareRows(above, below, vectors, first, last, whole + r, end - r, r, weight, out);
    }
    exchange(canvas, CW, spans, t + r, t, rows, outside, vectors, columns);
  }
}

/** To each column's histogram adds the word of canvas row `enters`, and takes that of row `leaves` (-1: none) away. */
@inline function exchange(
  canvas: usize,
  CW: i32,
  spans: usize,
  enters: i32,
  leaves: i32,
  rows: usize,
  outside: i32,
  vectors: i32,
  columns: usize,
): void {
  const row = <usize>vectors << 4, p = spans + (<usize>enters << 4), q = spans + (<usize>max(leaves, 0) << 4);
  const none = leaves < 0;
  const first = none ? load<i32>(p) : min(load<i32>(p), load<i32>(q));
  const last = none ? load<i32>(p, 4) : max(load<i32>(p, 4), load<i32>(q, 4));
  for (let x = first; x <= last; x++) {
    const enter = rows + <usize>load<u8>(canvas + <usize>(enters * CW + x)) * row;
    const leave = rows + <usize>(none ? outside : <i32>load<u8>(canvas + <usize>(leaves * CW + x))) * row;
    const at = columns + <usize>x * row;
    swap(at, enter, leave);
    if (vectors > 1) swap(at + 16, enter + 16, leave + 16);
    if (vectors > 2) swap(at + 32, enter + 32, leave + 32);
    if (vectors > 3) swap(at + 48, enter + 48, leave + 48);
  }
}

@inline function swap(at: usize, enter: usize, leave: usize): void {
  v128.store(at, i16x8.add(v128.load(at), i16x8.sub(v128.load(enter), v128.load(leave))));
}

/** Histograms of 2 r + 1 columns around each of columns first to last: one enters, one leaves. */
@inline function slideRow(columns: usize, vectors: i32, first: i32, last: i32, r: i32, boxes: usize): void {
  if (first > last) return;
  const row = <usize>vectors << 4;
  let a0 = i16x8.splat(0), a1 = a0, a2 = a0, a3 = a0;
  for (let x = first - r; x <= first + r; x++) {
    const p = columns + <usize>x * row;
    a0 = i16x8.add(a0, v128.load(p));
    if (vectors > 1) a1 = i16x8.add(a1, v128.load(p + 16));
    if (vectors > 2) a2 = i16x8.add(a2, v128.load(p + 32));
    if (vectors > 3) a3 = i16x8.add(a3, v128.load(p + 48));
  }
  let out = boxes + <usize>first * row, enters = columns + <usize>(first + r + 1) * row;
  let leaves = columns + <usize>(first - r) * row;
  for (let x = first;; x++) {
    v128.store(out, a0);
    if (vectors > 1) v128.store(out + 16, a1);
    if (vectors > 2) v128.store(out + 32, a2);
    if (vectors > 3) v128.store(out + 48, a3);
    if (x >= last) break;
    a0 = i16x8.add(a0, i16x8.sub(v128.load(enters), v128.load(leaves)));
    if (vectors > 1) a1 = i16x8.add(a1, i16x8.sub(v128.load(enters + 16), v128.load(leaves + 16)));
    if (vectors > 2) a2 = i16x8.add(a2, i16x8.sub(v128.load(enters + 32), v128.load(leaves + 32)));
    if (vectors > 3) a3 = i16x8.add(a3, i16x8.sub(v128.load(enters + 48), v128.load(leaves + 48)));
    out += row;
    enters += row;
    leaves += row;
  }
}

/** Adds the distances of the boxes above and below a row; columns `whole` to `end` have all their pixels in the image. */
@inline function compareRows(
  above: usize,
  below: usize,
  vectors: i32,
  first: i32,
  last: i32,
  whole: i32,
  end: i32,
  r: i32,
  weight: f32,
  out: usize,
): void {
  const row = <usize>vectors << 4;
  const full = f32x4.splat(<f32>1 / (<f32>(r * (2 * r + 1)) * UNIT));
  const inside = min(end, last);
  for (let x = first; x <= last;) {
    let p = above + <usize>x * row, q = below + <usize>x * row;
    const at = out + (<usize>x << 2);
    if (x >= whole && x + 3 <= inside) {
      const a = common(p, q, vectors, full, full);
      const b = common(p + row, q + row, vectors, full, full);
      const c = common(p + 2 * row, q + 2 * row, vectors, full, full);
      const d = common(p + 3 * row, q + 3 * row, vectors, full, full);
      // four windows' sums side by side, lane after lane as in total()
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7), cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      let sum = f32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
      sum = f32x4.add(f32x4.add(sum, v128.shuffle<i64>(ab2, cd2, 0, 2)), v128.shuffle<i64>(ab2, cd2, 1, 3));
      const distance = f32x4.sub(f32x4.splat(1), f32x4.mul(f32x4.splat(2), sum));
      const added = v128.and(f32x4.mul(f32x4.splat(weight), distance), f32x4.gt(distance, f32x4.splat(LEAST)));
      v128.store(at, f32x4.add(v128.load(at), added));
      x += 4;
      continue;
    }
    x++;
    let scaleA = full, scaleB = full;
    if (x <= whole || x > end + 1) {
      const unitsA = units(p, vectors), unitsB = units(q, vectors);
      // a half-window that lies outside the image altogether has no histogram: no gradient
      if (unitsA == 0 || unitsB == 0) continue;
      scaleA = f32x4.splat(<f32>1 / <f32>unitsA);
      scaleB = f32x4.splat(<f32>1 / <f32>unitsB);
    }
    // half the sum of (g - h)^2 / (g + h) is 1 - 2 sum of g h / (g + h), as both histograms sum to 1
    const distance: f32 = 1 - 2 * total(common(p, q, vectors, scaleA, scaleB));
    if (distance > LEAST) store<f32>(at, load<f32>(at) + weight * distance);
  }
}

/** Sum of g h / (g + h) over the bins of two boxes, in four lanes. */
@inline function common(p: usize, q: usize, vectors: i32, scaleA: v128, scaleB: v128): v128 {
  let sum = overlap(v128.load(p), v128.load(q), scaleA, scaleB);
  if (vectors > 1) sum = f32x4.add(sum, overlap(v128.load(p + 16), v128.load(q + 16), scaleA, scaleB));
  if (vectors > 2) sum = f32x4.add(sum, overlap(v128.load(p + 32), v128.load(q + 32), scaleA, scaleB));
  if (vectors > 3) sum = f32x4.add(sum, overlap(v128.load(p + 48), v128.load(q + 48), scaleA, scaleB));
  return sum;
}

/** Sums of neighbouring bins. */
@inline function pairs(a: v128): v128 {
  return i32x4.dot_i16x8_s(a, i16x8.splat(1));
}

/** What all pixels of a box add up to: UNIT for each. */
@inline function units(box: usize, vectors: i32): i32 {
  let sum = pairs(v128.load(box));
  if (vectors > 1) sum = i32x4.add(sum, pairs(v128.load(box + 16)));
  if (vectors > 2) sum = i32x4.add(sum, pairs(v128.load(box + 32)));
  if (vectors > 3) sum = i32x4.add(sum, pairs(v128.load(box + 48)));
  return i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) +
    i32x4.extract_lane(sum, 3);
}

/** Sum of g h / (g + h) over eight bins, in four lanes; an empty bin adds nothing. */
@inline function overlap(a: v128, b: v128, scaleA: v128, scaleB: v128): v128 {
  const tiny = f32x4.splat(1e-9);
  const g0 = f32x4.mul(v128.convert<i32>(i32x4.extend_low_i16x8_u(a)), scaleA);
  const h0 = f32x4.mul(v128.convert<i32>(i32x4.extend_low_i16x8_u(b)), scaleB);
  const g1 = f32x4.mul(v128.convert<i32>(i32x4.extend_high_i16x8_u(a)), scaleA);
  const h1 = f32x4.mul(v128.convert<i32>(i32x4.extend_high_i16x8_u(b)), scaleB);
  return f32x4.add(
    f32x4.div(f32x4.mul(g0, h0), f32x4.add(f32x4.add(g0, h0), tiny)),
    f32x4.div(f32x4.mul(g1, h1), f32x4.add(f32x4.add(g1, h1), tiny)),
  );
}

@inline function total(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3);
}

/** First canvas column of row y whose centre lies within a pixel of the image; columns outside are not worth a window. */
@inline function firstInside(W: i32, H: i32, c: f64, s: f64, CW: i32, CH: i32, margin: i32, y: i32): i32 {
  const dy = <f64>y - <f64>(CH - 1) * 0.5, px = <f64>(CW - 1) * 0.5;
  const a = enters(c, <f64>(W - 1) * 0.5 - c * px - s * dy, <f64>W, true);
  const b = enters(s, <f64>(H - 1) * 0.5 - s * px + c * dy, <f64>H, true);
  return max(margin, <i32>Math.floor(max(a, b)));
}

@inline function lastInside(W: i32, H: i32, c: f64, s: f64, CW: i32, CH: i32, margin: i32, y: i32): i32 {
  const dy = <f64>y - <f64>(CH - 1) * 0.5, px = <f64>(CW - 1) * 0.5;
  const a = enters(c, <f64>(W - 1) * 0.5 - c * px - s * dy, <f64>W, false);
  const b = enters(s, <f64>(H - 1) * 0.5 - s * px + c * dy, <f64>H, false);
  return min(CW - 1 - margin, <i32>Math.ceil(min(a, b)));
}

/** Where start + step * x passes into [-1, end], or out of it. */
@inline function enters(step: f64, start: f64, end: f64, into: bool): f64 {
  if (Math.abs(step) < 1e-6) {
    const within = start >= -1 && start <= end;
    return within == into ? -1e6 : 1e6;
  }
  const a = (-1 - start) / step, b = (end - start) / step;
  return into ? min(a, b) : max(a, b);
}

/**
 * Adds the canvas, turned back, to `out` (f32, OH by OW). Output pixel (x, y) lies on words pixel (x, y) / 2^shift.
 */
export function unrotate(
  sums: usize,
  W: i32,
  H: i32,
  c: f64,
  s: f64,
  margin: i32,
  out: usize,
  OW: i32,
  OH: i32,
  shift: i32,
): void {
  const CW = canvasWidth(W, H, c, s, margin), CH = canvasWidth(H, W, c, s, margin);
  const cf = <f32>c, sf = <f32>s, step = <f32>1 / <f32>(1 << shift);
  const px = <f32>(CW - 1) * 0.5 + 0.5, py = <f32>(CH - 1) * 0.5 + 0.5;
  const cx = <f32>(W - 1) * 0.5, cy = <f32>(H - 1) * 0.5;
  for (let y = 0; y < OH; y++) {
    const dy = <f32>y * step - cy;
    for (let x = 0; x < OW; x++) {
      const dx = <f32>x * step - cx;
      const u = min(max(<i32>Mathf.floor(px + cf * dx + sf * dy), margin), CW - 1 - margin);
      const v = min(max(<i32>Mathf.floor(py - sf * dx + cf * dy), margin), CH - 1 - margin);
      store<f32>(out, load<f32>(out) + load<f32>(sums + (<usize>(v * CW + u) << 2)));
      out += 4;
    }
  }
}
