// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.
//
// Gradients of histograms in two half-windows, as oriented_gradients.ts describes. The words are rotated once onto a
// canvas on which every half-window is axis-aligned; the histograms above and below each row then slide along it.
// Counts are 16-bit: a word adds a row of `bins` numbers that sum to 64, and the largest half-window, radius 11, holds
// 23 * 11 pixels, so that one half's bin stays below 2^14 and both together below 2^15.

/** What one pixel adds to a histogram in all. */
const UNIT: f32 = 64;

/** Canvas width of an image rotated by the angle with cosine c and sine s, with a margin on all sides. */
@inline function canvasWidth(W: i32, H: i32, c: f64, s: f64, margin: i32): i32 {
  return <i32>Math.ceil(Math.abs(<f64>W * c) + Math.abs(<f64>H * s)) + 2 + 2 * margin;
}

/**
 * Finds what each pixel of a canvas turned by the angle shows: canvas (x, y) lies on image pixel
 * round(centre + R (x, y)). Writes that pixel's index into `index` (i32, canvas), and into `spans` (2 i32 a row) the
 * first and last column inside the image, which is convex: (CW, -1) where a row misses it. Serves all words of a grid.
 */
export function turn(W: i32, H: i32, c: f64, s: f64, margin: i32, index: usize, spans: usize): void {
  const CW = canvasWidth(W, H, c, s, margin), CH = canvasWidth(H, W, c, s, margin);
  const cf = <f32>c, sf = <f32>s;
  const px = <f32>(CW - 1) * 0.5, py = <f32>(CH - 1) * 0.5;
  const cx = <f32>(W - 1) * 0.5 + 0.5, cy = <f32>(H - 1) * 0.5 + 0.5;
  for (let y = 0; y < CH; y++) {
    const dy = <f32>y - py;
    const x0 = cx - cf * px - sf * dy, y0 = cy - sf * px + cf * dy;
    let first = CW, last = -1;
    const end = lastInside(W, H, c, s, CW, CH, margin, y);
    for (let x = firstInside(W, H, c, s, CW, CH, margin, y); x <= end; x++) {
      const u = <i32>Mathf.floor(x0 + cf * <f32>x), v = <i32>Mathf.floor(y0 + sf * <f32>x);
      if (<u32>u >= <u32>W || <u32>v >= <u32>H) continue;
      store<i32>(index + (<usize>(y * CW + x) << 2), v * W + u);
      first = min(first, x);
      last = x;
    }
    store<i32>(spans + (<usize>y << 3), first);
    store<i32>(spans + (<usize>y << 3), last, 4);
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
    const last = load<i32>(spans + (<usize>y << 3), 4);
    for (let x = load<i32>(spans + (<usize>y << 3)); x <= last; x++) {
      const i = <usize>(y * CW + x);
      store<u8>(canvas + i, load<u8>(words + <usize>load<i32>(index + (i << 2))));
    }
  }
}

/**
 * Adds weight * chi-square distance of the half-windows above and below each canvas pixel to `sums` (f32, canvas).
 * The margin exceeds the radius, so that no window leaves the canvas.
 * `rows` is i16 (words + 1, bins), bins 8 to 32 in eights, the last row, of the word `outside`, zeros; `columns` is
 * scratch of CW * (4 * bins + 8) bytes.
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
  // of each column the histogram above the row, then the one below; their pixels likewise
  const row = <usize>vectors << 4, counts = columns + <usize>CW * 2 * row;
  memory.fill(columns, 0, <usize>CW * (2 * row + 8));
  const top = margin;
  for (let k = 1; k <= r; k++) {
    exchange(canvas, CW, spans, top - k, -1, rows, outside, vectors, columns, counts);
    exchange(canvas, CW, spans, top + k, -1, rows, outside, vectors, columns + row, counts + 4);
  }
  for (let y = top; y < CH - margin; y++) {
    const first = firstInside(W, H, c, s, CW, CH, margin, y), last = lastInside(W, H, c, s, CW, CH, margin, y);
    if (first <= last) {
      // windows that lie inside the image altogether need no counting
      let whole = 0, end = CW;
      for (let v = y - r; v <= y + r; v++) {
        whole = max(whole, load<i32>(spans + (<usize>v << 3)));
        end = min(end, load<i32>(spans + (<usize>v << 3), 4));
      }
      const out = sums + (<usize>(y * CW + first) << 2);
      slideRow(columns, counts, vectors, first, last, whole + r, end - r, r, weight, out);
    }
    exchange(canvas, CW, spans, y, y - r, rows, outside, vectors, columns, counts);
    exchange(canvas, CW, spans, y + r + 1, y + 1, rows, outside, vectors, columns + row, counts + 4);
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
  counts: usize,
): void {
  const row = <usize>vectors << 4, old = leaves < 0 ? enters : leaves;
  const first = min(load<i32>(spans + (<usize>enters << 3)), load<i32>(spans + (<usize>old << 3)));
  const last = max(load<i32>(spans + (<usize>enters << 3), 4), load<i32>(spans + (<usize>old << 3), 4));
  for (let x = first; x <= last; x++) {
    const a = <i32>load<u8>(canvas + <usize>(enters * CW + x));
    const b = leaves < 0 ? outside : <i32>load<u8>(canvas + <usize>(leaves * CW + x));
    if (a == b) continue; // smooth areas change nothing
    const p = columns + <usize>x * 2 * row, q = rows + <usize>a * row, o = rows + <usize>b * row;
    v128.store(p, i16x8.add(v128.load(p), i16x8.sub(v128.load(q), v128.load(o))));
    if (vectors > 1) v128.store(p, i16x8.add(v128.load(p, 16), i16x8.sub(v128.load(q, 16), v128.load(o, 16))), 16);
    if (vectors > 2) v128.store(p, i16x8.add(v128.load(p, 32), i16x8.sub(v128.load(q, 32), v128.load(o, 32))), 32);
    if (vectors > 3) v128.store(p, i16x8.add(v128.load(p, 48), i16x8.sub(v128.load(q, 48), v128.load(o, 48))), 48);
    const n = counts + (<usize>x << 3);
    store<i32>(n, load<i32>(n) + <i32>(a != outside) - <i32>(b != outside));
  }
}

/** One row of windows: the two histograms gain the column that enters and lose the one that leaves. */
@inline function slideRow(
  columns: usize,
  counts: usize,
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
  let a0 = i16x8.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0, na: i32 = 0, nb: i32 = 0;
  for (let x = first - r; x <= first + r; x++) {
    const p = columns + <usize>x * 2 * row, q = p + row;
    a0 = i16x8.add(a0, v128.load(p));
    b0 = i16x8.add(b0, v128.load(q));
    if (vectors > 1) {
      a1 = i16x8.add(a1, v128.load(p, 16));
      b1 = i16x8.add(b1, v128.load(q, 16));
    }
    if (vectors > 2) {
      a2 = i16x8.add(a2, v128.load(p, 32));
      b2 = i16x8.add(b2, v128.load(q, 32));
    }
    if (vectors > 3) {
      a3 = i16x8.add(a3, v128.load(p, 48));
      b3 = i16x8.add(b3, v128.load(q, 48));
    }
    na += load<i32>(counts + (<usize>x << 3));
    nb += load<i32>(counts + (<usize>x << 3), 4);
  }
  const full = r * (2 * r + 1);
  const fullScale = f32x4.splat(<f32>1 / (<f32>full * UNIT));
  for (let x = first;; x++) {
    const inside = x >= whole && x <= end;
    let p = fullScale, q = fullScale;
    if (!inside) {
      p = f32x4.splat(<f32>1 / (<f32>na * UNIT));
      q = f32x4.splat(<f32>1 / (<f32>nb * UNIT));
    }
    // a half-window that lies outside the image altogether has no histogram: no gradient
    if (inside || (na > 0 && nb > 0)) {
      // bins that one side lacks add nothing, and most groups of eight neighbouring colours have only such
      let common = f32x4.splat(0);
      if (v128.any_true(i16x8.min_s(a0, b0))) common = overlap(a0, b0, p, q);
      if (vectors > 1 && v128.any_true(i16x8.min_s(a1, b1))) common = f32x4.add(common, overlap(a1, b1, p, q));
      if (vectors > 2 && v128.any_true(i16x8.min_s(a2, b2))) common = f32x4.add(common, overlap(a2, b2, p, q));
      if (vectors > 3 && v128.any_true(i16x8.min_s(a3, b3))) common = f32x4.add(common, overlap(a3, b3, p, q));
      // half the sum of (g - h)^2 / (g + h) is 1 - 2 sum of g h / (g + h), as both histograms sum to 1
      const distance: f32 = 1 - 2 * total(common);
      // below lies rounding, and a watershed would find its ridges
      if (distance > 1e-5) store<f32>(out, load<f32>(out) + weight * distance);
    }
    out += 4;
    if (x >= last) break;
    const enters = columns + <usize>(x + r + 1) * 2 * row, leaves = columns + <usize>(x - r) * 2 * row;
    const enterB = enters + row, leaveB = leaves + row;
    a0 = i16x8.add(a0, i16x8.sub(v128.load(enters), v128.load(leaves)));
    b0 = i16x8.add(b0, i16x8.sub(v128.load(enterB), v128.load(leaveB)));
    if (vectors > 1) {
      a1 = i16x8.add(a1, i16x8.sub(v128.load(enters, 16), v128.load(leaves, 16)));
      b1 = i16x8.add(b1, i16x8.sub(v128.load(enterB, 16), v128.load(leaveB, 16)));
    }
    if (vectors > 2) {
      a2 = i16x8.add(a2, i16x8.sub(v128.load(enters, 32), v128.load(leaves, 32)));
      b2 = i16x8.add(b2, i16x8.sub(v128.load(enterB, 32), v128.load(leaveB, 32)));
    }
    if (vectors > 3) {
      a3 = i16x8.add(a3, i16x8.sub(v128.load(enters, 48), v128.load(leaves, 48)));
      b3 = i16x8.add(b3, i16x8.sub(v128.load(enterB, 48), v128.load(leaveB, 48)));
    }
    const more = counts + (<usize>(x + r + 1) << 3), less = counts + (<usize>(x - r) << 3);
    na += load<i32>(more) - load<i32>(less);
    nb += load<i32>(more, 4) - load<i32>(less, 4);
  }
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
