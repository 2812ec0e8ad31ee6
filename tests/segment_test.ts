import assert from "node:assert/strict";
import { segment } from "../lib/segment.ts";
import type { Image } from "../lib/image/image.ts";
import { encodePng } from "../lib/image/png.ts";
import type { Progress } from "../lib/progress.ts";
import { createRandom } from "../lib/random.ts";
import { connectedComponents } from "../lib/superpixels/connectivity.ts";

/** Four quadrants of clearly different colours, a little noise. */
function quadrants(width = 96, height = 64): Image {
  const random = createRandom(1);
  const colors = [[200, 40, 40], [40, 180, 60], [40, 60, 200], [220, 210, 60]];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 3) {
      const color = colors[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!;
      for (let c = 0; c < 3; c++) data[p + c] = color[c]! + 12 * (random() - 0.5);
    }
  }
  return { width, height, data };
}

/** Label of the pixel in the middle of each quadrant. */
function quadrantLabels(
  { labels, width, height }: { labels: Int32Array; width: number; height: number },
): number[] {
  return [0.25, 0.75].flatMap((v) =>
    [0.25, 0.75].map((u) => labels[Math.floor(v * height) * width + Math.floor(u * width)]!)
  );
}

Deno.test("segment() gives four regions for four quadrants", async () => {
  const result = await segment(quadrants(), { method: "flat-dsc", superpixels: 60, partitions: 4 });
  assert.equal(new Set(quadrantLabels(result)).size, 4);
  assert.equal(result.regions.length, 4);
  assert.equal(result.regions.reduce((sum, { area }) => sum + area, 0), 96 * 64);
  assert.equal(result.losses.length, 128);
  assert.ok(result.timings["total"]! > 0);
});

Deno.test("segment() gives a hierarchy that is cut again at any number of regions", async () => {
  const result = await segment(quadrants());
  assert.equal(new Set(quadrantLabels(result)).size, 4);
  const four = result.at({ regions: 4 });
  assert.equal(new Set(quadrantLabels(four)).size, 4);
  assert.equal(four.regions.length, 4);
  for (const { area } of four.regions) {
    // each has two borders inside the picture: one pixel more or less at each, a row of 48 and a column of 32
    assert.ok(Math.abs(area - 1536) <= 80, `${area} pixels, want about 1536`);
  }
  const two = result.at({ regions: 2 });
  assert.equal(two.regions.length, 2);
  // coarser cuts only join regions of finer ones
  const partOf = new Map<number, number>();
  four.labels.forEach((label, p) => {
    if (!partOf.has(label)) partOf.set(label, two.labels[p]!);
    assert.equal(two.labels[p], partOf.get(label));
  });
  const asked = await segment(quadrants(), { regions: 2 });
  assert.deepEqual(asked.labels, two.labels);
  assert.equal(result.ucm().data.length, 193 * 129);
});

Deno.test("segment() says that superpixels alone cannot be cut again", async () => {
  const result = await segment(quadrants(), { method: "slic", superpixels: 20 });
  assert.throws(() => result.at({ regions: 2 }), /method slic makes no hierarchy, want method dsc/);
});

Deno.test("segment() labels every pixel, with connected regions numbered without gaps", async () => {
  for (const method of ["dsc", "flat-dsc", "slic", "felzenszwalb", "mean-shift"] as const) {
    const { labels, regions, width, height } = await segment(quadrants(), { method, superpixels: 40 });
    assert.equal(labels.length, width * height);
    assert.equal(new Set(labels).size, regions.length);
    assert.equal(connectedComponents(labels, width, height).count, regions.length, method);
    assert.deepEqual(regions.map(({ label }) => label), regions.map((_, i) => i));
  }
});

Deno.test("segment() gives the same labels twice, for pixels and for the bytes of a file", async () => {
  const image = quadrants();
  const options = { superpixels: 40, iterations: 16, seed: 3 };
  const [a, b, c] = [
    await segment(image, options),
    await segment(image, options),
    await segment(encodePng(image), options),
  ];
  assert.deepEqual(a.labels, b.labels);
  assert.deepEqual(a.labels, c.labels);
});

Deno.test("segment() gives one region for a flat colour, whatever the method", async () => {
  const image = { width: 60, height: 40, data: new Uint8Array(60 * 40 * 3).fill(90) };
  for (const method of ["dsc", "flat-dsc"] as const) {
    const { regions } = await segment(image, { method, superpixels: 20 });
    assert.equal(regions.length, 1, method);
  }
});

Deno.test("segment() takes 1 x 1, 8 x 8, 1 x 400 and 400 x 1", async () => {
  for (const [width, height] of [[1, 1], [8, 8], [1, 400], [400, 1]] as const) {
    const random = createRandom(2);
    const image = { width, height, data: new Uint8Array(width * height * 3).map(() => 255 * random()) };
    for (const method of ["dsc", "flat-dsc"] as const) {
      const { labels } = await segment(image, { method, iterations: 4 });
      assert.equal(labels.length, width * height);
    }
  }
});

Deno.test("segment() in reach full and with fine-tuning reports its iterations and finds the quadrants", async () => {
  const seen: Progress[] = [];
  const result = await segment(quadrants(48, 32), {
    method: "flat-dsc",
    reach: "full",
    train: 3,
    superpixels: 24,
    partitions: 4,
    iterations: 8,
    onProgress: (progress) => seen.push(progress),
  });
  assert.equal(new Set(quadrantLabels(result)).size, 4);
  assert.ok(seen.some(({ stage, iteration }) => stage === "superae" && iteration === 3));
  assert.ok(
    seen.some(({ stage, iteration, loss }) => stage === "cut" && iteration === 8 && Number.isFinite(loss)),
  );
  seen.forEach(({ fraction }, i) => assert.ok(fraction >= (seen[i - 1]?.fraction ?? 0) && fraction <= 1));
  assert.equal(seen.at(-1)!.fraction, 1);
});

Deno.test("segment() shows previews where they are asked for, and finds the same labels", async () => {
  for (const method of ["dsc", "flat-dsc", "slic"] as const) {
    const options = { method, superpixels: 60, partitions: 4, iterations: 16 };
    const silent: Progress[] = [], seen: Progress[] = [];
    const image = quadrants(144, 96);
    const without = await segment(image, { ...options, onProgress: (progress) => silent.push(progress) });
    const result = await segment(image, {
      ...options,
      previews: true,
      onProgress: (progress) => seen.push(progress),
    });
    assert.deepEqual(result.labels, without.labels);
    assert.ok(silent.every(({ preview }) => preview === undefined));
    const shown = seen.filter(({ preview }) => preview);
    for (const { preview } of shown) {
      assert.deepEqual([preview!.width, preview!.height, preview!.data.length], [96, 64, 96 * 64 * 3]);
    }
    const stages = { dsc: ["hierarchy"], "flat-dsc": ["superpixels", "cut"], slic: ["superpixels"] }[method];
    assert.deepEqual([...new Set(shown.map(({ stage }) => stage))], ["superae", ...stages]);
    // the last one has a flat colour where a region is: that of its quadrant
    const { data } = shown.at(-1)!.preview!;
    const at = (x: number, y: number) => [...data.subarray(3 * (y * 96 + x), 3 * (y * 96 + x) + 3)];
    assert.ok(at(20, 10)[0]! > 180 && at(76, 10)[1]! > 160 && at(20, 54)[2]! > 180, `${at(20, 10)}`);
    seen.forEach(({ fraction }, i) => assert.ok(fraction >= (seen[i - 1]?.fraction ?? 0)));
  }
});

Deno.test("segment() plans more of its progress for what is done at full size when that is large", async () => {
  const beginning = async (input: Image | Uint8Array) => {
    let began = 1;
    await segment(input, {
      method: "slic",
      onProgress: ({ stage, fraction }) => began = stage === "regions" ? Math.min(began, fraction) : began,
    });
    return began;
  };
  const small = await beginning(quadrants()), large = await beginning(quadrants(1600, 1200));
  assert.ok(small > 0.85 && large < 0.75, `${small}, ${large}`);
  assert.equal(await beginning(encodePng(quadrants(1600, 1200))), large, "by the file's header");
});

Deno.test("segment() brings the labels of a large image back to its size", async () => {
  const result = await segment(quadrants(1200, 800), { method: "slic", superpixels: 100 });
  assert.equal(result.labels.length, 1200 * 800);
  assert.equal(result.smoothed.width, 1200);
  assert.equal(new Set(quadrantLabels(result)).size, 4);
});

Deno.test("segment() runs two jobs at once without mixing them up", async () => {
  const flat = { width: 40, height: 40, data: new Uint8Array(40 * 40 * 3).fill(200) };
  const [a, b] = await Promise.all([
    segment(quadrants(), { method: "flat-dsc", superpixels: 60, partitions: 4 }),
    segment(flat, { method: "flat-dsc", superpixels: 20 }),
  ]);
  assert.equal(a.regions.length, 4);
  assert.equal(b.regions.length, 1);
});

Deno.test("segment() stops at the signal", async () => {
  const controller = new AbortController();
  const work = segment(quadrants(), {
    method: "flat-dsc",
    iterations: 10_000,
    signal: controller.signal,
    onProgress: ({ iteration }) => iteration === 8 && controller.abort(new Error("enough")),
  });
  await assert.rejects(work, /enough/);
});

Deno.test("segment() says what is wrong with its input", async () => {
  await assert.rejects(segment(new Uint8Array()), { code: "empty_image" });
  await assert.rejects(segment(new TextEncoder().encode("hello, this is text")), { code: "not_an_image" });
  await assert.rejects(segment(encodePng(quadrants()), { maxPixels: 1000 }), { code: "too_many_pixels" });
  await assert.rejects(segment({ width: 3, height: 3, data: new Uint8Array(5) }), TypeError);
  await assert.rejects(segment(quadrants(), { partitions: 1 }), { code: "invalid_option" });
  await assert.rejects(segment(quadrants(), { partition: 4 } as object), { code: "unknown_option" });
});
