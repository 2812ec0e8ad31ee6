/** Pictures unlike those that the hierarchy was fitted on: no crash, and cuts that somebody might have drawn. */
import assert from "node:assert/strict";
import { stretchContrast } from "../lib/image/contrast.ts";
import { segment, type SegmentOptions } from "../lib/segment.ts";
import type { Segmentation } from "../lib/segmentation.ts";
import { connectedComponents } from "../lib/superpixels/connectivity.ts";
import * as pictures from "./fixtures/robust_pictures.ts";

type Name = Exclude<keyof typeof pictures, "picture">;

const done = new Map<string, Promise<Segmentation>>();

/** Segments a picture once for all tests. */
function segmented(name: Name, options: SegmentOptions = {}): Promise<Segmentation> {
  const key = name + JSON.stringify(options);
  const known = done.get(key) ?? Promise.resolve(pictures[name]()).then((image) => segment(image, options));
  done.set(key, known);
  return known;
}

function labelAt({ labels, width }: Segmentation, x: number, y: number): number {
  return labels[y * width + x]!;
}

const NAMES = Object.keys(pictures).filter((name) => name !== "picture") as Name[];

Deno.test("segment() labels each of twelve odd pictures with connected regions, at any scale", async () => {
  assert.equal(NAMES.length, 12);
  for (const name of NAMES) {
    const result = await segmented(name);
    const { labels, regions, width, height } = result;
    assert.equal(labels.length, width * height);
    assert.equal(connectedComponents(labels, width, height).count, regions.length, name);
    assert(regions.length <= 20, `${name}: ${regions.length} regions by default`);
    const wanted = Math.min(7, result.superpixelCount);
    assert.equal(result.at({ regions: wanted }).regions.length, wanted, name);
  }
});

Deno.test("segment() sees one region in one colour and in noise, and not 41 letters in a page of text", async () => {
  for (const name of ["flat", "noise"] as const) {
    assert.equal((await segmented(name)).regions.length, 1, name);
  }
  const { regions } = await segmented("text");
  assert(regions.length <= 12, `${regions.length} regions in a text of 41 letters`);
});

Deno.test("segment() gives the parts of a logo", async () => {
  const result = await segmented("logo");
  assert.equal(result.regions.length, 5);
  const [paper, ring, between, disc, bar] = [[5, 5], [80, 30], [80, 48], [80, 80], [185, 80]].map(([x, y]) =>
    labelAt(result, x!, y!)
  );
  assert.equal(new Set([paper, ring, between, disc, bar]).size, 5);
  const area = (label: number | undefined) => result.regions[label!]!.area;
  assert(Math.abs(area(disc) - Math.PI * 25 ** 2) < 200, `disc of ${area(disc)} pixels`);
  assert(Math.abs(area(bar) - 30 * 110) < 300, `bar of ${area(bar)} pixels`);
});

Deno.test("segment() cuts pictures of 8 x 8 and 1 x 400 where their colours change", async () => {
  const tiny = await segmented("tiny");
  assert.equal(tiny.regions.length, 2);
  assert.notEqual(labelAt(tiny, 2, 4), labelAt(tiny, 5, 4));
  const { labels, regions } = await segmented("column");
  assert.equal(regions.length, 3);
  const borders = [...labels.keys()].filter((y) => y > 0 && labels[y] !== labels[y - 1]);
  assert(Math.abs(borders[0]! - 150) <= 2 && Math.abs(borders[1]! - 280) <= 2, borders.join());
});

Deno.test("segment() keeps the window, its title bar and the photograph of a screenshot apart", async () => {
  const result = await segmented("screenshot");
  const [desk, title, page, photo] = [[10, 120], [250, 30], [140, 200], [250, 150]].map(([x, y]) =>
    labelAt(result, x!, y!)
  );
  assert.equal(new Set([desk, title, page, photo]).size, 4);
});

Deno.test("segment() takes fine stripes for one texture and broad ones for regions", async () => {
  const result = await segmented("stripes");
  const fine = [20, 40, 60, 80, 100].map((x) => labelAt(result, x, 80));
  assert.equal(new Set(fine).size, 1);
  assert.equal(new Set([20, 60, 100, 140].map((y) => labelAt(result, 180, y))).size, 4);
});

Deno.test("segment() finds the sky in grey, faded and dark photographs", async () => {
  const grey = await segmented("grey");
  assert.notEqual(labelAt(grey, 50, 3), labelAt(grey, 50, 120));
  const sepia = await segmented("sepia");
  assert.notEqual(labelAt(sepia, 30, 10), labelAt(sepia, 30, 150));
  const night = (await segmented("night")).at({ regions: 3 });
  assert.notEqual(night.labels[10 * 360 + 250], night.labels[150 * 360 + 250]);
});

Deno.test("segment() makes at most a few regions of a smooth gradient", async () => {
  assert((await segmented("gradient")).regions.length <= 3);
});

Deno.test("stretchContrast() leaves ordinary pictures alone and keeps what it changes in range and hue", async () => {
  const ordinary = pictures.logo();
  assert.equal(stretchContrast(ordinary), ordinary);
  const { data } = stretchContrast(await pictures.sepia());
  const sums = [0, 0, 0];
  data.forEach((value, p) => sums[p % 3]! += value);
  assert(sums[0]! > sums[1]! && sums[1]! > sums[2]!, "brown stays brown");
  const range = data.reduce((most, value) => Math.max(most, value)) - data.reduce((l, v) => Math.min(l, v));
  assert(range > 100);
});
