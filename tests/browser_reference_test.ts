// The HTTP reference, in a real browser: under the service's own content security policy.
/// <reference lib="dom" />
import assert from "node:assert/strict";
import { createApp } from "../routes/app.ts";
import { browserTest, withPage } from "./browser/chromium.ts";
import { stubSegmenter } from "./fixtures/stub_segmenter.ts";

const app = createApp({ segmenter: stubSegmenter({ segmented: 0, encoded: 0, settings: [] }) });

browserTest(
  "GET /reference shows itself with its style sheet and asks for nothing else",
  () =>
    withPage(app, async (page, { url, requests }) => {
      assert.match(await page.locator("h1").innerText(), /^Deep Superpixel Cut/);
      assert.equal(await page.locator("body").evaluate((body) => getComputedStyle(body).maxWidth), "960px");
      const own = requests.filter((request) => !request.endsWith("/favicon.ico"));
      assert.deepEqual(own, [`GET ${url}/reference`, `GET ${url}/reference.css`]);
    }, { path: "/reference" }),
);
