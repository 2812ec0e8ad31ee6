/// <reference lib="dom" />
// GET / and its files, as the service answers them; what the page does is in browser_page_test.ts.
import assert from "node:assert/strict";
import { createApp } from "../routes/app.ts";
import { PAGE_POLICY } from "../routes/page.ts";
import { type StubLog, stubSegmenter } from "./fixtures/stub_segmenter.ts";
import { readAddress, writeAddress } from "../web/address.ts";
import { explain } from "../web/failures.ts";
import { ServiceError } from "../web/service.ts";
import { cliCommand, curlCommand, denoProgram } from "../web/takeaway.ts";

function testApp(options: { maxPixels?: number; maxBodyBytes?: number } = {}) {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  return createApp({
    segmenter: stubSegmenter(log, { waitingLimit: 1, held: Promise.resolve() }),
    ...options,
  });
}

Deno.test("GET / is the page, under a policy that lets in no other host", async () => {
  const response = await testApp().request("/");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "text/html; charset=utf-8");
  assert.equal(response.headers.get("Content-Security-Policy"), PAGE_POLICY);
  assert.doesNotMatch(PAGE_POLICY, /unsafe|https?:|\*/);
  const html = await response.text();
  assert.match(html, /<html lang="en">/);
  assert.doesNotMatch(html, /(src|href)="(https?:)?\/\//);
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=/, "what the policy would stop");
});

Deno.test("GET / tells the page the limits of its service", async () => {
  const html = await (await testApp({ maxPixels: 77, maxBodyBytes: 5000 }).request("/")).text();
  const limits = /<meta name="dsc-limits" content='([^']+)'/.exec(html)![1]!;
  assert.deepEqual(JSON.parse(limits), { maxBytes: 5000, maxPixels: 77 });
  const other = await (await testApp({ maxPixels: 78 }).request("/")).text();
  assert.match(other, /"maxPixels":78/);
});

Deno.test("every file that the page names is there, with its type", async () => {
  const app = testApp();
  const html = await (await app.request("/")).text();
  const style = await (await app.request("/assets/page.css")).text();
  const paths = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
  for (const [, path] of style.matchAll(/url\("?([^")]+)"?\)/g)) paths.push(`/assets/${path}`);
  assert(paths.length > 6);
  for (const path of [...paths, "/assets/export.js", "/service_worker.js"]) {
    const response = await app.request(path);
    assert.equal(response.status, 200, path);
    assert.notEqual(response.headers.get("Content-Type"), null, path);
    assert.equal(response.headers.get("X-Content-Type-Options"), "nosniff");
    await response.body?.cancel();
  }
});

Deno.test("GET /assets answers 304 to the tag it gave, weak or strong", async () => {
  const app = testApp();
  const first = await app.request("/assets/page.css");
  const etag = first.headers.get("ETag")!;
  await first.body?.cancel();
  for (const tag of [etag, `W/${etag}`]) {
    const again = await app.request("/assets/page.css", { headers: { "If-None-Match": tag } });
    assert.equal(again.status, 304);
  }
  assert.equal(first.headers.get("Cache-Control"), "no-cache");
});

Deno.test("GET /assets leaves its folders by no path", async () => {
  const app = testApp();
  const paths = [
    "/assets/../deno.json",
    "/assets/..%2fdeno.json",
    "/assets/%2e%2e/main.ts",
    "/assets/samples/..%5c..%5cdeno.json",
    "/assets//etc/hosts.txt",
    "/assets/samples",
    "/assets/none.js",
    "/assets/.hidden.js",
    "/assets/page.ts",
  ];
  for (const path of paths) {
    const response = await app.request(path);
    assert.equal(response.status, 404, path);
    await response.body?.cancel();
  }
});

Deno.test("what the page sends at first is within 60 KB compressed", async () => {
  const app = testApp();
  let size = 0;
  for (const path of ["/", "/assets/page.css", "/assets/page.js"]) {
    const { body } = await app.request(path);
    size += (await new Response(body!.pipeThrough(new CompressionStream("gzip"))).arrayBuffer()).byteLength;
  }
  assert(size < 60_000, `${size} bytes`);
});

Deno.test("an address of the page says again what it was made of", () => {
  const address = {
    id: "0f3c9a12-aaaa-bbbb-cccc-0123456789ab",
    sample: undefined,
    regions: 12,
    view: "mean",
    edits: "12m5.9_12s40",
    settings: { method: "flat-dsc", seed: "7" },
  };
  assert.deepEqual(readAddress(writeAddress(address)), address);
  assert.equal(writeAddress({ settings: {} }), "");
});

Deno.test("readAddress() takes nothing from an address that it would have to believe", () => {
  const { id, sample, regions } = readAddress("?r=../../x&sample=%3Cb%3E&regions=-3");
  assert.deepEqual([id, sample, regions], [undefined, undefined, undefined]);
});

Deno.test("the snippets carry the settings", () => {
  const settings = { regions: 12, superpixelMethod: "mean-shift" };
  assert.match(
    curlCommand("http://localhost:8000", settings, "photo.jpg"),
    /-F image=@photo.jpg -F regions=12/,
  );
  assert.match(
    denoProgram(settings, "photo.jpg"),
    /segment\(photo, { regions: 12, superpixelMethod: "mean-shift" }\)/,
  );
  assert.match(cliCommand(settings, "photo.jpg"), /--regions 12 --superpixel-method mean-shift/);
});

Deno.test("explain() gives every failure a way out", () => {
  const large = explain(new ServiceError("too_many_pixels", "It has 20 megapixels, the limit is 12."));
  assert.deepEqual(large, { message: "It has 20 megapixels, the limit is 12.", ways: ["shrink", "another"] });
  const busy = explain(new ServiceError("queue_full", "Too many are waiting.", 7));
  assert.match(busy.message, /Try again in 7 s/);
  assert.deepEqual(busy.ways, ["again", "here"]);
  assert.deepEqual(explain(new Error("?")).ways, ["again", "another"]);
});
