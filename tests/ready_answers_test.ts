import assert from "node:assert/strict";
import { type AppOptions, createApp } from "../routes/app.ts";
import { ReadyAnswers } from "../routes/ready_answers.ts";
import { MemoryStore } from "../routes/store.ts";
import { type StubLog, stubSegmenter } from "./fixtures/stub_segmenter.ts";

const ask = (path: string, init?: RequestInit) => new Request(`http://service${path}`, init);

function fileAnswer(bytes: Uint8Array<ArrayBuffer>, etag = '"a/b"'): Response {
  const headers = { ETag: etag, "Cache-Control": "public", "Content-Length": String(bytes.length) };
  return new Response(bytes, { headers });
}

/** A service with one result, and how often its store was asked. */
async function withResult(options: Partial<AppOptions> = {}) {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const store = new MemoryStore(1_000_000);
  const app = createApp({ segmenter: stubSegmenter(log), store, ...options });
  const made = await app.request("/v1/segmentations", { method: "POST", body: new Blob(["tree"]) });
  const asked = () => store.stats().hits + store.stats().misses;
  return { app, asked, url: `${made.headers.get("Location")}/labels.png` };
}

Deno.test("GET of a result is answered from memory from the second time on, with the same bytes", async () => {
  const { app, asked, url } = await withResult();
  const first = await app.request(url);
  const before = asked();
  for (let round = 0; round < 3; round++) {
    const again = app.request(url);
    assert.ok(again instanceof Response, "it comes at once and not as a promise");
    assert.deepEqual(await again.bytes(), await first.clone().bytes());
    assert.equal(again.headers.get("X-Request-Id"), null, "an id would be the same for all who ask a cache");
  }
  const known = await app.request(url, { headers: { "If-None-Match": first.headers.get("ETag")! } });
  assert.deepEqual([known.status, known.headers.get("ETag"), known.headers.get("Cache-Control")], [
    304,
    first.headers.get("ETag"),
    first.headers.get("Cache-Control"),
  ]);
  assert.equal(asked(), before);
  const metrics = await (await app.request("/metrics")).text();
  assert.match(metrics, /dsc_http_ready_total\{status="200"\} 3/);
  assert.match(metrics, /dsc_http_ready_total\{status="304"\} 1/);
});

Deno.test("GET of a result at another scale, in another form or by another method is another request", async () => {
  const { app, asked, url } = await withResult();
  const whole = await (await app.request(url)).bytes();
  const three = await (await app.request(`${url}?regions=3`)).bytes();
  assert.notDeepEqual(three, whole);
  assert.deepEqual(await (await app.request(`${url}?regions=3`)).bytes(), three);
  assert.deepEqual(await (await app.request(url)).bytes(), whole);
  const before = asked();
  assert.equal((await app.request(url, { method: "HEAD" })).status, 200);
  assert.equal((await app.request(url, { method: "DELETE" })).status, 405);
  assert.ok(asked() > before);
});

Deno.test("GET from memory lets every page read a result where all may, and goes the long way where some may", async () => {
  const all = await withResult({ corsOrigins: ["*"] });
  const headers = { Origin: "https://page.example" };
  const long = await all.app.request(all.url, { headers });
  const ready = await all.app.request(all.url, { headers });
  for (const name of ["Access-Control-Allow-Origin", "Access-Control-Expose-Headers"]) {
    assert.ok(ready.headers.get(name));
    assert.equal(ready.headers.get(name), long.headers.get(name));
  }
  const some = await withResult({ corsOrigins: ["https://page.example", "https://other.example"] });
  await some.app.request(some.url, { headers });
  for (const Origin of ["https://other.example", "https://page.example"]) {
    const answer = await some.app.request(some.url, { headers: { Origin } });
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), Origin);
    assert.match(answer.headers.get("Vary")!, /Origin/);
  }
});

Deno.test("ReadyAnswers keeps what was asked for last within its bytes", () => {
  const ready = new ReadyAnswers(40_000, {});
  const keep = (path: string, size: number) => ready.keep(ask(path), fileAnswer(new Uint8Array(size)));
  for (const path of ["/a", "/b", "/c", "/d"]) keep(path, 7000);
  assert.ok(ready.answer(ask("/a")));
  keep("/e", 7000);
  assert.equal(ready.answer(ask("/b")), undefined);
  assert.ok(ready.answer(ask("/a")));
  keep("/huge", 30_000);
  assert.equal(ready.answer(ask("/huge")), undefined);
  const none = new ReadyAnswers(0, {});
  none.keep(ask("/a"), fileAnswer(new Uint8Array(1)));
  assert.equal(none.answer(ask("/a")), undefined);
});

Deno.test("ReadyAnswers keeps nothing but whole answers to GET", () => {
  const ready = new ReadyAnswers(40_000, {});
  ready.keep(ask("/a", { method: "HEAD" }), fileAnswer(new Uint8Array(1)));
  ready.keep(ask("/a"), new Response(null, { status: 304, headers: { ETag: '"a"' } }));
  ready.keep(ask("/a"), new Response("gone", { status: 404 }));
  assert.equal(ready.answer(ask("/a")), undefined);
});

Deno.test("ReadyAnswers gives each request a body of its own", async () => {
  const ready = new ReadyAnswers(40_000, {});
  ready.keep(ask("/a"), fileAnswer(Uint8Array.of(1, 2, 3)));
  const [one, two] = [ready.answer(ask("/a"))!, ready.answer(ask("/a"))!];
  assert.deepEqual([...await one.bytes()], [1, 2, 3]);
  assert.deepEqual([...await two.bytes()], [1, 2, 3]);
  assert.deepEqual([...await ready.answer(ask("/a"))!.bytes()], [1, 2, 3]);
});
