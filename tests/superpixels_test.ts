import assert from "node:assert/strict";
import { createRandom } from "../lib/random.ts";
import {
  adjacency,
  connectedComponents,
  felzenszwalb,
  meanShift,
  mergeSmallRegions,
  relabelSequential,
  slic,
  superpixels,
} from "../lib/superpixels/mod.ts";
import { mergeGridEdges, sortGridEdges } from "../lib/superpixels/felzenszwalb.ts";
import {
  agreement,
  boundaryLengths,
  felzenszwalbReference,
  floodComponents,
  meanShiftReference,
  slicReference,
} from "./reference/superpixels.ts";

type Rgb = readonly [number, number, number];

/** A Lab image from a colour for each pixel. */
function labImage(width: number, height: number, colorAt: (x: number, y: number) => Rgb): Float32Array {
  const lab = new Float32Array(width * height * 3);
  for (let y = 0, p = 0; y < height; y++) for (let x = 0; x < width; x++, p += 3) lab.set(colorAt(x, y), p);
  return lab;
}

/** Random Lab values in steps of 1/8, so that offsets in such steps are exact. */
function noise(width: number, height: number, seed: number, span = 100): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: width * height * 3 }, () => Math.floor(random() * span * 8) / 8);
}

const QUADRANTS: readonly Rgb[] = [[20, 0, 0], [45, 30, -20], [70, -30, 20], [95, 0, 0]];

/** Four quadrants, 20 x 21 pixels, borders at x = 10 and y = 10. */
const quadrants = labImage(20, 21, (x, y) => QUADRANTS[(x < 10 ? 0 : 1) + (y < 10 ? 0 : 2)]!);
const quadrantLabels = Int32Array.from(
  { length: 420 },
  (_, p) => (p % 20 < 10 ? 0 : 1) + (p < 200 ? 0 : 2),
);

/** A soft gradient with a bright disc and noise: something of everything. */
function scene(width: number, height: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return labImage(width, height, (x, y) => {
    const disc = (x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2;
    const base = disc ? 80 : 20 + 20 * x / width;
    return [base + 4 * random(), disc ? 20 : 0, 10 * y / height + 2 * random()];
  });
}

/** Ids 0 to M - 1 in scan order, each 4-connected: what every method promises. Returns M. */
function assertRegions(labels: Int32Array, width: number, height: number): number {
  assert.equal(labels.length, width * height);
  const components = floodComponents(labels, width, height, 4);
  assert.deepEqual(labels, components.labels);
  return components.count;
}

const METHODS: readonly (readonly [string, (lab: Float32Array, w: number, h: number) => Int32Array])[] = [
  ["slic", (lab, w, h) => slic(lab, w, h, { segments: 12 })],
  ["felzenszwalb", (lab, w, h) => felzenszwalb(lab, w, h)],
  ["meanShift", (lab, w, h) => meanShift(lab, w, h)],
];

// --- what all methods share

for (const [name, run] of METHODS) {
  Deno.test(`${name}() gives compact, 4-connected labels in scan order on noise and on a scene`, () => {
    for (const [width, height] of [[37, 29], [64, 48], [13, 50]] as const) {
      assertRegions(run(noise(width, height, width), width, height), width, height);
      assert.ok(assertRegions(run(scene(width, height, 5), width, height), width, height) >= 2);
    }
  });

  Deno.test(`${name}() labels a single pixel, a row and a column`, () => {
    assert.deepEqual([...run(new Float32Array(3), 1, 1)], [0]);
    for (const [width, height] of [[100, 1], [1, 100]] as const) {
      const lab = labImage(width, height, (x, y) => x + y < 50 ? [10, 0, 0] : [90, 0, 0]);
      const labels = run(lab, width, height);
      assertRegions(labels, width, height);
      // a border of the image is a border of the labels, within a pixel that smoothing may cost
      assert.notEqual(labels[48], labels[51]);
    }
  });

  Deno.test(`${name}() gives the same labels when a constant is added to Lab`, () => {
    for (const lab of [noise(40, 30, 8), scene(40, 30, 9).map((v) => Math.round(v * 8) / 8)]) {
      const shifted = lab.map((v, i) => v + [5, -3.5, 12.25][i % 3]!);
      assert.deepEqual(run(shifted, 40, 30), run(lab, 40, 30));
    }
  });

  Deno.test(`${name}() gives the same labels every time and leaves the image as it is`, () => {
    const lab = scene(40, 30, 2), before = lab.slice();
    assert.deepEqual(run(lab, 40, 30), run(lab, 40, 30));
    assert.deepEqual(lab, before);
  });

  Deno.test(`${name}() refuses wrong sizes, lengths, kinds and NaN`, () => {
    assert.throws(() => run(new Float32Array(12), 0, 2), RangeError);
    assert.throws(() => run(new Float32Array(12), 2.5, 2), RangeError);
    assert.throws(() => run(new Float32Array(11), 2, 2), TypeError);
    assert.throws(() => run(new Uint8Array(12) as unknown as Float32Array, 2, 2), TypeError);
    assert.throws(() => run(new Float32Array(12).fill(NaN, 5, 6), 2, 2), /finite/);
    assert.throws(() => run(new Float32Array(12).fill(-Infinity, 0, 1), 2, 2), /finite/);
  });
}

// --- slic

Deno.test("slic() gives four labels for four quadrants", () => {
  assert.deepEqual(slic(quadrants, 20, 21, { segments: 4 }), quadrantLabels);
});

Deno.test("slic() divides a flat image into a grid of equal cells", () => {
  const labels = slic(new Float32Array(40 * 30 * 3).fill(50), 40, 30, { segments: 12 });
  assert.equal(assertRegions(labels, 40, 30), 12);
  const areas = new Int32Array(12);
  for (const r of labels) areas[r]!++;
  for (const area of areas) assert.ok(Math.abs(area - 100) <= 25, `area ${area}`);
});

Deno.test("slic() gives one pixel per label when more segments are asked for than pixels", () => {
  const labels = slic(noise(6, 5, 3), 6, 5, { segments: 1000 });
  assert.deepEqual(labels, Int32Array.from({ length: 30 }, (_, p) => p));
});

Deno.test("slic() gives one label for one segment", () => {
  assert.deepEqual(slic(scene(30, 20, 1), 30, 20, { segments: 1 }), new Int32Array(600));
});

Deno.test("slic() comes within a fifth of the number asked for", () => {
  for (const segments of [20, 60, 150, 400]) {
    const count = assertRegions(slic(scene(120, 90, 6), 120, 90, { segments }), 120, 90);
    assert.ok(Math.abs(count / segments - 1) < 0.2, `${count} of ${segments}`);
  }
});

Deno.test("slic() follows edges less as compactness grows", () => {
  // a vertical edge through the middle of the cells; both halves of a cell differ by 10 in L
  const lab = labImage(40, 40, (x) => [x < 15 ? 40 : 50, 0, 0]);
  const crossing = (compactness: number) => {
    const labels = slic(lab, 40, 40, { segments: 16, compactness });
    let rows = 0;
    for (let y = 0; y < 40; y++) if (labels[y * 40 + 14] === labels[y * 40 + 15]) rows++;
    return rows;
  };
  assert.equal(crossing(1), 0);
  assert.ok(crossing(400) > 20);
});

Deno.test("slic() without enforceConnectivity keeps small pieces as labels of their own", () => {
  const lab = noise(48, 48, 4);
  const loose = slic(lab, 48, 48, { segments: 16, compactness: 1, enforceConnectivity: false });
  const strict = slic(lab, 48, 48, { segments: 16, compactness: 1 });
  assert.ok(assertRegions(loose, 48, 48) > 4 * assertRegions(strict, 48, 48));
});

Deno.test("slic() keeps empty clusters harmless: two colours, many centres, no NaN, every pixel labelled", () => {
  const lab = labImage(64, 64, (x, y) => (x ^ y) & 1 ? [0, 0, 0] : [100, 0, 0]);
  assertRegions(slic(lab, 64, 64, { segments: 300, compactness: 0.1 }), 64, 64);
});

Deno.test("slic() agrees with SLIC as printed, in double precision", () => {
  // cells of 7 rows: every round looks at every row
  const lab = scene(42, 35, 11);
  const labels = slic(lab, 42, 35, { segments: 30, enforceConnectivity: false });
  const printed = slicReference(lab, 42, 35, 6, 5, 10, 10);
  assert.ok(agreement(labels, floodComponents(printed, 42, 35, 4).labels) > 0.98);
});

Deno.test("slic() loses nothing by looking at some rows only until the last round", () => {
  const lab = scene(120, 90, 12);
  const labels = slic(lab, 120, 90, { segments: 12, enforceConnectivity: false }); // every 7th row
  const printed = slicReference(lab, 120, 90, 4, 3, 10, 10);
  assert.ok(agreement(labels, floodComponents(printed, 120, 90, 4).labels) > 0.93);
});

Deno.test("slic() handles values far outside Lab without overflow", () => {
  const lab = quadrants.map((v) => v * 1e6);
  assert.deepEqual(slic(lab, 20, 21, { segments: 4 }), quadrantLabels);
});

Deno.test("slic() refuses options out of range and says what they must be", () => {
  const lab = new Float32Array(12);
  assert.throws(() => slic(lab, 2, 2, { segments: 0 }), {
    name: "RangeError",
    message: "Cannot make SLIC superpixels: segments must be an integer, from 1, got 0",
  });
  assert.throws(() => slic(lab, 2, 2, { segments: 2.5 }), RangeError);
  assert.throws(() => slic(lab, 2, 2, { compactness: 0 }), RangeError);
  assert.throws(() => slic(lab, 2, 2, { compactness: NaN }), RangeError);
  assert.throws(() => slic(lab, 2, 2, { iterations: 101 }), RangeError);
});

// --- felzenszwalb

Deno.test("felzenszwalb() gives four labels for four quadrants", () => {
  assert.deepEqual(felzenszwalb(quadrants, 20, 21, { sigma: 0 }), quadrantLabels);
  // smoothing leaves strips along the borders, which go to either side when they are merged
  const smoothed = felzenszwalb(quadrants, 20, 21, { minSize: 60 });
  assert.equal(assertRegions(smoothed, 20, 21), 4);
  assert.ok(agreement(smoothed, quadrantLabels) > 0.88);
});

Deno.test("felzenszwalb() gives one label for a flat image", () => {
  assert.deepEqual(felzenszwalb(new Float32Array(3600).fill(33), 40, 30), new Int32Array(1200));
});

Deno.test("felzenszwalb() takes the decisions of the paper, edge by edge, on single pixels and on pairs", () => {
  const images = [[noise(30, 22, 1, 20), 60], [noise(30, 22, 2), 400], [scene(30, 22, 3), 100]] as const;
  for (const [lab, scale] of images) {
    for (const [sigma, pairs] of [[0, false], [0.5, true]] as const) { // pairs alone smooth by half a pixel
      const labels = mergeGridEdges(sortGridEdges(lab, 30, 22, sigma), scale);
      const expected = felzenszwalbReference(lab, 30, 22, scale, pairs);
      assert.deepEqual(relabelSequential(labels).labels, expected);
      const count = Math.max(...expected) + 1;
      assert.ok(count > 3 && count < 600, `${count} components say little`);
    }
  }
});

Deno.test("felzenszwalb() keeps a diagonal line of single pixels in one piece", () => {
  for (const mirrored of [false, true]) {
    const lab = labImage(20, 20, (x, y) => [(mirrored ? 19 - x : x) === y ? 90 : 20, 0, 0]);
    const labels = felzenszwalb(lab, 20, 20, { sigma: 0 });
    assert.equal(assertRegions(labels, 20, 20), 3);
    const line = Array.from({ length: 20 }, (_, i) => labels[i * 20 + (mirrored ? 19 - i : i)]);
    assert.equal(new Set(line).size, 1);
    // crumbs grow no wider
    const crumbs = felzenszwalb(lab, 20, 20, { sigma: 0, minSize: 21 });
    assert.ok(assertRegions(crumbs, 20, 20) <= 2);
  }
});

Deno.test("felzenszwalb() gives fewer regions as scale grows", () => {
  const lab = scene(80, 60, 4);
  const counts = [5, 50, 500, 500000].map((scale) =>
    assertRegions(felzenszwalb(lab, 80, 60, { scale, minSize: 0 }), 80, 60)
  );
  for (let i = 1; i < counts.length; i++) assert.ok(counts[i]! < counts[i - 1]!, counts.join(" "));
  assert.equal(counts.at(-1), 1);
});

Deno.test("felzenszwalb() leaves no region under minSize", () => {
  const labels = felzenszwalb(noise(50, 40, 6), 50, 40, { scale: 1, minSize: 30 });
  const areas = new Int32Array(assertRegions(labels, 50, 40));
  for (const r of labels) areas[r]!++;
  assert.ok(areas.length > 1);
  assert.ok(Math.min(...areas) >= 30);
});

Deno.test("felzenszwalb() refuses options out of range", () => {
  const lab = new Float32Array(12);
  assert.throws(() => felzenszwalb(lab, 2, 2, { scale: -1 }), RangeError);
  assert.throws(() => felzenszwalb(lab, 2, 2, { sigma: 51 }), RangeError);
  assert.throws(() => felzenszwalb(lab, 2, 2, { minSize: NaN }), RangeError);
});

// --- mean shift

Deno.test("meanShift() gives four labels for four quadrants", () => {
  assert.deepEqual(meanShift(quadrants, 20, 21), quadrantLabels);
});

Deno.test("meanShift() gives one label for a flat image", () => {
  assert.deepEqual(meanShift(new Float32Array(3600).fill(33), 40, 30), new Int32Array(1200));
});

Deno.test("meanShift() sees through noise that is smaller than rangeRadius", () => {
  const random = createRandom(3);
  const lab = quadrants.map((v) => v + 3 * (random() - 0.5));
  assert.deepEqual(
    meanShift(lab, 20, 21, { spatialRadius: 6, rangeRadius: 10, minSize: 20 }),
    quadrantLabels,
  );
});

Deno.test("meanShift() agrees with climbing from every pixel through every pixel", () => {
  // three bands 15 apart in L, a disc across them, noise of half of rangeRadius
  const width = 36, height = 28, random = createRandom(21);
  const lab = labImage(width, height, (x, y) => {
    const disc = (x - 18) ** 2 + (y - 14) ** 2 < 64;
    return [(disc ? 80 : 20 + 15 * Math.floor(x / 12)) + 4 * random(), 2 * random(), 2 * random()];
  });
  const modes = meanShiftReference(lab, width, height, 6, 8);
  // regions of the reference: neighbours whose modes differ by less than a fifth of rangeRadius, small ones merged
  const close = (p: number, q: number) =>
    Math.hypot(...[2, 3, 4].map((c) => modes[p * 5 + c]! - modes[q * 5 + c]!)) < 1.6;
  const reference = new Int32Array(width * height).fill(-1);
  let count = 0;
  for (let seed = 0; seed < reference.length; seed++) {
    if (reference[seed]! >= 0) continue;
    const stack = [seed];
    reference[seed] = count;
    while (stack.length > 0) {
      const p = stack.pop()!;
      const near = [p % width > 0 ? p - 1 : p, (p + 1) % width > 0 ? p + 1 : p, p - width, p + width];
      for (const q of near) {
        if (q >= 0 && q < reference.length && reference[q] === -1 && close(p, q)) {
          reference[q] = count;
          stack.push(q);
        }
      }
    }
    count++;
  }
  const expected = mergeSmallRegions(reference, lab, width, height, { minSize: 20 });
  const labels = meanShift(lab, width, height, { spatialRadius: 6, rangeRadius: 8, minSize: 20 });
  assert.ok(expected.count >= 4);
  assert.ok(agreement(labels, expected.labels) > 0.98, `${agreement(labels, expected.labels)}`);
});

Deno.test("meanShift() gives fewer regions as rangeRadius grows", () => {
  const lab = scene(80, 60, 4);
  const counts = [1, 4, 100].map((rangeRadius) =>
    assertRegions(meanShift(lab, 80, 60, { rangeRadius, minSize: 0 }), 80, 60)
  );
  assert.ok(counts[0]! > counts[1]! && counts[1]! > counts[2]!, counts.join(" "));
  assert.equal(counts[2], 1);
});

Deno.test("meanShift() refuses options out of range", () => {
  const lab = new Float32Array(12);
  assert.throws(() => meanShift(lab, 2, 2, { spatialRadius: 0 }), RangeError);
  assert.throws(() => meanShift(lab, 2, 2, { rangeRadius: 0 }), RangeError);
  assert.throws(() => meanShift(lab, 2, 2, { minSize: -1 }), RangeError);
});

// --- superpixels by count

Deno.test("superpixels() comes near the count with every method", () => {
  const lab = scene(160, 120, 13);
  for (const method of ["slic", "felzenszwalb", "mean-shift"] as const) {
    for (const wanted of [20, 80, 250]) {
      const { labels, count } = superpixels(lab, 160, 120, { method, count: wanted });
      assert.equal(assertRegions(labels, 160, 120), count);
      assert.ok(count > wanted / 1.25 && count < wanted * 1.25, `${method}: ${count} of ${wanted}`);
    }
  }
});

Deno.test("superpixels() ends on images that cannot be divided as wanted", () => {
  for (const method of ["slic", "felzenszwalb", "mean-shift"] as const) {
    assert.equal(superpixels(new Float32Array(3), 1, 1, { method, count: 600 }).count, 1);
    assert.equal(superpixels(noise(9, 9, 1), 9, 9, { method, count: 1 }).count, 1);
    assert.ok(superpixels(noise(9, 9, 1), 9, 9, { method, count: 5000 }).count > 40);
    const flat = superpixels(new Float32Array(2700).fill(7), 30, 30, { method, count: 100 });
    assert.equal(flat.count, method === "slic" ? 100 : 1);
  }
});

Deno.test("superpixels() defaults to about 600 by SLIC", () => {
  const lab = scene(160, 120, 13);
  assert.deepEqual(superpixels(lab, 160, 120).labels, slic(lab, 160, 120, { segments: 600 }));
});

Deno.test("superpixels() refuses counts under 1 and unknown methods", () => {
  const lab = new Float32Array(12);
  assert.throws(() => superpixels(lab, 2, 2, { count: 0 }), RangeError);
  assert.throws(() => superpixels(lab, 2, 2, { method: "watershed" as "slic" }), /watershed/);
});

// --- connectivity

Deno.test("connectedComponents() equals a flood fill, with 4 and 8 neighbours", () => {
  for (const colors of [2, 3, 6]) {
    const random = createRandom(colors);
    const labels = Int32Array.from({ length: 31 * 23 }, () => Math.floor(random() * colors) - 1);
    for (const connectivity of [4, 8] as const) {
      assert.deepEqual(
        connectedComponents(labels, 31, 23, { connectivity }),
        floodComponents(labels, 31, 23, connectivity),
      );
    }
  }
});

Deno.test("connectedComponents() follows a spiral to its end", () => {
  const picture = [
    "########",
    ".......#",
    "######.#",
    "#....#.#",
    "#.####.#",
    "#......#",
    "########",
  ];
  const labels = Int32Array.from(picture.join(""), (c) => c === "#" ? 1 : 0);
  assert.equal(connectedComponents(labels, 8, 7).count, 2);
});

Deno.test("connectedComponents() joins a checkerboard at corners with 8 neighbours only", () => {
  const board = Int32Array.from({ length: 64 }, (_, p) => (p + (p >> 3)) & 1);
  assert.equal(connectedComponents(board, 8, 8).count, 64);
  assert.equal(connectedComponents(board, 8, 8, { connectivity: 8 }).count, 2);
});

Deno.test("connectedComponents() refuses other connectivities and lengths", () => {
  assert.throws(() => connectedComponents(new Int32Array(4), 2, 2, { connectivity: 6 as 4 }), RangeError);
  assert.throws(() => connectedComponents(new Int32Array(5), 2, 2), TypeError);
});

Deno.test("mergeSmallRegions() only merges, and leaves nothing under minSize", () => {
  const random = createRandom(5);
  for (let trial = 0; trial < 20; trial++) {
    const labels = Int32Array.from({ length: 40 * 30 }, () => Math.floor(random() * 3));
    const minSize = 1 + Math.floor(random() * 60);
    const merged = mergeSmallRegions(labels, noise(40, 30, trial), 40, 30, { minSize });
    assert.equal(assertRegions(merged.labels, 40, 30), merged.count);
    const areas = new Int32Array(merged.count);
    for (const r of merged.labels) areas[r]!++;
    assert.ok(Math.min(...areas) >= minSize);
    // pixels that were together still are
    for (let p = 0; p + 1 < labels.length; p++) {
      if (p % 40 < 39 && labels[p] === labels[p + 1]) assert.equal(merged.labels[p], merged.labels[p + 1]);
    }
  }
});

Deno.test("mergeSmallRegions() chooses the neighbour of the most similar mean, not the nearest id or longest border", () => {
  // a 2-pixel region of L 60 with four pixels of L 20 around it and one of L 58 at its end
  const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 0, 0, 0, 0, 0);
  const L = [20, 60, 58];
  const lab = Float32Array.from({ length: 45 }, (_, i) => i % 3 === 0 ? L[labels[i / 3]!]! : 0);
  const merged = mergeSmallRegions(labels, lab, 5, 3, { minSize: 3 });
  assert.deepEqual([...merged.labels], [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
});

Deno.test("mergeSmallRegions() takes the lowest id of equally similar neighbours", () => {
  const lab = Float32Array.of(60, 0, 0, 60, 0, 0, 50, 0, 0, 40, 0, 0, 40, 0, 0);
  const merged = mergeSmallRegions(Int32Array.of(0, 0, 1, 2, 2), lab, 5, 1, { minSize: 2 });
  assert.deepEqual([...merged.labels], [0, 0, 0, 1, 1]);
});

Deno.test("mergeSmallRegions() gathers similar crumbs into a region of their own", () => {
  // 16 crumbs, L 80 to 83, in a field of L 20
  const labels = Int32Array.from({ length: 100 }, (_, p) => {
    const x = p % 10 - 3, y = Math.floor(p / 10) - 3;
    return x >= 0 && x < 4 && y >= 0 && y < 4 ? 1 + x + 4 * y : 0;
  });
  const lab = Float32Array.from({ length: 300 }, (_, i) => {
    const r = labels[Math.floor(i / 3)]!;
    return i % 3 > 0 ? 0 : r === 0 ? 20 : 80 + r % 4;
  });
  const { labels: merged, count } = mergeSmallRegions(labels, lab, 10, 10, { minSize: 10 });
  assert.equal(count, 2);
  for (let p = 0; p < 100; p++) assert.equal(merged[p], labels[p] === 0 ? 0 : 1);
});

Deno.test("mergeSmallRegions() with minSize 0 or 1 only splits, and above the image's size gives one region", () => {
  const labels = Int32Array.from({ length: 64 }, (_, p) => (p + (p >> 3)) & 1), lab = noise(8, 8, 1);
  assert.equal(mergeSmallRegions(labels, lab, 8, 8, { minSize: 0 }).count, 64);
  assert.equal(mergeSmallRegions(labels, lab, 8, 8, { minSize: 1 }).count, 64);
  assert.equal(mergeSmallRegions(labels, lab, 8, 8, { minSize: 1.5 }).count < 33, true);
  assert.equal(mergeSmallRegions(labels, lab, 8, 8, { minSize: 1e9 }).count, 1);
  assert.equal(mergeSmallRegions(labels, lab, 8, 8, { minSize: Infinity }).count, 1);
});

Deno.test("relabelSequential() numbers labels as a scan meets them and keeps pieces together", () => {
  assert.deepEqual(relabelSequential(Int32Array.of(5, 2, 5, 0)), {
    labels: Int32Array.of(0, 1, 0, 2),
    count: 3,
  });
  // ids too far apart for a table
  assert.deepEqual(
    relabelSequential(Int32Array.of(2 ** 31 - 1, 7, 2 ** 31 - 1)).labels,
    Int32Array.of(0, 1, 0),
  );
  assert.throws(() => relabelSequential(Int32Array.of(0, -1)), RangeError);
});

// --- adjacency

Deno.test("adjacency() equals counting every pixel's neighbours", () => {
  const random = createRandom(9);
  for (const [width, height, regions] of [[23, 17, 5], [40, 30, 300], [1, 50, 20], [50, 1, 20]] as const) {
    const map = Int32Array.from({ length: width * height }, () => Math.floor(random() * regions));
    const graph = adjacency(map, width, height, regions);
    const lengths = boundaryLengths(map, width, height);
    assert.equal(graph.edgeA.length, lengths.size);
    for (let e = 0; e < graph.edgeA.length; e++) {
      assert.equal(graph.length[e], lengths.get(`${graph.edgeA[e]} ${graph.edgeB[e]}`));
      if (e > 0) {
        const step = graph.edgeA[e]! - graph.edgeA[e - 1]!;
        assert.ok(step > 0 || (step === 0 && graph.edgeB[e]! > graph.edgeB[e - 1]!));
      }
    }
  }
});

Deno.test("adjacency() lists each edge under both regions, neighbours ascending", () => {
  const labels = superpixels(scene(60, 45, 3), 60, 45, { count: 40 });
  const { offsets, neighbors, edges, edgeA, edgeB } = adjacency(labels.labels, 60, 45, labels.count);
  assert.equal(offsets[labels.count], 2 * edgeA.length);
  for (let r = 0; r < labels.count; r++) {
    for (let i = offsets[r]!; i < offsets[r + 1]!; i++) {
      if (i > offsets[r]!) assert.ok(neighbors[i]! > neighbors[i - 1]!);
      const e = edges[i]!, other = neighbors[i]!;
      assert.deepEqual([edgeA[e], edgeB[e]], [Math.min(r, other), Math.max(r, other)]);
    }
  }
});

Deno.test("adjacency() has the same lengths in a mirrored map", () => {
  const { labels, count } = superpixels(scene(60, 45, 3), 60, 45, { count: 40 });
  const mirrored = labels.map((_, p) => labels[p - p % 60 + 59 - p % 60]!);
  assert.deepEqual(adjacency(mirrored, 60, 45, count), adjacency(labels, 60, 45, count));
});

Deno.test("adjacency() leaves regions that touch at a corner only, and unused ids, without an edge", () => {
  const { edgeA, edgeB, offsets } = adjacency(Int32Array.of(0, 1, 2, 0), 2, 2, 4);
  assert.deepEqual([[...edgeA], [...edgeB]], [[0, 0], [1, 2]]);
  assert.equal(offsets[4]! - offsets[3]!, 0);
  assert.equal(adjacency(new Int32Array(6), 3, 2, 1).edgeA.length, 0);
});

Deno.test("adjacency() refuses labels outside 0 to count - 1", () => {
  assert.throws(() => adjacency(Int32Array.of(0, 2), 2, 1, 2), /0 to 1, got 2/);
  assert.throws(() => adjacency(Int32Array.of(0, -1), 2, 1, 2), RangeError);
});
