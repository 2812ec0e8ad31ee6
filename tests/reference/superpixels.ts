/** Superpixels by definition, with maps, objects and double loops: the oracles of lib/superpixels. */

/** Connected components by flood fill from each pixel that a scan has not yet met. */
export function floodComponents(
  labels: ArrayLike<number>,
  width: number,
  height: number,
  connectivity: 4 | 8,
) {
  const out = new Int32Array(labels.length).fill(-1);
  let count = 0;
  for (let seed = 0; seed < labels.length; seed++) {
    if (out[seed]! >= 0) continue;
    const stack = [seed];
    out[seed] = count;
    while (stack.length > 0) {
      const p = stack.pop()!;
      for (const q of neighborsOf(p, width, height, connectivity)) {
        if (out[q] === -1 && labels[q] === labels[seed]) {
          out[q] = count;
          stack.push(q);
        }
      }
    }
    count++;
  }
  return { labels: out, count };
}

function neighborsOf(p: number, width: number, height: number, connectivity: 4 | 8): number[] {
  const x = p % width, y = Math.floor(p / width), near: number[] = [];
  for (let v = y - 1; v <= y + 1; v++) {
    for (let u = x - 1; u <= x + 1; u++) {
      const corner = u !== x && v !== y;
      if ((u === x && v === y) || (corner && connectivity === 4)) continue;
      if (u >= 0 && v >= 0 && u < width && v < height) near.push(v * width + u);
    }
  }
  return near;
}

/** Boundary length of each pair "a b" (a < b), by comparing every pixel with its 4 neighbours. */
export function boundaryLengths(
  labels: ArrayLike<number>,
  width: number,
  height: number,
): Map<string, number> {
  const lengths = new Map<string, number>();
  for (let p = 0; p < labels.length; p++) {
    for (const q of neighborsOf(p, width, height, 4)) {
      const a = labels[p]!, b = labels[q]!;
      if (a < b) lengths.set(`${a} ${b}`, (lengths.get(`${a} ${b}`) ?? 0) + 1);
    }
  }
  return lengths;
}

/** Smallest share, of the two ways round, of pixels that lie in the other map's best-overlapping region. 1: same partition. */
export function agreement(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const oneWay = (from: ArrayLike<number>, to: ArrayLike<number>) => {
    const overlaps = new Map<number, Map<number, number>>();
    for (let p = 0; p < from.length; p++) {
      const row = overlaps.get(from[p]!) ?? new Map<number, number>();
      row.set(to[p]!, (row.get(to[p]!) ?? 0) + 1);
      overlaps.set(from[p]!, row);
    }
    let shared = 0;
    for (const row of overlaps.values()) shared += Math.max(...row.values());
    return shared / from.length;
  };
  return Math.min(oneWay(a, b), oneWay(b, a));
}

/**
 * Felzenszwalb-Huttenlocher on the 8-neighbour graph, no Gaussian: components as lists, edges as sorted objects. Weights in
 * single precision, as the kernel has them: of the two pixels or, in `pairs`, of each with the one behind it.
 */
export function felzenszwalbReference(
  lab: Float32Array,
  width: number,
  height: number,
  scale: number,
  pairs: boolean,
): Int32Array {
  const { fround, sqrt } = Math;
  const at = (x: number, y: number, c: number) =>
    fround(
      lab[(Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 3 + c]! -
        lab[c]!,
    );
  const edges: { a: number; b: number; w: number }[] = [];
  for (let p = 0; p < width * height; p++) {
    const x = p % width, y = Math.floor(p / width);
    for (const [dx, dy] of [[1, 0], [0, 1], [1, 1], [-1, 1]] as const) {
      if (x + dx < 0 || x + dx >= width || y + dy >= height) continue;
      const bx = pairs ? dx : 0, by = pairs ? dy : 0;
      const squares = [0, 1, 2].map((c) => {
        const ahead = fround(at(x + dx, y + dy, c) + at(x + dx + bx, y + dy + by, c));
        const d = fround(ahead - fround(at(x, y, c) + at(x - bx, y - by, c)));
        return fround(d * d);
      });
      const distance = fround(sqrt(fround(fround(squares[0]! + squares[1]!) + squares[2]!)));
      const root = Math.min(65535, Math.trunc(fround(sqrt(fround(distance * 4096 * 2048)))));
      edges.push({ a: p, b: p + dy * width + dx, w: root * root });
    }
  }
  edges.sort((e, f) => e.w - f.w); // stable: ties stay in the order of pixels, and of a pixel's edges
  const component = Array.from({ length: width * height }, (_, p) => ({ pixels: [p], internal: 0 }));
  const bonus = scale / 2.4 * 4096 * 4096;
  for (const { a, b, w } of edges) {
    const one = component[a]!, two = component[b]!;
    if (one === two) continue;
    const bound = Math.min(
      one.internal + bonus / one.pixels.length,
      two.internal + bonus / two.pixels.length,
    );
    if (w > bound) continue;
    const joined = { pixels: [...one.pixels, ...two.pixels], internal: w };
    for (const p of joined.pixels) component[p] = joined;
  }
  const ids = new Map<unknown, number>();
  return Int32Array.from(component, (c) => ids.get(c) ?? (ids.set(c, ids.size), ids.size - 1));
}

/** SLIC as printed: double precision, every pixel every round, centres as objects. No merging of small pieces. */
export function slicReference(
  lab: Float32Array,
  width: number,
  height: number,
  columns: number,
  rows: number,
  compactness: number,
  iterations: number,
): Int32Array {
  const stepX = width / columns, stepY = height / rows;
  const at = (x: number, y: number, c: number) =>
    lab[(Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 3 + c]!;
  const gradient = (x: number, y: number) =>
    [0, 1, 2].reduce(
      (sum, c) => sum + (at(x + 1, y, c) - at(x - 1, y, c)) ** 2 + (at(x, y + 1, c) - at(x, y - 1, c)) ** 2,
      0,
    );
  const centers = Array.from({ length: columns * rows }, (_, k) => {
    const x = Math.floor((k % columns + 0.5) * stepX),
      y = Math.floor((Math.floor(k / columns) + 0.5) * stepY);
    let best = { x, y, g: gradient(x, y) };
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        if (gradient(u, v) < best.g) best = { x: u, y: v, g: gradient(u, v) };
      }
    }
    return [at(best.x, best.y, 0), at(best.x, best.y, 1), at(best.x, best.y, 2), best.x, best.y];
  });
  const labels = new Int32Array(width * height);
  for (let i = 0; i < iterations; i++) {
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++, p++) {
        let least = Infinity;
        centers.forEach(([l, a, b, cx, cy], k) => {
          if (Math.abs(x - cx!) > stepX || Math.abs(y - cy!) > stepY) return;
          const d = (at(x, y, 0) - l!) ** 2 + (at(x, y, 1) - a!) ** 2 + (at(x, y, 2) - b!) ** 2 +
            compactness ** 2 * (((x - cx!) / stepX) ** 2 + ((y - cy!) / stepY) ** 2);
          if (d < least) {
            least = d;
            labels[p] = k;
          }
        });
      }
    }
    centers.forEach((center, k) => {
      let n = 0;
      const sum = [0, 0, 0, 0, 0];
      for (let p = 0; p < labels.length; p++) {
        if (labels[p] !== k) continue;
        n++;
        [lab[p * 3]!, lab[p * 3 + 1]!, lab[p * 3 + 2]!, p % width, Math.floor(p / width)]
          .forEach((v, c) => sum[c]! += v);
      }
      if (n > 0) sum.forEach((v, c) => center[c] = v / n);
    });
  }
  return labels;
}

/** Mean shift by definition: every pixel climbs through every pixel of its window; returns the modes, (H, W, 5) x y L a b. */
export function meanShiftReference(
  lab: Float32Array,
  width: number,
  height: number,
  spatialRadius: number,
  rangeRadius: number,
): Float64Array {
  const modes = new Float64Array(width * height * 5);
  const pixels = Array.from({ length: width * height }, (_, p) => [
    p % width,
    Math.floor(p / width),
    lab[p * 3]!,
    lab[p * 3 + 1]!,
    lab[p * 3 + 2]!,
  ]);
  pixels.forEach((start, p) => {
    let mode = start;
    for (let step = 0; step < 100; step++) {
      const sum = [0, 0, 0, 0, 0];
      let n = 0;
      for (const q of pixels) {
        if ((q[0]! - mode[0]!) ** 2 + (q[1]! - mode[1]!) ** 2 > spatialRadius ** 2) continue;
        if ([2, 3, 4].reduce((d, c) => d + (q[c]! - mode[c]!) ** 2, 0) > rangeRadius ** 2) continue;
        q.forEach((v, c) => sum[c]! += v);
        n++;
      }
      if (n === 0) break;
      const next = sum.map((v) => v / n);
      const moved = Math.hypot(...next.map((v, c) => v - mode[c]!));
      mode = next;
      if (moved < 1e-3) break;
    }
    modes.set(mode, p * 5);
  });
  return modes;
}

/**
 * The climb of lib/superpixels/mean_shift.ts in plain loops and double precision: every point against every other. `points`
 * are (n, 6) x, y, L, a, b and pixels; returns the mode of each point, and their places (x, y, L, a, b).
 */
export function climbReference(
  points: readonly (readonly number[])[],
  spatialRadius: number,
  rangeRadius: number,
  basin: number,
  maxSteps: number,
): { ofPoint: number[]; modes: number[][] } {
  const ofPoint = points.map(() => -1), modes: number[][] = [];
  points.forEach((start, i) => {
    if (ofPoint[i] !== -1) return;
    let place = start.slice(0, 5), mode = -1;
    const path = new Set([i]);
    for (let step = 0; step < maxSteps; step++) {
      const sums = [0, 0, 0, 0, 0, 0];
      let near = -1, nearest = basin;
      points.forEach((point, j) => {
        const d = place.map((v, c) => point[c]! - v);
        const ds = (d[0]! ** 2 + d[1]! ** 2) / spatialRadius ** 2;
        const dr = (d[2]! ** 2 + d[3]! ** 2 + d[4]! ** 2) / rangeRadius ** 2;
        if (ds > 1 || dr > 1) return;
        [...d, 1].forEach((v, c) => sums[c]! += point[5]! * v);
        if (ds + dr < nearest) [near, nearest] = [j, ds + dr];
      });
      if (step > 0 && near >= 0) {
        if (ofPoint[near]! >= 0) {
          mode = ofPoint[near]!;
          break;
        }
        path.add(near);
      }
      if (sums[5] === 0) break;
      const moved = sums.slice(0, 5).map((sum) => sum / sums[5]!);
      place = place.map((v, c) => v + moved[c]!);
      const [x, y, l, a, b] = moved as [number, number, number, number, number];
      if ((x * x + y * y) / spatialRadius ** 2 + (l * l + a * a + b * b) / rangeRadius ** 2 < 1e-4) break;
    }
    if (mode < 0) mode = modes.push(place) - 1;
    for (const j of path) ofPoint[j] = mode;
  });
  return { ofPoint, modes };
}
