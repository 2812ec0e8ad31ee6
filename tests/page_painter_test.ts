// What the page paints, pixel by pixel; the painter needs no browser.
import assert from "node:assert/strict";
import { labelPalette } from "../lib/image/palette.ts";
import { Cutting } from "../web/model/cutting.ts";
import { MergeTree } from "../web/model/merge_tree.ts";
import { SuperpixelMap } from "../web/model/superpixel_map.ts";
import { Painter } from "../web/view/painter.ts";

const W = 9, H = 6;

/** Three columns of three pixels each, black, grey and white; the two dark ones merge first. */
function columns(regions: number): Cutting {
  const pixels = Int32Array.from({ length: W * H }, (_, p) => Math.floor(p % W / 3));
  const rgba = new Uint8ClampedArray(4 * W * H);
  for (let p = 0; p < W * H; p++) {
    const gray = [0, 100, 255][pixels[p]!]!;
    rgba.set([gray, gray, gray, 255], 4 * p);
  }
  const merges = { a: [0, 0], b: [1, 2], height: [0.25, 1] };
  return new Cutting(new SuperpixelMap(pixels, W, H, 3, rgba), new MergeTree(merges, 3), regions);
}

/** One row of what was painted, as [r, g, b, a]. */
function row(out: Uint32Array, y = 2): number[][] {
  const bytes = new Uint8Array(out.buffer);
  return Array.from({ length: W }, (_, x) => [...bytes.subarray(4 * (y * W + x), 4 * (y * W + x) + 4)]);
}

/** Where a row is not transparent. */
function inked(out: Uint32Array, y = 2): string {
  return row(out, y).map(([, , , alpha]) => alpha === 0 ? "." : alpha === 255 ? "#" : "+").join("");
}

Deno.test("Painter.lines() draws between regions and nowhere else, bright on one side and dark on the other", () => {
  const out = new Uint32Array(W * H).fill(7);
  new Painter(columns(3), W, H, false).lines(out);
  assert.equal(inked(out), "..#+.#+..");
  new Painter(columns(2), W, H, false).lines(out);
  assert.equal(inked(out), ".....#+..");
  new Painter(columns(1), W, H, false).lines(out);
  assert.equal(inked(out), ".........");
});

Deno.test("Painter.lines() draws two pixels where pixels are small", () => {
  const out = new Uint32Array(W * H);
  new Painter(columns(2), W, H, true).lines(out);
  assert.equal(inked(out), ".....##+.");
});

Deno.test("Painter.fill() paints mean colours, over all of a region's superpixels", () => {
  const cutting = columns(2), out = new Uint32Array(W * H);
  new Painter(cutting, W, H, false).fill(out, "mean", cutting.describe());
  assert.deepEqual(row(out).map(([r]) => r), [50, 50, 50, 50, 50, 50, 255, 255, 255]);
  assert(row(out).every(([, , , alpha]) => alpha === 255));
});

Deno.test("Painter.fill() gives labels the palette's colours, and the larger part keeps its own", () => {
  const cutting = columns(1), painter = new Painter(cutting, W, H, false);
  const palette = [...labelPalette(3)], color = (i: number) => [...palette.slice(3 * i, 3 * i + 3), 255];
  const paint = (regions: number) => {
    cutting.cut(regions);
    const out = new Uint32Array(W * H);
    painter.fill(out, "labels", cutting.describe());
    return [row(out)[0], row(out)[4], row(out)[8]];
  };
  assert.deepEqual(paint(1), [color(0), color(0), color(0)]);
  assert.deepEqual(paint(2), [color(0), color(0), color(1)]);
  assert.deepEqual(paint(3), [color(0), color(2), color(1)]);
});

Deno.test("Painter.fill() draws contours the darker the longer they last, whatever the cut", () => {
  const cutting = columns(3), painter = new Painter(cutting, W, H, false);
  const out = new Uint32Array(W * H);
  painter.fill(out, "contours", []);
  // 1 lasts to the end and is wide, 0.25 is gone soon
  assert.deepEqual(row(out).map(([r]) => r), [255, 255, 191, 255, 255, 0, 0, 255, 255]);
  cutting.cut(1);
  const again = new Uint32Array(W * H);
  painter.fill(again, "contours", []);
  assert.deepEqual(again, out);
});

Deno.test("Painter.marks() tints the region pointed at and the selected ones, these with an edge", () => {
  const painter = new Painter(columns(3), W, H, false), out = new Uint32Array(W * H);
  painter.marks(out, -1, new Set());
  assert.equal(inked(out), ".........");
  painter.marks(out, 0, new Set());
  assert.equal(inked(out), "+++......");
  painter.marks(out, 0, new Set([2]));
  assert.equal(inked(out), "+++..##++");
});

Deno.test("Painter paints at another size than the picture's", () => {
  const painter = new Painter(columns(2), 3, 2, false), out = new Uint32Array(6);
  painter.lines(out);
  const alpha = new Uint8Array(out.buffer).filter((_, i) => i % 4 === 3);
  assert.deepEqual([...alpha], [0, 255, 165, 0, 255, 165]);
  assert.equal(painter.superpixelAt(2, 1), 2);
});
