import assert from "node:assert/strict";
import { Hierarchy } from "../lib/hierarchy/tree.ts";
import { createRandom } from "../lib/random.ts";
import { Cutting } from "../web/model/cutting.ts";
import { MergeTree } from "../web/model/merge_tree.ts";
import { SuperpixelMap } from "../web/model/superpixel_map.ts";

/** Six superpixels in a row, 2 x 2 pixels each; they merge (0 1), (2 3), (4 5), (0-1 2-3), all. */
const ROW = {
  width: 12,
  height: 2,
  count: 6,
  superpixels: Int32Array.from({ length: 24 }, (_, p) => Math.floor(p % 12 / 2)),
  merges: {
    a: Int32Array.of(0, 2, 4, 0, 0),
    b: Int32Array.of(1, 3, 5, 2, 4),
    height: Float32Array.of(0.1, 0.2, 0.3, 0.6, 0.8),
  },
};

function row(regions: number): Cutting {
  return new Cutting(mapOf(ROW), new MergeTree(ROW.merges, ROW.count), regions);
}

function mapOf(
  { superpixels, width, height, count }: {
    superpixels: Int32Array;
    width: number;
    height: number;
    count: number;
  },
) {
  const rgba = new Uint8ClampedArray(4 * superpixels.length);
  for (let p = 0; p < superpixels.length; p++) rgba.set([40 * superpixels[p]!, 7, 9, 255], 4 * p);
  return new SuperpixelMap(superpixels, width, height, count, rgba);
}

/** A 24 x 18 map of Voronoi cells, made 4-connected by nature of being squares, and a random tree over neighbours. */
function randomHierarchy(seed: number): ConstructorParameters<typeof Hierarchy>[0] {
  const random = createRandom(seed);
  const width = 24, height = 18, columns = 6, rows = 6, count = columns * rows;
  const superpixels = Int32Array.from(
    { length: width * height },
    (_, p) => Math.floor(Math.floor(p / width) / 3) * columns + Math.floor(p % width / 4),
  );
  const group = Int32Array.from({ length: count }, (_, i) => i);
  const a: number[] = [], b: number[] = [], heights: number[] = [];
  while (a.length < count - 1) {
    const s = Math.floor(random() * count);
    const t = random() < 0.5 ? s + 1 : s + columns;
    if (t >= count || (t === s + 1 && t % columns === 0) || group[s] === group[t]) continue;
    const [from, to] = [group[t]!, group[s]!];
    for (let i = 0; i < count; i++) if (group[i] === from) group[i] = to;
    a.push(s);
    b.push(t);
    heights.push(a.length / count);
  }
  const merges = { a: Int32Array.from(a), b: Int32Array.from(b), height: Float32Array.from(heights) };
  return { width, height, superpixels, count, merges };
}

Deno.test("Cutting cuts exactly as the library does, at every number of regions", () => {
  for (const seed of [1, 2, 3]) {
    const parts = randomHierarchy(seed);
    const hierarchy = new Hierarchy(parts);
    const cutting = new Cutting(mapOf(parts), new MergeTree(parts.merges, parts.count), 1);
    for (let regions = 1; regions <= parts.count; regions++) {
      cutting.cut(regions);
      assert.equal(cutting.count, regions);
      assert.deepEqual(cutting.labelMap(), hierarchy.at({ regions }));
    }
  }
});

Deno.test("MergeTree.regionsAt() is the library's count at a height, and meetHeight() its ultrametric", () => {
  const parts = randomHierarchy(4);
  const hierarchy = new Hierarchy(parts), tree = new MergeTree(parts.merges, parts.count);
  for (const threshold of [0, 0.3, 0.5, 1]) {
    assert.equal(tree.regionsAt(threshold), hierarchy.regionsAt({ threshold }));
  }
  for (let s = 1; s < parts.count; s++) assert.equal(tree.meetHeight(0, s), hierarchy.mergeHeight(0, s));
});

Deno.test("MergeTree refuses merges that are no tree", () => {
  const { merges } = ROW;
  assert.throws(
    () => new MergeTree({ ...merges, b: [0, 3, 5, 2, 4] }, 6),
    /merge 0 joins a region with itself/,
  );
  assert.throws(() => new MergeTree(merges, 7), /want 6 merges, got 5/);
});

Deno.test("SuperpixelMap refuses a map that does not fit the picture or skips a number", () => {
  assert.throws(() => new SuperpixelMap(Int32Array.of(0), 1, 1, 1, new Uint8ClampedArray(8)), /want 1 x 1/);
  assert.throws(
    () => new SuperpixelMap(Int32Array.of(5), 1, 1, 2, new Uint8ClampedArray(4)),
    /0 to 1, got 5/,
  );
  assert.throws(
    () => new SuperpixelMap(Int32Array.of(1), 1, 1, 2, new Uint8ClampedArray(4)),
    /2 of them, got 1/,
  );
});

Deno.test("describe() measures regions", () => {
  const regions = row(2).describe();
  assert.deepEqual(regions.map(({ area }) => area), [16, 8]);
  assert.deepEqual(regions[0], {
    label: 0,
    area: 16,
    box: [0, 0, 8, 2],
    center: [3.5, 0.5],
    color: [60, 7, 9],
    superpixels: 4,
    pinned: false,
  });
});

Deno.test("merge() joins regions that touch, and keeps them joined as the slider moves", () => {
  const cutting = row(6);
  const label = cutting.merge([1, 2]);
  assert.equal(label, 1);
  assert.equal(cutting.count, 5);
  assert.equal(cutting.describe()[1]!.pinned, true);
  cutting.cut(3); // (0 1) (2 3) (4 5): 1-2 stay together, what is left of the pairs is by itself
  assert.deepEqual([...cutting.labels], [0, 1, 1, 2, 3, 3]);
  cutting.cut(1); // what the pin leaves in pieces is in pieces
  assert.deepEqual([...cutting.labels], [0, 1, 1, 2, 2, 2]);
});

Deno.test("merge() refuses regions that are not one piece, and fewer than two", () => {
  const cutting = row(6);
  assert.throws(() => cutting.merge([0, 2]), /do not touch/);
  assert.throws(() => cutting.merge([3, 3]), /two regions or more/);
  assert.equal(cutting.edited, false);
  assert.equal(cutting.merge([0, 1, 2]), 0); // 0 and 2 touch through 1
  assert.equal(cutting.count, 4);
});

Deno.test("split() parts a region where the hierarchy joined it last", () => {
  const cutting = row(1);
  assert.deepEqual(cutting.split(0), [0, 1]);
  assert.deepEqual([...cutting.labels], [0, 0, 0, 0, 1, 1]);
  assert.deepEqual(cutting.split(0), [0, 1]);
  assert.deepEqual([...cutting.labels], [0, 0, 1, 1, 2, 2]);
  cutting.split(2);
  assert.throws(() => cutting.split(3), /single superpixel/);
});

Deno.test("split() of a region merged by hand follows the hierarchy, too", () => {
  const cutting = row(6);
  cutting.merge([1, 2]); // they meet in merge 3
  cutting.split(1);
  assert.deepEqual([...cutting.labels], [0, 1, 2, 3, 4, 5]);
});

Deno.test("undo() and redo() walk through every step, and a new step ends what could be redone", () => {
  const cutting = row(2);
  const seen = [[...cutting.labels]];
  const steps = [() => cutting.split(0), () => cutting.merge([1, 2]), () => cutting.cut(4)];
  for (const step of steps) {
    step();
    seen.push([...cutting.labels]);
  }
  for (let i = steps.length - 1; i >= 0; i--) {
    cutting.undo();
    assert.deepEqual([...cutting.labels], seen[i]);
  }
  assert.equal(cutting.canUndo, false);
  cutting.undo(); // nothing happens
  for (let i = 1; i <= steps.length; i++) {
    cutting.redo();
    assert.deepEqual([...cutting.labels], seen[i]);
  }
  cutting.undo();
  cutting.cut(5);
  assert.equal(cutting.canRedo, false);
});

Deno.test("a drag of the slider is one step, and none where it ends where it began", () => {
  const cutting = row(2);
  cutting.mark();
  for (const regions of [3, 4, 5]) cutting.cut(regions, false);
  cutting.settle();
  cutting.mark();
  cutting.settle();
  cutting.undo();
  assert.equal(cutting.regions, 2);
  assert.equal(cutting.canUndo, false);
});

Deno.test("replay() does again what edits says, whatever the slider did since", () => {
  const cutting = row(3);
  cutting.split(0);
  cutting.cut(2);
  cutting.merge([2, 1]);
  cutting.cut(5);
  const again = row(5);
  assert.equal(again.replay(cutting.edits), true);
  assert.deepEqual([...again.labels], [...cutting.labels]);
  assert.equal(again.regions, 5);
  assert.equal(again.edits, cutting.edits);
  cutting.undo();
  cutting.undo();
  assert.equal(cutting.edits, "3s0");
});

Deno.test("replay() stops at what an address made up", () => {
  for (const edits of ["x", "3m", "3m0.99", "3m0.4", "6s0", "3s0_<b>", "9999999s1"]) {
    const cutting = row(3);
    assert.equal(cutting.replay(edits), false, edits);
    assert.equal(cutting.regions, 3);
  }
});

Deno.test("unpin() gives the hierarchy back, as one step", () => {
  const cutting = row(3);
  cutting.split(0);
  cutting.merge([2, 3]);
  cutting.unpin();
  assert.deepEqual([...cutting.labels], [0, 0, 1, 1, 2, 2]);
  assert.equal(cutting.edited, false);
  cutting.undo();
  assert.equal(cutting.edited, true);
});

Deno.test("without a hierarchy regions are merged and split back, and the slider does nothing", () => {
  const cutting = new Cutting(mapOf(ROW), undefined);
  cutting.cut(2);
  assert.equal(cutting.count, 6);
  cutting.merge([0, 1, 2]);
  assert.equal(cutting.count, 4);
  assert.deepEqual(cutting.split(0), [0, 1, 2]);
});

Deno.test("colors stay with a region as others split, and N regions have N of them", () => {
  const parts = randomHierarchy(5);
  const cutting = new Cutting(mapOf(parts), new MergeTree(parts.merges, parts.count), 1);
  let before = new Set<number>();
  for (let regions = 1; regions <= parts.count; regions++) {
    cutting.cut(regions);
    const colors = new Set(cutting.colors);
    assert.deepEqual([...colors].sort((a, b) => a - b), Array.from({ length: regions }, (_, i) => i));
    assert(before.isSubsetOf(colors));
    before = colors;
  }
});

Deno.test("resized() takes the nearest superpixel", () => {
  const map = mapOf(ROW);
  assert.deepEqual([...map.resized(6, 1)], [0, 1, 2, 3, 4, 5]);
  assert.equal(map.resized(12, 2), map.pixels);
});
