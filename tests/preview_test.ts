import assert from "node:assert/strict";
import { encodePng } from "../lib/image/png.ts";
import { createPace, PREVIEW_SIDE, previewOf, previewOfRegions } from "../lib/preview.ts";
import { createRandom } from "../lib/random.ts";

Deno.test("previewOf() keeps the shape of any image within its bound, and small images as they are", () => {
  for (const [width, height] of [[4000, 3000], [97, 1], [1, 5000], [300, 299]] as const) {
    const preview = previewOf({ width, height, data: new Uint8Array(width * height * 3).fill(7) });
    assert.equal(Math.max(preview.width, preview.height), PREVIEW_SIDE);
    const shrunk = (side: number) => Math.max(1, Math.round(side * PREVIEW_SIDE / Math.max(width, height)));
    assert.deepEqual([preview.width, preview.height], [shrunk(width), shrunk(height)]);
    assert.ok(preview.data.every((value) => value === 7));
  }
  const small = { width: 96, height: 20, data: new Uint8Array(96 * 20 * 3) };
  assert.equal(previewOf(small), small);
});

Deno.test("previewOf() of the noisiest image is a PNG of less than 30 KB", () => {
  const random = createRandom(3);
  const data = new Uint8Array(PREVIEW_SIDE ** 2 * 3).map(() => 256 * random());
  assert.ok(encodePng({ width: PREVIEW_SIDE, height: PREVIEW_SIDE, data }).length < 30_000);
});

Deno.test("previewOfRegions() paints regions of a larger map in their means, and groups as one", () => {
  // columns of 2 pixels in the map for each of the preview's
  const preview = { width: 4, height: 1, data: Uint8Array.of(0, 0, 0, 10, 10, 10, 100, 0, 0, 200, 0, 0) };
  const labels = Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 2, 2, 3, 3);
  assert.deepEqual(previewOfRegions(preview, labels, 8, 2).data, preview.data);
  const groups = Int32Array.of(1, 1, 0, 0);
  assert.deepEqual(
    [...previewOfRegions(preview, labels, 8, 2, groups).data],
    [5, 5, 5, 5, 5, 5, 150, 0, 0, 150, 0, 0],
  );
});

Deno.test("createPace() lets the first through at once and the next not yet", () => {
  const isTime = createPace();
  assert.deepEqual([isTime(), isTime(), isTime()], [true, false, false]);
});
