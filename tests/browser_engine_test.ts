/// <reference lib="dom" />
// "Run here": the library in a worker of the page, in a real browser, under the page's own content security policy.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeImage } from "../lib/image/decode.ts";
import { encodePng } from "../lib/image/png.ts";
import { fitWithin } from "../lib/image/resize.ts";
import { decodeNpy } from "../lib/npy.ts";
import type { SegmentSettings } from "../lib/options.ts";
import { segment } from "../lib/segment.ts";
import { createApp } from "../routes/app.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import { browserTest, missingBrowser, type Page, type Surroundings, withPage } from "./browser/chromium.ts";
import { HARNESS, withEnginePage } from "./browser/engine_host.ts";
import { type Digest, type harness as Harness, hashOf } from "./browser/engine_page.ts";
import { BASELINE_JPEG, makeGif } from "./fixtures/image_files.ts";

/** The page's side, which tests call; it exists in the browser alone. */
declare const harness: typeof Harness;

const segmenter = createSegmentRunner({ size: 1 });
const app = createApp({ segmenter });
Deno.test.afterAll(() => segmenter.close(0));

const photo = await Deno.readFile(new URL("../web/static/samples/black-canyon.jpg", import.meta.url));
/** The same, small enough for many tests. */
const small = encodePng(fitWithin(await decodeImage(photo), 40_000));

const host = missingBrowser ? app : await withEnginePage(app);

function withHarness(
  body: (page: Page, surroundings: Surroundings) => Promise<void>,
  expectedErrors?: RegExp,
): Promise<void> {
  return withPage(host, body, { path: HARNESS, ...(expectedErrors && { expectedErrors }) });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function segmentInPage(page: Page, bytes: Uint8Array, settings: SegmentSettings = {}): Promise<Digest> {
  return page.evaluate(
    ([image, settings]) => harness.segment(image, settings),
    [
      base64(bytes),
      settings,
    ] as const,
  );
}

/** What the library finds outside of a browser, as the page's side tells it. */
async function digestHere(bytes: Uint8Array, settings: SegmentSettings) {
  const { width, height, labels, superpixels, superpixelCount, smoothed, merges, backend } = await segment(
    bytes,
    settings,
  );
  return {
    width,
    height,
    backend,
    labels: await hashOf(labels),
    superpixels: await hashOf(superpixels),
    smoothed: await hashOf(smoothed.data),
    hierarchy: merges && [
      superpixelCount,
      await hashOf(merges.a),
      await hashOf(merges.b),
      await hashOf(Float32Array.from(merges.height)),
    ],
  };
}

function assertSame(found: Digest, wanted: Awaited<ReturnType<typeof digestHere>>, what: string): void {
  const { stages: _, fractions: __, total: ___, ...digest } = found;
  assert.deepEqual({ ...digest }, wanted, what);
}

browserTest(
  "createLocalEngine() gives a photograph the labels that the API gives it",
  () =>
    withHarness(async (page) => {
      const found = await segmentInPage(page, photo);
      const answer = await app.request("/v1/segmentations?format=labels.npy", {
        method: "POST",
        body: photo,
      });
      assert.equal(answer.status, 201);
      const { shape, data } = decodeNpy(await answer.bytes());
      assert.deepEqual([found.height, found.width], shape);
      assert.equal(found.labels, await hashOf(Int32Array.from(data)));
    }),
);

for (const method of ["dsc", "flat-dsc", "slic", "felzenszwalb", "mean-shift"] as const) {
  browserTest(
    `segment() in a page gives every map that the library gives elsewhere, method ${method}`,
    () =>
      withHarness(async (page) => {
        const settings: SegmentSettings = { method, superpixels: 100, iterations: 8, seed: 3 };
        assertSame(
          await segmentInPage(page, small, settings),
          await digestHere(small, settings),
          method,
        );
      }),
  );
}

browserTest("segment() in a page trains on the image where asked to", () =>
  withHarness(async (page) => {
    const settings: SegmentSettings = { train: 2, method: "slic", superpixels: 60 };
    assertSame(await segmentInPage(page, small, settings), await digestHere(small, settings), "trained");
  }));

browserTest("segment() in a page reads JPEG and GIF, too", () =>
  withHarness(async (page) => {
    const pixels = Array.from({ length: 32 * 32 }, (_, i) => Number(i % 32 >= 16));
    const gif = makeGif(32, 32, [[40, 60, 200], [230, 200, 90]], [{ width: 32, height: 32, pixels }]);
    const settings: SegmentSettings = { method: "slic", superpixels: 6 };
    for (const [name, file] of Object.entries({ jpeg: BASELINE_JPEG, gif })) {
      assertSame(await segmentInPage(page, file, settings), await digestHere(file, settings), name);
    }
  }));

browserTest(
  "segment() in a page reports its stages, and a fraction that never falls and ends at 1",
  () =>
    withHarness(async (page) => {
      const { stages, fractions, total } = await segmentInPage(page, small);
      assert.deepEqual(stages, ["decode", "superae", "hierarchy", "regions"]);
      assert.ok(fractions.every((fraction, i) => i === 0 || fraction >= fractions[i - 1]!));
      assert.equal(fractions.at(-1), 1);
      assert.ok(total > 0);
    }),
);

browserTest(
  "segment() in a page uploads nothing: it asks for the engine's files alone, and once",
  () =>
    withHarness(async (page, { url, requests }) => {
      const before = requests.length;
      await segmentInPage(page, small);
      const loaded = requests.slice(before);
      const own = new RegExp(`^GET ${url}/assets/engine/[0-9a-f]{12}/[\\w-]+\\.(js|wasm)$`);
      // tfjs's module comes back out of the worker's memory as a blob
      const others = loaded.filter((request) => !own.test(request) && !request.startsWith("GET blob:"));
      assert.deepEqual(others, []);
      assert.ok(
        loaded.some((request) => request.endsWith("/png.wasm")),
        "the worker's own requests are seen",
      );
      assert.equal(new Set(loaded).size, loaded.length, "nothing is loaded twice");
      assert.ok(!loaded.some((request) => /(gif|jpeg)\.wasm$/.test(request)), "only what the image needs");

      const after = requests.length;
      await segmentInPage(page, small, { seed: 1 });
      assert.deepEqual(requests.slice(after), []);
    }),
);

browserTest(
  "segment() in a page stops when it is aborted, and segments the next image",
  () =>
    withHarness(async (page) => {
      const aborted = await page.evaluate((image) => harness.abortAt(image, "hierarchy"), base64(photo));
      assert.match(aborted.thrown, /enough/);
      // the rest of this image takes seconds
      assert.ok(aborted.milliseconds < 500, `it took ${aborted.milliseconds} ms`);
      const { width } = await segmentInPage(page, small);
      assert.ok(width > 0);
    }),
);

browserTest(
  "segment() in a page says what is wrong with an image or an option, in the library's words",
  () =>
    withHarness(async (page) => {
      const failure = (bytes: Uint8Array, settings = {}) =>
        page.evaluate(
          ([image, settings]) => harness.failure(image, settings),
          [
            base64(bytes),
            settings,
          ] as const,
        );
      const cases = [
        { bytes: photo.subarray(0, 5000), settings: {} },
        { bytes: new TextEncoder().encode("not an image"), settings: {} },
        { bytes: small, settings: { partitions: 1 } },
        { bytes: small, settings: { no_such_option: 1 } },
      ];
      for (const { bytes, settings } of cases) {
        const wanted = await segment(bytes, settings).then(
          () => assert.fail("it should throw"),
          (error) => error,
        );
        const { name, message, code } = wanted as Error & { code: string };
        assert.deepEqual(await failure(bytes, settings), { name, message, code, engineFailed: false });
      }
    }),
);

browserTest(
  "segment() in a page does not take a GPU that is software, and tells that from a bad image",
  () =>
    withHarness(async (page) => {
      const failure = await page.evaluate(
        (image) => harness.failure(image, { backend: "webgpu" }),
        base64(small),
      );
      assert.equal(failure.name, "BackendError");
      assert.match(failure.code as string, /^backend_(fallback_adapter|unavailable)$/);
      assert.equal(failure.engineFailed, true);
    }),
);

browserTest(
  "segment() in a page rejects when the engine's files are gone, and works once they are back",
  () =>
    withHarness(async (page) => {
      await page.route("**/assets/engine/**", (route) => route.fulfill({ status: 404 }));
      const { message, engineFailed } = await page.evaluate((image) => harness.failure(image), base64(small));
      assert.match(message, /^Cannot finish job: its worker ended: it could not be loaded/);
      assert.equal(engineFailed, true);
      await page.unroute("**/assets/engine/**");
      assert.ok((await segmentInPage(page, small)).width > 0);
    }, /404/),
);

browserTest(
  "supported() says yes here, and no in words where the browser lacks something",
  () =>
    withHarness(async (page, { requests }) => {
      const supported = () => page.evaluate(() => harness.engine.supported());
      assert.deepEqual(await supported(), { ok: true });
      const lacks: [() => void, string][] = [
        [() => Object.assign(WebAssembly, { validate: () => false }), "this browser has no WebAssembly SIMD"],
        [() => Object.assign(globalThis, { WebAssembly: undefined }), "this browser has no WebAssembly"],
        [() => Object.assign(globalThis, { Worker: undefined }), "this browser has no Web Workers"],
      ];
      for (const [remove, reason] of lacks) {
        await page.evaluate(remove);
        assert.deepEqual(await supported(), { ok: false, reason });
      }
      assert.ok(!requests.some((request) => request.includes("/engine/")), "asking loads nothing");
    }),
);

browserTest(
  "prepare() loads all that the first photograph needs",
  () =>
    withHarness(async (page, { requests }) => {
      await page.evaluate(() => harness.engine.prepare());
      assert.ok(requests.some((request) => request.endsWith("/jpeg.wasm")));
      const before = requests.length;
      for (const file of [BASELINE_JPEG, small]) await segmentInPage(page, file);
      assert.deepEqual(requests.slice(before), []);
    }),
);

browserTest(
  "segment() in a page gives the memory of a large picture back",
  () =>
    withHarness(async (page) => {
      const [width, height] = [2100, 2000];
      const large = encodePng({ width, height, data: new Uint8Array(width * height * 3).fill(90) });
      assert.equal((await segmentInPage(page, large, { method: "slic" })).width, width);
      while (page.workers().length > 0) await page.workers()[0]!.waitForEvent("close");
      await segmentInPage(page, small, { method: "slic" });
    }),
);

browserTest(
  "close() ends the worker, and the engine starts again when it is used again",
  () =>
    withHarness(async (page) => {
      await segmentInPage(page, small);
      assert.equal(page.workers().length, 1);
      const gone = page.workers()[0]!.waitForEvent("close");
      await page.evaluate(() => harness.engine.close());
      await gone;
      assert.equal(page.workers().length, 0);
      await segmentInPage(page, small);
      assert.equal(page.workers().length, 1);
    }),
);
