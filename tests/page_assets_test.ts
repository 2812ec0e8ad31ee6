// The page's files as the service gives them: caching, packing, and nothing else from the disk.
import assert from "node:assert/strict";
import { createApp } from "../routes/app.ts";
import { acceptsGzip } from "../routes/gzip.ts";
import { stubSegmenter } from "./fixtures/stub_segmenter.ts";

const app = createApp({ segmenter: stubSegmenter({ segmented: 0, encoded: 0, settings: [] }) });
const dist = new URL("../web/dist/", import.meta.url);
const [engine] = [...Deno.readDirSync(new URL("engine/", dist))];
const worker = `engine/${engine!.name}/worker.js`;

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return Promise.resolve(app.request(`/assets/${path}`, { headers }));
}

Deno.test("acceptsGzip() reads names, weights and the wildcard of Accept-Encoding", () => {
  const cases: [string | undefined, boolean][] = [
    ["gzip", true],
    ["GZIP, br", true],
    ["br;q=1.0, gzip;q=0.5", true],
    ["x-gzip", true],
    ["*", true],
    ["gzip;q=0, *", false],
    ["*, gzip; q=0.000", false],
    ["*;q=0", false],
    ["br, identity", false],
    ["", false],
    [undefined, false],
  ];
  for (const [header, wanted] of cases) {
    const headers = header === undefined ? {} : { "Accept-Encoding": header };
    assert.equal(acceptsGzip(new Request("http://localhost/", { headers })), wanted, header);
  }
});

Deno.test("GET /assets packs a script for clients that take gzip, under a tag of its own", async () => {
  const plain = await get(worker), packed = await get(worker, { "Accept-Encoding": "gzip, deflate, br" });
  const file = await Deno.readFile(new URL(worker, dist));
  assert.deepEqual(await plain.bytes(), file);
  assert.equal(plain.headers.get("Content-Encoding"), null);
  assert.equal(packed.headers.get("Content-Encoding"), "gzip");
  const unpacked = packed.body!.pipeThrough(new DecompressionStream("gzip"));
  assert.deepEqual(await new Response(unpacked).bytes(), file);
  const tag = packed.headers.get("ETag")!;
  assert.notEqual(tag, plain.headers.get("ETag"));
  assert.equal(plain.headers.get("Vary"), "Accept-Encoding");
  assert.equal(packed.headers.get("Vary"), "Accept-Encoding");

  const again = await get(worker, { "Accept-Encoding": "gzip", "If-None-Match": tag });
  assert.equal(again.status, 304);
  const other = await get(worker, { "If-None-Match": tag });
  assert.equal(other.status, 200);
  await other.body?.cancel();
});

Deno.test("GET /assets lets the engine be kept for good, and lets its worker compile WebAssembly but no text", async () => {
  const { headers, status } = await app.request(`/assets/${worker}`, { method: "HEAD" });
  assert.equal(status, 200);
  assert.match(headers.get("Cache-Control")!, /immutable/);
  assert.equal(headers.get("Content-Type"), "text/javascript; charset=utf-8");
  const policy = headers.get("Content-Security-Policy")!;
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'/);
  assert.doesNotMatch(policy, /'unsafe-eval'|'unsafe-inline'|\*/);
  const other = await app.request("/assets/page.js", { method: "HEAD" });
  assert.match(other.headers.get("Cache-Control")!, /no-cache/);
});

Deno.test("GET /assets gives nothing but the page's own files", async () => {
  for (const path of ["%2e%2e/main.ts", "..%2fdeno.json", "engine", "deno.json", "engine/../page.js.map"]) {
    const answer = await get(path);
    assert.equal(answer.status, 404, path);
    assert.equal((await answer.json()).code, "not_found", path);
  }
});
