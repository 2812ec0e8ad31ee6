import assert from "node:assert/strict";
import { OptionError } from "../lib/errors.ts";
import { cocoFile, compressCounts, encodeMasks } from "../lib/formats/coco.ts";
import { encodeFormat } from "../lib/formats/encode.ts";
import { geoJson } from "../lib/formats/geojson.ts";
import { ringArea, tracePolygons } from "../lib/formats/polygons.ts";
import { decodeRecord, encodeRecord } from "../lib/formats/record.ts";
import { decodeRuns, encodeRuns, regionsJson } from "../lib/formats/regions_json.ts";
import { regionsSvg } from "../lib/formats/svg.ts";
import { boundariesPng, hierarchyJson } from "../lib/formats/hierarchy.ts";
import { FORMAT_NAMES, FORMATS, formatsOf } from "../lib/formats/table.ts";
import { decodeImage } from "../lib/image/decode.ts";
import { encodePng } from "../lib/image/png.ts";
import { createRandom } from "../lib/random.ts";
import type { SegmentationData } from "../lib/segmentation.ts";
import { parseSettings } from "../lib/settings.ts";

/** Labels drawn as text, one character a pixel. */
function draw(rows: string[]): { labels: Int32Array; width: number; height: number; count: number } {
  const width = rows[0]!.length;
  const labels = Int32Array.from(rows.join(""), (c) => parseInt(c, 36));
  return { labels, width, height: rows.length, count: Math.max(...labels) + 1 };
}

/** A random map of 4-connected regions: random seeds flood a grid one random pixel at a time, then pieces are numbered. */
function randomRegions(seed: number, width: number, height: number, colors: number) {
  const random = createRandom(seed);
  const values = Int32Array.from({ length: width * height }, () => Math.floor(random() * colors));
  const labels = new Int32Array(width * height).fill(-1);
  let count = 0;
  for (let p = 0; p < labels.length; p++) {
    if (labels[p]! >= 0) continue;
    const stack = [p];
    labels[p] = count;
    while (stack.length > 0) {
      const q = stack.pop()!;
      const x = q % width;
      for (
        const [next, inside] of [[q - 1, x > 0], [q + 1, x < width - 1], [q - width, true], [q + width, true]]
      ) {
        const n = next as number;
        if (inside && n >= 0 && n < labels.length && labels[n] === -1 && values[n] === values[p]) {
          labels[n] = count;
          stack.push(n);
        }
      }
    }
    count++;
  }
  return { labels, width, height, count };
}

function segmentation({ labels, width, height, count }: ReturnType<typeof draw>): SegmentationData {
  const regions = Array.from({ length: count }, (_, label) => {
    const pixels = [...labels.keys()].filter((p) => labels[p] === label);
    const xs = pixels.map((p) => p % width), ys = pixels.map((p) => Math.floor(p / width));
    const left = Math.min(...xs), top = Math.min(...ys);
    const bbox: [number, number, number, number] = [
      left,
      top,
      Math.max(...xs) - left + 1,
      Math.max(...ys) - top + 1,
    ];
    const centroid: [number, number] = [
      xs.reduce((a, b) => a + b) / pixels.length,
      ys.reduce((a, b) => a + b) / pixels.length,
    ];
    const color: [number, number, number] = [label * 10, 0, 255];
    return { label, area: pixels.length, bbox, centroid, color, neighbors: [] };
  });
  const image = { width, height, data: new Uint8Array(width * height * 3) };
  return {
    width,
    height,
    labels,
    regions,
    superpixels: labels,
    superpixelCount: count,
    image,
    smoothed: image,
    losses: [{ iteration: 1, total: 2, pseudoLabel: 1, cut: 1 }],
    timings: { total: 1 },
    backend: "wasm",
    settings: parseSettings(),
  };
}

/** Even-odd point in polygon over all rings, at the pixel's centre: an oracle that knows nothing of tracing. */
function covers(rings: readonly (readonly number[])[], px: number, py: number): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const [ax, ay, bx, by] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
      if (ax === bx && ax > px + 0.5 && Math.min(ay, by) < py + 0.5 && Math.max(ay, by) > py + 0.5) {
        inside = !inside;
      }
    }
  }
  return inside;
}

/**
 * COCO's rleFrString followed by decoding, written from its definition as an oracle. The COCO API's own maskApi.c, compiled
 * by hand, found the same pixels in 157 masks of two photographs, and wrote them back to the same strings.
 */
function decodeMask(counts: string, height: number, width: number): Uint8Array {
  const runs: number[] = [];
  for (let p = 0; p < counts.length;) {
    let x = 0, k = 0, more = true;
    while (more) {
      const c = counts.charCodeAt(p++) - 48;
      x |= (c & 0x1f) << (5 * k);
      more = (c & 0x20) !== 0;
      k++;
      if (!more && (c & 0x10) !== 0) x |= -1 << (5 * k);
    }
    if (runs.length > 2) x += runs[runs.length - 2]!;
    runs.push(x);
  }
  const mask = new Uint8Array(width * height); // row-major
  let p = 0, value = 0;
  for (const run of runs) {
    for (let i = 0; i < run; i++, p++) mask[(p % height) * width + Math.floor(p / height)] = value;
    value = 1 - value;
  }
  assert.equal(p, width * height);
  return mask;
}

Deno.test("encodeRuns() and decodeRuns() are each other's inverse", () => {
  const { labels } = randomRegions(1, 31, 17, 3);
  assert.deepEqual(decodeRuns(encodeRuns(labels), labels.length), labels);
  assert.throws(() => decodeRuns([0, 5], 4), /must sum to 4, got 5/);
});

Deno.test("regionsJson() holds the labels and no timings, with the given members first", () => {
  const text = regionsJson(segmentation(draw(["0011", "0011"])), { id: "x" });
  assert.ok(text.startsWith('{"id":"x","width":4,"height":2,'));
  const json = JSON.parse(text);
  assert.deepEqual(json.labelRuns, [0, 2, 1, 2, 0, 2, 1, 2]);
  assert.equal(json.regions[1].area, 4);
  assert.equal(json.losses[0].total, 2);
  assert.equal(json.timings, undefined);
});

Deno.test("compressCounts() writes pycocotools' strings", () => {
  // each was checked by hand against maskApi's rleToString: groups of 5 bits, sign carried, from 48 up
  assert.equal(compressCounts([0, 2, 2]), "022");
  assert.equal(compressCounts([15]), "?"); // the largest of one group
  assert.equal(compressCounts([16]), "`0"); // bit 4 set would read as a sign, so a second group follows
  assert.equal(compressCounts([0, 5, 5, 4]), "055O"); // the fourth is 4 - 5 = -1
  assert.equal(compressCounts([6, 1, 40, 4, 5, 4, 5, 4, 21]), "61X13mN000`0"); // a pair from the tests of the COCO API's ports
});

Deno.test("encodeMasks() decodes to each region's pixels", () => {
  for (
    const [seed, width, height, colors] of [[1, 40, 23, 2], [2, 7, 50, 4], [3, 1, 9, 2], [
      4,
      64,
      64,
      1,
    ]] as const
  ) {
    const { labels, count } = randomRegions(seed, width, height, colors);
    const masks = encodeMasks(labels, width, height, count);
    for (let label = 0; label < count; label++) {
      assert.deepEqual(masks[label]!.size, [height, width]);
      const mask = decodeMask(masks[label]!.counts, height, width);
      assert.deepEqual(mask, Uint8Array.from(labels, (l) => Number(l === label)));
    }
  }
});

Deno.test("cocoFile() numbers annotations from 1 and refers to its image and category", () => {
  const file = cocoFile(segmentation(draw(["001", "001"])));
  assert.deepEqual(file.annotations.map((a) => [a.id, a.image_id, a.category_id, a.area]), [[1, 1, 1, 4], [
    2,
    1,
    1,
    2,
  ]]);
  assert.deepEqual(file.annotations[1]!.bbox, [2, 0, 1, 2]);
  assert.equal(file.annotations[1]!.segmentation.counts, "42");
});

Deno.test("tracePolygons() gives a square its four corners", () => {
  const { labels, width, height, count } = draw(["000", "010", "000"]);
  const [frame, square] = tracePolygons(labels, width, height, count);
  assert.deepEqual(square!.rings, [[1, 1, 2, 1, 2, 2, 1, 2]]);
  assert.deepEqual(frame!.rings, [[0, 0, 3, 0, 3, 3, 0, 3], [1, 2, 2, 2, 2, 1, 1, 1]]);
});

Deno.test("tracePolygons() keeps a vertex on a straight border where the neighbour changes", () => {
  const { labels, width, height, count } = draw(["000", "122"]);
  const [top, left, right] = tracePolygons(labels, width, height, count);
  assert.deepEqual(top!.rings, [[0, 0, 3, 0, 3, 1, 1, 1, 0, 1]]);
  assert.deepEqual(left!.rings, [[0, 1, 1, 1, 1, 2, 0, 2]]);
  assert.deepEqual(right!.rings, [[1, 1, 3, 1, 3, 2, 1, 2]]);
});

Deno.test("tracePolygons() splits off a hole that touches the outer ring at a corner", () => {
  // 0 touches itself at (1, 1): the hole of 2 must be a ring of its own, or the outer ring would meet itself
  const { labels, width, height, count } = draw(["100", "020", "000"]);
  const [ring] = tracePolygons(labels, width, height, count);
  assert.equal(ring!.rings.length, 2);
  assert.deepEqual(ring!.rings.map(ringArea), [8, -1]);
});

Deno.test("tracePolygons() tiles random images: areas, pixels, simple rings, shared vertices", () => {
  for (let seed = 0; seed < 12; seed++) {
    const { labels, width, height, count } = randomRegions(seed, 19, 14, 2 + (seed % 3));
    const polygons = tracePolygons(labels, width, height, count);
    const edges = new Map<string, number>(); // each directed edge, to be met by its reverse from the other side
    for (const { label, rings } of polygons) {
      const area = labels.reduce((sum, l) => sum + Number(l === label), 0);
      assert.equal(rings.reduce((sum, ring) => sum + ringArea(ring), 0), area);
      assert.ok(ringArea(rings[0]!) > 0 && rings.slice(1).every((ring) => ringArea(ring) < 0));
      for (let p = 0; p < labels.length; p++) {
        assert.equal(covers(rings, p % width, Math.floor(p / width)), labels[p] === label);
      }
      for (const ring of rings) {
        const vertices = new Set<string>();
        for (let i = 0; i < ring.length; i += 2) {
          const j = (i + 2) % ring.length;
          vertices.add(`${ring[i]},${ring[i + 1]}`);
          const edge = `${ring[i]},${ring[i + 1]} ${ring[j]},${ring[j + 1]}`;
          edges.set(edge, (edges.get(edge) ?? 0) + 1);
        }
        assert.equal(vertices.size, ring.length / 2, "a ring meets itself");
      }
    }
    for (const [edge, times] of edges) {
      assert.equal(times, 1);
      const [a, b] = edge.split(" ") as [string, string];
      const [ax, ay] = a.split(",").map(Number), [bx, by] = b.split(",").map(Number);
      const onFrame = (ax === bx && (ax === 0 || ax === width)) || (ay === by && (ay === 0 || ay === height));
      assert.equal(edges.has(`${b} ${a}`), !onFrame, `edge ${edge} has no partner across it`);
    }
  }
});

Deno.test("tracePolygons() refuses labels that are missing or in pieces", () => {
  assert.throws(() => tracePolygons(Int32Array.of(0, 0), 2, 1, 2), /label 1 has no pixel/);
  assert.throws(() => tracePolygons(Int32Array.of(0, 1, 0), 3, 1, 2), /label 0 is in pieces/);
});

Deno.test("geoJson() closes its rings and carries each region's properties", () => {
  const { features, bbox } = geoJson(segmentation(draw(["01", "01"])));
  assert.deepEqual(bbox, [0, 0, 2, 2]);
  assert.deepEqual(features[1]!.geometry.coordinates, [[[1, 0], [2, 0], [2, 2], [1, 2], [1, 0]]]);
  assert.deepEqual(features[1]!.bbox, [1, 0, 2, 2]);
  assert.deepEqual([features[1]!.id, features[1]!.properties.color], [1, "#0a00ff"]);
});

Deno.test("regionsSvg() draws each region's path in its colour", () => {
  const svg = regionsSvg(segmentation(draw(["000", "010", "000"])));
  assert.ok(svg.includes('viewBox="0 0 3 3"'));
  assert.ok(svg.includes('<path id="r1" fill="#0a00ff" d="M1 1h1v1h-1z"/>'));
  assert.ok(svg.includes('d="M0 0h3v3h-3zM1 2h1v-1h-1z"'));
});

Deno.test("encodeRecord() keeps everything but timings, also for many labels and odd offsets", async () => {
  for (const [width, height, colors] of [[5, 3, 2], [300, 300, 50]] as const) {
    const map = randomRegions(3, width, height, colors);
    const base = segmentation(draw(["0"]));
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => i);
    const full: SegmentationData = {
      ...base,
      width,
      height,
      image: { width, height, data },
      smoothed: { width, height, data: data.toReversed() },
      labels: new Int32Array(width * height),
      superpixels: map.labels, // the second map has more than 65,536 of them
      superpixelCount: map.count,
      merges: { a: Int32Array.of(0), b: Int32Array.of(1), height: Float64Array.of(0.1) },
    };
    const record = encodeRecord(full);
    const moved = new Uint8Array(record.length + 1);
    moved.set(record, 1);
    assert.deepEqual(await decodeRecord(moved.subarray(1)), { ...full, timings: {} });
    assert.deepEqual(encodeRecord(full), record);
    await assert.rejects(decodeRecord(record.subarray(0, record.length - 8)), /it ends within mergeHeight/);
    const fromFile = encodeRecord(full, encodePng(full.image));
    assert.deepEqual(await decodeRecord(fromFile), { ...full, timings: {} });
  }
  await assert.rejects(decodeRecord(new Uint8Array(20)), /want bytes that begin with DSC1/);
});

Deno.test("encodeRecord() makes little of a large photograph", async () => {
  const width = 1600, height = 1000;
  const labels = Int32Array.from({ length: width * height }, (_, p) => Math.floor((p % width) / 40));
  const image = { width, height, data: new Uint8Array(labels.length * 3).fill(90) };
  const base = segmentation(draw(["0"]));
  const full = {
    ...base,
    width,
    height,
    labels,
    superpixels: labels,
    superpixelCount: 40,
    image,
    smoothed: image,
  };
  const record = encodeRecord(full, encodePng(image));
  assert.ok(record.length < labels.length, `${record.length} bytes`);
  assert.deepEqual((await decodeRecord(record)).smoothed.data.length, labels.length * 3);
  const spared = await decodeRecord(record, { smoothed: false });
  assert.equal(spared.superpixels[width * height - 1], 39);
});

Deno.test("encodeFormat() gives every format of the table, and equal bytes twice", () => {
  const merges = { a: Int32Array.of(0), b: Int32Array.of(1), height: Float32Array.of(0.5) };
  const result = { ...segmentation(draw(["0011", "0011"])), merges };
  for (const name of FORMAT_NAMES) {
    const file = encodeFormat(result, name);
    assert.ok(file.length > 0);
    assert.deepEqual(encodeFormat({ ...result, timings: { total: 9 } }, name), file);
  }
  assert.throws(
    () => encodeFormat(result, "labels.tiff" as "labels.png"),
    /want one of regions.json, .*, got labels.tiff/,
  );
});

Deno.test("encodeFormat() refuses forms that need a hierarchy where there is none", () => {
  const result = segmentation(draw(["0011", "0011"]));
  assert.deepEqual(formatsOf(result).filter((name) => FORMATS[name as "hierarchy.json"].needsHierarchy), []);
  assert.throws(() => encodeFormat(result, "hierarchy.json"), OptionError);
  assert.throws(() => boundariesPng(result), /method dsc makes none/);
});

Deno.test("hierarchyJson() and boundariesPng() say at which height regions merge", async () => {
  const merges = { a: Int32Array.of(0), b: Int32Array.of(1), height: Float32Array.of(0.25) };
  const result = { ...segmentation(draw(["01", "01"])), merges };
  const { superpixelRuns, ...json } = hierarchyJson(result);
  assert.deepEqual(json, {
    width: 2,
    height: 2,
    superpixelCount: 2,
    threshold: 0.5,
    merges: { a: [0], b: [1], height: [0.25] },
  });
  assert.deepEqual(superpixelRuns, [0, 1, 1, 1, 0, 1, 1, 1]);
  const { width, height, data } = await decodeImage(boundariesPng(result));
  assert.deepEqual([width, height], [5, 5]);
  const row = [...data.subarray(15, 30)].filter((_, i) => i % 3 === 0); // through the first row of pixels
  assert.deepEqual(row, [0, 0, 128, 0, 0]);
});
