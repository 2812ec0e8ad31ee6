/// <reference lib="dom" />
// The page's sample photographs, and what `deno task build:samples` made of them.
import assert from "node:assert/strict";
import { decodeImage } from "../lib/image/decode.ts";
import { Cutting } from "../web/model/cutting.ts";
import { MergeTree } from "../web/model/merge_tree.ts";
import { SuperpixelMap } from "../web/model/superpixel_map.ts";
import { DERIVED, SAMPLES } from "../web/sample_list.ts";
import { readHierarchy } from "../web/service.ts";

const folder = new URL("../web/static/samples/", import.meta.url);
const [first] = SAMPLES;
const rebuild = "run deno task build:samples";

Deno.test("every sample is there with its small picture and its source, and nothing else is", async () => {
  const wanted = ["SOURCES.md", DERIVED.hierarchy(first.name), DERIVED.smoothed(first.name)];
  for (const { name } of SAMPLES) wanted.push(`${name}.jpg`, DERIVED.thumb(name));
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), wanted.sort(), rebuild);
  const sources = await Deno.readTextFile(new URL("SOURCES.md", folder));
  for (const { name } of SAMPLES) {
    assert(sources.includes(`\`${name}.jpg\``), `SOURCES.md says nothing of ${name}.jpg`);
    const { width, height } = await decodeImage(await Deno.readFile(new URL(DERIVED.thumb(name), folder)));
    assert.equal(width, height, `${name} is small and square`);
  }
});

Deno.test("the first sample's hierarchy decodes, fits its picture and cuts into every number of regions", async () => {
  const { width, height } = await decodeImage(await Deno.readFile(new URL(`${first.name}.jpg`, folder)));
  const text = await Deno.readTextFile(new URL(DERIVED.hierarchy(first.name), folder));
  const found = readHierarchy(JSON.parse(text));
  assert.deepEqual([found.width, found.height], [width, height], rebuild);
  // throws where a superpixel is missing, out of range, or merged with itself
  const map = new SuperpixelMap(
    found.superpixels,
    width,
    height,
    found.count,
    new Uint8ClampedArray(4 * width * height),
  );
  const tree = new MergeTree(found.merges, found.count);
  for (let i = 1; i < tree.heights.length; i++) assert(tree.heights[i]! >= tree.heights[i - 1]!);
  const cutting = new Cutting(map, tree);
  for (const regions of [1, 2, 57, 200]) {
    cutting.cut(regions);
    assert.equal(cutting.count, regions);
  }
});

Deno.test("the first sample's smoothed picture has the size of the sample", async () => {
  const sizes = await Promise.all(
    [`${first.name}.jpg`, DERIVED.smoothed(first.name)].map(async (name) => {
      const { width, height } = await decodeImage(await Deno.readFile(new URL(name, folder)));
      return [width, height];
    }),
  );
  assert.deepEqual(sizes[0], sizes[1], rebuild);
});
