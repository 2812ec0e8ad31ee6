// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.

/**
 * One centre claims the pixels of its window that it is nearest to; ties stay. All maps have four bytes a pixel: `la` L
 * and a, `b` b and zero (i16 pairs), `distance` and `labels` (i32). The window is `columns` pixels wide from `x0`, rows y0
 * to y1 by `stride`; `across` has the spatial term of each column, with room for three more, `along` that of each of its
 * rows. `centerLa` and `centerB` are the centre's colour in the layout of the maps. Four pixels at a time; those beyond the
 * window in the last four keep what they have, so that the maps need room for three more pixels.
 */
export function assign(
  la: usize,
  b: usize,
  distance: usize,
  labels: usize,
  width: i32,
  x0: i32,
  columns: i32,
  y0: i32,
  y1: i32,
  stride: i32,
  centerLa: i32,
  centerB: i32,
  label: i32,
  across: usize,
  along: usize,
): void {
  const ca = i32x4.splat(centerLa), cb = i32x4.splat(centerB), own = i32x4.splat(label);
  const lanes = i32x4(0, 1, 2, 3);
  for (let y = y0; y <= y1; y += stride, along += 4) {
    const row = i32x4.splat(load<i32>(along));
    let at = <usize>(y * width + x0) << 2, column = across;
    for (let left = columns; left > 0; left -= 4, at += 16, column += 16) {
      const dla = i16x8.sub(v128.load(la + at), ca), db = i16x8.sub(v128.load(b + at), cb);
      const color = i32x4.add(i32x4.dot_i16x8_s(dla, dla), i32x4.dot_i16x8_s(db, db));
      const d = i32x4.add(i32x4.add(color, v128.load(column)), row);
      const old = v128.load(distance + at);
      let closer = i32x4.lt_s(d, old);
      if (left < 4) closer = v128.and(closer, i32x4.lt_s(lanes, i32x4.splat(left)));
      v128.store(distance + at, v128.bitselect(d, old, closer));
      v128.store(labels + at, v128.bitselect(own, v128.load(labels + at), closer));
    }
  }
}
