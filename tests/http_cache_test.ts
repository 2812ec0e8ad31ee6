// The service behind a real HTTP cache (RFC 9111): nginx, started here. A CDN follows the same rules.
import assert from "node:assert/strict";
import { createApp } from "../routes/app.ts";
import { type StubLog, stubSegmenter } from "./fixtures/stub_segmenter.ts";

const missing = await whyNoNginx();
const OUT = new URL("../out/", import.meta.url);

/** The service with a count of the requests that reach it, and the address of the cache in front of it. */
async function withCache(body: (url: string, reached: () => string[]) => Promise<void>): Promise<void> {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const app = createApp({ segmenter: stubSegmenter(log) });
  const reached: string[] = [];
  const service = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    reached.push(`${request.method} ${new URL(request.url).pathname}`);
    return app.fetch(request);
  });
  await Deno.mkdir(OUT, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: OUT.pathname, prefix: "nginx_" });
  const port = sparePort();
  await Deno.writeTextFile(`${folder}/nginx.conf`, configuration(folder, port, service.addr.port));
  const nginx = new Deno.Command("nginx", {
    args: ["-p", folder, "-e", `${folder}/error.log`, "-c", `${folder}/nginx.conf`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const url = `http://127.0.0.1:${port}`;
    await answers(`${url}/healthz`);
    await body(url, () => reached.splice(0));
  } finally {
    nginx.kill("SIGTERM");
    await nginx.status;
    await service.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

function configuration(folder: string, port: number, upstream: number): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
  return `daemon off; master_process off; pid ${folder}/nginx.pid; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  ${paths}
  proxy_cache_path ${folder}/cache keys_zone=all:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_cache all;
      proxy_cache_key $request_uri;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}`;
}

function sparePort(): number {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Waits until something answers there. */
async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch {
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  assert.fail(`nothing answered at ${url}`);
}

async function whyNoNginx(): Promise<string | undefined> {
  try {
    await new Deno.Command("nginx", { args: ["-v"], stdout: "null", stderr: "null" }).output();
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "nginx is not installed" : "running nginx is not allowed";
  }
}

const name = (sentence: string) => missing ? `${sentence} (skipped: ${missing})` : sentence;

Deno.test({
  name: name("A cache in front answers the second GET and HEAD of a result by itself, in every form"),
  ignore: missing !== undefined,
  fn: () =>
    withCache(async (url, reached) => {
      const posted = await fetch(`${url}/v1/segmentations`, { method: "POST", body: new Blob(["photo"]) });
      const { url: path, files } = await posted.json();
      reached();
      for (const file of Object.values(files) as string[]) {
        const first = await fetch(url + file);
        assert.equal(first.headers.get("X-Cache"), "MISS");
        assert.deepEqual(reached(), [`GET ${file}`]);
        const bytes = await first.bytes();
        const second = await fetch(url + file);
        assert.equal(second.headers.get("X-Cache"), "HIT");
        assert.deepEqual(await second.bytes(), bytes);
        const head = await fetch(url + file, { method: "HEAD" });
        assert.equal(head.headers.get("Content-Length"), String(bytes.length));
        const known = await fetch(url + file, { headers: { "If-None-Match": first.headers.get("ETag")! } });
        assert.equal(known.status, 304);
        assert.deepEqual(reached(), [], "a cached result came to the service again");
      }
      assert.ok(path);
    }),
});

Deno.test({
  name: name("A cache in front keeps the negotiated forms of one address apart"),
  ignore: missing !== undefined,
  fn: () =>
    withCache(async (url, reached) => {
      const posted = await fetch(`${url}/v1/segmentations`, { method: "POST", body: new Blob(["photo"]) });
      const { url: path } = await posted.json();
      reached();
      for (let round = 0; round < 2; round++) {
        for (const type of ["application/json", "image/png", "image/svg+xml"]) {
          const response = await fetch(url + path, { headers: { Accept: type } });
          assert.equal(response.headers.get("Content-Type"), type);
          assert.equal(response.headers.get("X-Cache"), round === 0 ? "MISS" : "HIT");
          await response.body?.cancel();
        }
      }
      assert.equal(reached().length, 3);
    }),
});

Deno.test({
  name: name("A cache in front keeps no POST, no error and no state of the service"),
  ignore: missing !== undefined,
  fn: () =>
    withCache(async (url, reached) => {
      reached();
      const requests: [string, string, number][] = [
        ["POST", "/v1/segmentations", 201],
        ["POST", "/v1/segmentations?seed=x", 422],
        ["GET", "/v1/segmentations", 405],
        ["GET", "/v1/segmentations/00000000-0000-8000-8000-000000000000", 404],
        ["GET", "/v1/segmentations/00000000-0000-8000-8000-000000000000/labels.png", 404],
        ["GET", "/no/such/path", 404],
        ["GET", "/healthz", 200],
        ["GET", "/readyz", 200],
        ["GET", "/metrics", 200],
      ];
      for (const [method, path, status] of requests) {
        for (let round = 0; round < 2; round++) {
          const body = method === "POST" ? new Blob(["photo"]) : null;
          const response = await fetch(url + path, { method, body });
          assert.equal(response.status, status === 201 && round === 1 ? 200 : status, path);
          await response.body?.cancel();
          assert.equal(reached().length, 1, `${method} ${path} was answered by the cache`);
        }
      }
    }),
});
