/// <reference lib="dom" />
// The page without a network, in a real browser: what was open once opens again, and segments without the server.
import assert from "node:assert/strict";
import { segment } from "../lib/segment.ts";
import { decodeNpy } from "../lib/npy.ts";
import { createApp } from "../routes/app.ts";
import { browserTest, type Page, withPage } from "./browser/chromium.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import { stubSegmenter } from "./fixtures/stub_segmenter.ts";

// no segmentation comes from this service: what the page shows without it, the page has made
const app = createApp({ segmenter: stubSegmenter({ segmented: 0, encoded: 0, settings: [] }) });

const dist = new URL("../web/dist/", import.meta.url);
const [engine] = [...Deno.readDirSync(new URL("engine/", dist))];
const engineFiles = [...Deno.readDirSync(new URL(`engine/${engine!.name}/`, dist))]
  .map(({ name }) => `/assets/engine/${engine!.name}/${name}`);
const sample = new URL("../web/static/samples/rocket.jpg", import.meta.url);

/** Waits until the service worker has these. */
async function untilKept(page: Page, paths: readonly string[]): Promise<void> {
  await page.evaluate(async (paths) => {
    for (const path of paths) {
      while (!await caches.match(path)) await new Promise((done) => setTimeout(done, 50));
    }
  }, paths);
}

browserTest(
  "the page, once open, opens again without a network and segments a sample by itself",
  () =>
    withPage(app, async (page, { stopServing, url, errors }) => {
      // the last of the samples to be kept, in the order of their names
      await untilKept(page, [...engineFiles, "/", "/assets/export.js", "/assets/samples/rocket.thumb.jpg"]);
      await stopServing();
      await assert.rejects(fetch(`${url}/healthz`), "the service has ended");

      await page.goto("/?sample=rocket");
      assert.equal(await page.title(), "Deep Superpixel Cut");
      // the cut that the library itself would choose
      await page.locator("#own:enabled").click();
      const { regions } = await segment(await Deno.readFile(sample));
      await page.locator("#count", { hasText: new RegExp(`^${regions.length}$`) }).waitFor();
      assert.ok(errors.length > 0, "the page has asked the service first");
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.click('#files a[data-format="labels.npy"]'),
      ]);
      assert.equal(new Set(decodeNpy(await Deno.readFile(await file.path())).data).size, regions.length);
    }, { expectedErrors: /ERR_CONNECTION_REFUSED/ }),
);

browserTest(
  "the service worker leaves the service's own answers alone",
  () =>
    withPage(app, async (page, { stopServing }) => {
      await untilKept(page, ["/", "/assets/page.js"]);
      const version = () => page.evaluate(() => fetch("/version").then(({ status }) => status, () => 0));
      assert.equal(await version(), 200);
      assert.equal(await page.evaluate(async () => await caches.match("/version") === undefined), true);
      await stopServing();
      assert.equal(await version(), 0);
    }, { expectedErrors: /ERR_CONNECTION_REFUSED/ }),
);

browserTest(
  "a new build's service worker drops what the builds before it kept",
  () =>
    withPage(app, async (page) => {
      await page.addInitScript(() => {
        if (!navigator.serviceWorker.controller) void caches.open("page of an earlier build");
      });
      await page.goto("/");
      const names = await page.evaluate(async () => {
        const { active } = await navigator.serviceWorker.ready;
        while (active!.state !== "activated") await new Promise((done) => setTimeout(done, 20));
        return await caches.keys();
      });
      assert.ok(!names.includes("page of an earlier build"), names.join());
      assert.ok(names.length > 0, "the new one is kept");
    }, { path: undefined }),
);

browserTest("the page has the service segment where its own engine fails", async () => {
  const segmenter = createSegmentRunner({ size: 1 });
  try {
    await withPage(createApp({ segmenter }), async (page, { requests }) => {
      await page.route("**/assets/engine/**", (route) => route.fulfill({ status: 404 }));
      await page.check("#where input[value=here]");
      // the page opens with a sample already cut: wait for that, and then for the other
      const ready = () => document.documentElement.dataset.state === "ready";
      await page.waitForFunction(ready);
      await page.evaluate(() => delete document.documentElement.dataset.state);
      await page.click("#samples button[data-name=rocket]");
      await page.waitForFunction(ready);
      await page.locator("#own:enabled").click();
      const { regions } = await segment(await Deno.readFile(sample));
      await page.locator("#count", { hasText: new RegExp(`^${regions.length}$`) }).waitFor();
      assert.ok(requests.some((request) => /^POST .*\/v1\/segmentations/.test(request)));
    }, { serviceWorkers: "block", expectedErrors: /404/ });
  } finally {
    await segmenter.close(0);
  }
});
