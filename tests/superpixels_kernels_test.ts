// The SIMD kernels of superpixels against the loops that they stand for; those that join edges in superpixels_test.ts.
import assert from "node:assert/strict";
import { createRandom } from "../lib/random.ts";
import { loadKernels } from "../lib/superpixels/kernels/module.ts";
import { createLayout } from "../lib/wasm_memory.ts";
import { climbReference } from "./reference/superpixels.ts";

Deno.test("assign() claims what the plain loop claims, and nothing beside the window", () => {
  const width = 23, height = 11, pixels = width * height, random = createRandom(1);
  const integer = (end: number) => Math.floor(end * random());
  const { take, bytes } = createLayout(), map = 4 * (pixels + 4);
  const at = {
    la: take(map),
    b: take(map),
    distance: take(map),
    labels: take(map),
    across: take(120),
    along: take(44),
  };
  const { exports, memory: { buffer } } = loadKernels(bytes());
  const la = new Int16Array(buffer, at.la, 2 * pixels), b = new Int16Array(buffer, at.b, 2 * pixels);
  const distance = new Int32Array(buffer, at.distance, pixels + 4);
  const labels = new Int32Array(buffer, at.labels, pixels + 4);
  const across = new Int32Array(buffer, at.across, width), along = new Int32Array(buffer, at.along, height);
  // the largest values that slic() lets in
  la.forEach((_, i) => la[i] = integer(16384));
  for (let p = 0; p < pixels; p++) b[2 * p] = integer(16384);
  distance.fill(0x7fffffff);
  const expected = { distance: distance.slice(), labels: labels.slice() };
  for (let label = 1; label <= 60; label++) {
    const x0 = integer(width), columns = 1 + integer(width - x0), stride = 1 + integer(3);
    const y0 = integer(height), y1 = y0 - 1 + integer(height - y0 + 1);
    const cl = integer(16384), ca = integer(16384), cb = integer(16384);
    across.forEach((_, i) => across[i] = integer(400 * 32) ** 2);
    along.forEach((_, i) => along[i] = integer(400 * 32) ** 2);
    for (let y = y0, j = 0; y <= y1; y += stride, j++) {
      for (let i = 0; i < columns; i++) {
        const p = y * width + x0 + i;
        const d = (la[2 * p]! - cl) ** 2 + (la[2 * p + 1]! - ca) ** 2 + (b[2 * p]! - cb) ** 2 + across[i]! +
          along[j]!;
        if (d >= expected.distance[p]!) continue;
        expected.distance[p] = d;
        expected.labels[p] = label;
      }
    }
    const { across: columnTerms, along: rowTerms } = at, window = [x0, columns, y0, y1, stride] as const;
    exports.assign(
      at.la,
      at.b,
      at.distance,
      at.labels,
      width,
      ...window,
      cl | ca << 16,
      cb,
      label,
      columnTerms,
      rowTerms,
    );
    assert.deepEqual(distance, expected.distance);
    assert.deepEqual(labels, expected.labels);
  }
  assert(new Set(labels).size > 10);
});

Deno.test("smooth() equals the two-dimensional sum with repeated borders, and frames it", () => {
  const random = createRandom(2);
  for (const [width, height, sigma] of [[9, 7, 0.8], [1, 5, 1.2], [6, 1, 0.4], [4, 4, 3]] as const) {
    const radius = Math.ceil(3 * sigma), { take, bytes } = createLayout();
    const at = {
      plane: take(4 * (width * height + 3)),
      taps: take(4 * (radius + 1)),
      line: take(4 * (width + 2 * radius + 3)),
      out: take(4 * (width + 2) * (height + 2)),
    };
    const { exports, memory: { buffer } } = loadKernels(bytes());
    const plane = new Float32Array(buffer, at.plane, width * height);
    const taps = new Float32Array(buffer, at.taps, radius + 1);
    const out = new Float32Array(buffer, at.out, (width + 2) * (height + 2));
    plane.forEach((_, p) => plane[p] = 100 * random());
    taps.forEach((_, t) => taps[t] = Math.exp(-t * t / (2 * sigma * sigma)));
    exports.smooth(at.plane, width, height, at.taps, radius, at.line, at.out);
    const clamp = (i: number, end: number) => Math.min(end - 1, Math.max(0, i));
    for (let y = -1; y <= height; y++) {
      for (let x = -1; x <= width; x++) {
        let sum = 0;
        for (let v = -radius; v <= radius; v++) {
          for (let u = -radius; u <= radius; u++) {
            const row = clamp(clamp(y, height) + v, height), column = clamp(clamp(x, width) + u, width);
            sum += taps[Math.abs(u)]! * taps[Math.abs(v)]! * plane[row * width + column]!;
          }
        }
        const value = out[(y + 1) * (width + 2) + x + 1]!;
        assert.ok(Math.abs(value - sum) < 1e-5 * sum, `${value}, not ${sum}`);
      }
    }
  }
});

Deno.test("climb() takes every point to the mode of the plain loops", () => {
  const random = createRandom(3), cell = 4, basin = 0.3, maxSteps = 50;
  for (const [columns, rows, radius, range] of [[9, 7, 8, 8], [1, 12, 8, 20], [5, 1, 3, 5]] as const) {
    // one to four points a cell, in smooth ramps with an edge and some noise
    const points: number[][] = [], first = [0];
    for (let c = 0; c < columns * rows; c++) {
      for (let i = Math.floor(4 * random()); i >= 0; i--) {
        const x = (c % columns + random()) * cell, y = (Math.floor(c / columns) + random()) * cell;
        points.push([
          x,
          y,
          (x > 12 ? 40 : 10) + 0.4 * y + 4 * random(),
          6 * random(),
          x / 4,
          1 + Math.floor(9 * random()),
        ]);
      }
      first.push(points.length);
    }
    const count = points.length, plane = 16 * Math.ceil((count + 3) / 4), { take, bytes } = createLayout();
    const at = {
      points: take(6 * plane),
      start: take(4 * first.length),
      ofPoint: take(4 * count),
      modes: take(20 * count),
      path: take(4 * (maxSteps + 1)),
      sums: take(64),
    };
    const { exports, memory: { buffer } } = loadKernels(bytes());
    for (let field = 0; field < 6; field++) {
      // the last point again behind it: it would change sums that took it in
      new Float32Array(buffer, at.points + field * plane, plane / 4).fill(points.at(-1)![field]!)
        .set(points.map((point) => point[field]!));
    }
    new Int32Array(buffer, at.start, first.length).set(first);
    const grid = [columns, rows, cell, radius, range, basin, maxSteps] as const;
    const found = exports.climb(
      at.points,
      plane,
      count,
      at.start,
      ...grid,
      at.ofPoint,
      at.modes,
      at.path,
      at.sums,
    );
    const expected = climbReference(points, radius, range, basin, maxSteps);
    assert.equal(found, expected.modes.length);
    assert.ok(found > 1 && found < count, `${found} modes of ${count} points say little`);
    assert.deepEqual([...new Int32Array(buffer, at.ofPoint, count)], expected.ofPoint);
    const modes = new Float32Array(buffer, at.modes, 5 * found);
    expected.modes.flat().forEach((v, i) =>
      assert.ok(Math.abs(modes[i]! - v) < 1e-3, `${modes[i]}, not ${v}`)
    );
  }
});
