import assert from "node:assert/strict";
import { Hono } from "hono";
import { clientAddress, requireKey } from "../routes/access.ts";
import { createApp } from "../routes/app.ts";
import type { AppEnv } from "../routes/app_env.ts";
import { answerProblem } from "../routes/middleware.ts";
import { HttpProblem } from "../routes/problem.ts";
import { limitRate } from "../routes/rate_limit.ts";
import { fetchRemoteImage, isPublicAddress, type RemoteOptions } from "../routes/remote_image.ts";
import { type StubLog, stubSegmenter } from "./fixtures/stub_segmenter.ts";

const ask = (headers: Record<string, string> = {}) => new Request("http://service/", { headers });

/** An app with nothing but a gate, which answers with a plain Response as the real routes do. */
function gated({ keys = [], ratePerMinute = 0, now = Date.now }: {
  keys?: string[];
  ratePerMinute?: number;
  now?: () => number;
}) {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => answerProblem(c, error));
  app.use(requireKey(keys), limitRate({ ratePerMinute, trustedProxies: 0, now }));
  app.get("/", () => new Response("in"));
  return (headers: Record<string, string> = {}, hostname?: string) =>
    app.request("/", { headers }, hostname === undefined ? {} : { info: { remoteAddr: { hostname } } });
}

async function remoteRefusal(promise: Promise<unknown>): Promise<HttpProblem> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof HttpProblem, String(error));
    return error;
  }
  assert.fail("it was fetched");
}

Deno.test("requireKey() and limitRate() without keys and limit let everyone pass", async () => {
  const response = await gated({})();
  assert.deepEqual([response.status, response.headers.get("RateLimit")], [200, null]);
});

Deno.test("requireKey() wants one of its keys and tells nothing of them", async () => {
  const enter = gated({ keys: ["first-key", "second-key"] });
  assert.equal((await enter({ Authorization: "Bearer second-key" })).status, 200);
  assert.equal((await enter({ Authorization: "bearer first-key" })).status, 200);
  for (
    const Authorization of [
      "",
      "Bearer",
      "Bearer first-ke",
      "Bearer first-keyx",
      "Basic first-key",
      "first-key",
    ]
  ) {
    const response = await enter({ Authorization });
    assert.match(response.headers.get("WWW-Authenticate")!, /^Bearer/);
    const problem = await response.json();
    assert.deepEqual([response.status, problem.code], [401, "unauthorized"]);
    assert.ok(!problem.detail.includes("first"));
  }
});

Deno.test("limitRate() limits the rate of each address and lets it recover", async () => {
  let now = 1e12;
  const enter = gated({ ratePerMinute: 3, now: () => now });
  for (const left of [2, 1, 0]) {
    const response = await enter({}, "1.2.3.4");
    assert.equal(response.headers.get("RateLimit"), `"default";r=${left};t=60`);
    assert.equal(response.headers.get("RateLimit-Policy"), '"default";q=3;w=60');
  }
  now += 20_000;
  const refused = await enter({}, "1.2.3.4");
  assert.deepEqual([refused.status, (await refused.json()).code], [429, "rate_limited"]);
  assert.equal(refused.headers.get("Retry-After"), "40");
  assert.equal(refused.headers.get("RateLimit"), '"default";r=0;t=40');
  assert.equal((await enter({}, "1.2.3.5")).status, 200);
  now += 40_000;
  assert.equal((await enter({}, "1.2.3.4")).status, 200);
});

Deno.test("limitRate() counts by key where there are keys, whatever the address", async () => {
  const enter = gated({ keys: ["a", "b"], ratePerMinute: 1 });
  assert.equal((await enter({ Authorization: "Bearer a" }, "1.1.1.1")).status, 200);
  assert.equal((await enter({ Authorization: "Bearer b" }, "1.1.1.1")).status, 200);
  assert.equal((await enter({ Authorization: "Bearer a" }, "2.2.2.2")).status, 429);
  assert.equal((await enter({ Authorization: "Bearer c" }, "3.3.3.3")).status, 401);
});

Deno.test("limitRate() remembers as many clients as it has room for", async () => {
  const enter = gated({ ratePerMinute: 1 });
  const from = (n: number) => enter({}, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  for (let n = 0; n <= 50_000; n++) await from(n);
  assert.equal((await from(50_000)).status, 429);
  assert.equal((await from(0)).status, 200, "the one that asked longest ago is forgotten");
});

Deno.test("clientAddress() believes only what trusted proxies wrote", () => {
  const forged = ask({ "X-Forwarded-For": "6.6.6.6, 9.9.9.9, 5.5.5.5" });
  assert.equal(clientAddress(forged, "1.2.3.4", 0), "1.2.3.4");
  assert.equal(clientAddress(forged, "1.2.3.4", 1), "5.5.5.5");
  assert.equal(clientAddress(forged, "1.2.3.4", 2), "9.9.9.9");
  assert.equal(clientAddress(forged, "1.2.3.4", 4), "1.2.3.4");
  assert.equal(clientAddress(ask(), "1.2.3.4", 1), "1.2.3.4");
});

Deno.test("clientAddress() takes IPv6 subscribers as one", () => {
  const of = (address: string) => clientAddress(ask(), address, 0);
  assert.equal(of("2001:db8:1:2::1"), of("2001:DB8:1:2:ffff::9"));
  assert.notEqual(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
  assert.equal(of("::1"), "0:0:0:0");
});

Deno.test("POST wants a key and is limited, GET of a result does not and is not", async () => {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const app = createApp({ segmenter: stubSegmenter(log), keys: ["k"], ratePerMinute: 1 });
  const post = (headers: Record<string, string>) =>
    app.request("/v1/segmentations", { method: "POST", body: new Blob(["photo"]), headers });
  const refused = await post({});
  assert.deepEqual([refused.status, refused.headers.get("WWW-Authenticate")], [401, "Bearer"]);
  const made = await post({ Authorization: "Bearer k" });
  assert.deepEqual([made.status, made.headers.get("RateLimit")], [201, '"default";r=0;t=60']);
  assert.equal((await post({ Authorization: "Bearer k" })).status, 429);
  assert.equal((await app.request(made.headers.get("Location")!)).status, 200);
  assert.equal((await app.request("/metrics")).status, 401);
  assert.equal((await app.request("/metrics", { headers: { Authorization: "Bearer k" } })).status, 200);
});

Deno.test("GET /metrics counts requests, stages, jobs and the store's hits", async () => {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const app = createApp({ segmenter: stubSegmenter(log) });
  const made = await app.request("/v1/segmentations", { method: "POST", body: new Blob(["photo"]) });
  await app.request(made.headers.get("Location")!);
  await app.request("/v1/nothing");
  await app.request("/healthz", { method: "BREW" });
  const response = await app.request("/metrics");
  assert.match(response.headers.get("Content-Type")!, /^text\/plain/);
  const text = await response.text();
  assert.match(
    text,
    /dsc_http_request_seconds_count\{method="POST",route="\/v1\/segmentations",status="201"\} 1/,
  );
  assert.match(
    text,
    /dsc_http_request_seconds_count\{method="GET",route="\/v1\/segmentations\/:id",status="200"\} 1/,
  );
  assert.match(text, /dsc_http_request_seconds_count\{method="GET",route="none",status="404"\} 1/);
  assert.match(text, /dsc_http_request_seconds_count\{method="other",route="\/healthz",status="405"\} 1/);
  assert.match(text, /dsc_stage_seconds_count\{stage="cut"\} 1/);
  assert.match(text, /dsc_segmentations_total\{backend="wasm"\} 1/);
  assert.match(text, /dsc_jobs_waiting 0/);
  assert.match(text, /process_resident_memory_bytes [1-9]/);
  assert.match(text, /dsc_jobs_completed_total 1/);
  assert.match(text, /dsc_store_hits_total 1/);
  assert.ok(!text.includes(made.headers.get("Location")!), "ids must not become labels");
});

Deno.test("GET /readyz segments a tiny image, once for all who ask", async () => {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const segmenter = stubSegmenter(log);
  const app = createApp({ segmenter });
  const answers = await Promise.all([1, 2, 3].map(() => app.request("/readyz")));
  assert.deepEqual(answers.map((r) => r.status), [200, 200, 200]);
  assert.deepEqual(await answers[0]!.json(), { status: "ready", backend: "wasm" });
  assert.equal(segmenter.stats().completed, 1);
  assert.equal((await app.request("/readyz")).status, 200);
  assert.equal(segmenter.stats().completed, 1, "a recent success is proof");
});

Deno.test("GET /readyz answers 503 when nothing can be segmented", async () => {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const segmenter = stubSegmenter(log);
  await segmenter.close();
  const response = await createApp({ segmenter }).request("/readyz");
  assert.equal(response.status, 503);
  assert.equal((await response.json()).code, "not_ready");
});

Deno.test("isPublicAddress() knows the ranges that are not of the open internet", () => {
  for (
    const address of [
      "1.1.1.1",
      "93.184.215.14",
      "172.32.0.1",
      "100.128.0.1",
      "2606:4700::1111",
      "2a00:1450::1",
    ]
  ) {
    assert.equal(isPublicAddress(address), true, address);
  }
  const inside = [
    ...[
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "127.0.0.1",
      "127.255.0.9",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.9.9",
    ],
    ...[
      "192.168.1.1",
      "192.0.2.1",
      "198.18.0.1",
      "198.51.100.7",
      "203.0.113.5",
      "224.0.0.1",
      "255.255.255.255",
    ],
    ...["::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    ...[
      "64:ff9b::7f00:1",
      "2001:db8::1",
      "2001::1",
      "2002:7f00:1::1",
      "::127.0.0.1",
      "example.org",
      "",
      "1.2.3",
    ],
  ];
  for (const address of inside) assert.equal(isPublicAddress(address), false, address);
});

Deno.test("fetchRemoteImage() asks only hosts on the list, in ways that are plain", async () => {
  const options = {
    hosts: ["images.example", "*.cdn.example"],
    maxBytes: 100,
    resolve: () => Promise.resolve([]),
  };
  const attempts = [
    "https://evil.example/x.png",
    "https://images.example.evil.example/x.png",
    "https://evilimages.example/",
    "https://cdn.example/",
    "https://xcdn.example/",
    "ftp://images.example/x.png",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "https://user:secret@images.example/",
    "https://images.example:8080/",
    "//images.example/",
    "not a url",
  ];
  for (const url of attempts) {
    const error = await remoteRefusal(fetchRemoteImage(url, options, new AbortController().signal));
    assert.equal(error.code, "remote_forbidden", url);
    assert.ok(!error.message.includes("no public address"), `${url} got as far as its name`);
  }
  for (const url of ["https://images.example/", "https://a.b.cdn.example/", "http://IMAGES.example./"]) {
    const error = await remoteRefusal(fetchRemoteImage(url, options, new AbortController().signal));
    assert.match(error.message, /no public address/, url);
  }
});

Deno.test("fetchRemoteImage() refuses listed names that lead inside, and listed addresses in disguise", async () => {
  for (
    const addresses of [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::ffff:169.254.169.254"], ["fd00::1"]]
  ) {
    const options = { hosts: ["images.example"], maxBytes: 100, resolve: () => Promise.resolve(addresses) };
    const error = await remoteRefusal(
      fetchRemoteImage("http://images.example/", options, new AbortController().signal),
    );
    assert.equal(error.code, "remote_forbidden");
  }
  for (const host of ["0x7f.1", "2130706433", "127.1", "[::1]", "[::ffff:7f00:1]"]) {
    const url = `http://${host}/`;
    const options = { hosts: [new URL(url).hostname], maxBytes: 100 };
    const error = await remoteRefusal(fetchRemoteImage(url, options, new AbortController().signal));
    assert.equal(error.code, "remote_forbidden", host);
  }
});

/** A host on this machine that stands for images.example, and options that let it be reached. */
async function withRemote(
  answer: (path: string) => Response | Promise<Response>,
  body: (base: string, options: RemoteOptions, hits: string[]) => Promise<void>,
): Promise<void> {
  const hits: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    hits.push(pathname);
    return answer(pathname);
  });
  const options: RemoteOptions = {
    hosts: ["images.example"],
    maxBytes: 1000,
    resolve: () => Promise.resolve(["127.0.0.1"]),
    isAllowed: () => true,
    isAllowedPort: () => true,
  };
  try {
    await body(`http://images.example:${server.addr.port}`, options, hits);
  } finally {
    await server.shutdown();
  }
}

Deno.test("fetchRemoteImage() connects to the address that was judged, and asks for the name once", () =>
  withRemote(() => new Response("photo"), async (base, options) => {
    let asked = 0;
    const resolve = () => Promise.resolve(asked++ === 0 ? ["127.0.0.1"] : ["203.0.113.9"]);
    const body = await fetchRemoteImage(
      `${base}/photo.png`,
      { ...options, resolve },
      new AbortController().signal,
    );
    assert.equal(new TextDecoder().decode(body), "photo");
    assert.equal(asked, 1);
  }));

Deno.test("fetchRemoteImage() follows redirects only under the same rules, and not for ever", () =>
  withRemote((path) => {
    if (path === "/good") return new Response(null, { status: 302, headers: { Location: "/photo" } });
    if (path === "/inside") return Response.redirect("http://169.254.169.254/latest/meta-data/");
    if (path === "/file") {
      return new Response(null, { status: 301, headers: { Location: "file:///etc/passwd" } });
    }
    if (path === "/loop") return new Response(null, { status: 307, headers: { Location: "/loop" } });
    return new Response("photo");
  }, async (base, options, hits) => {
    const { signal } = new AbortController();
    assert.equal((await fetchRemoteImage(`${base}/good`, options, signal)).length, 5);
    assert.equal(
      (await remoteRefusal(fetchRemoteImage(`${base}/inside`, options, signal))).code,
      "remote_forbidden",
    );
    assert.equal(
      (await remoteRefusal(fetchRemoteImage(`${base}/file`, options, signal))).code,
      "remote_forbidden",
    );
    hits.length = 0;
    assert.equal(
      (await remoteRefusal(fetchRemoteImage(`${base}/loop`, options, signal))).code,
      "remote_failed",
    );
    assert.equal(hits.length, 4);
  }));

Deno.test("fetchRemoteImage() bounds bytes, time and says nothing of what failed inside", () =>
  withRemote((path) => {
    if (path === "/big") return new Response(new Uint8Array(1001));
    if (path === "/endless") {
      return new Response(
        new ReadableStream({
          async pull(controller) {
            await new Promise((done) => setTimeout(done, 1));
            controller.enqueue(new Uint8Array(300));
          },
        }),
      );
    }
    if (path === "/slow") return new Promise((done) => setTimeout(() => done(new Response("late")), 300));
    return new Response("secret error page", { status: 500 });
  }, async (base, options) => {
    const { signal } = new AbortController();
    assert.equal(
      (await remoteRefusal(fetchRemoteImage(`${base}/big`, options, signal))).code,
      "body_too_large",
    );
    assert.equal(
      (await remoteRefusal(fetchRemoteImage(`${base}/endless`, options, signal))).code,
      "body_too_large",
    );
    const slow = await remoteRefusal(fetchRemoteImage(`${base}/slow`, { ...options, timeoutMs: 50 }, signal));
    assert.equal(slow.code, "remote_failed");
    const broken = await remoteRefusal(fetchRemoteImage(`${base}/broken`, options, signal));
    assert.ok(!broken.message.includes("secret"));
    const resolve = () => Promise.reject(new Error("resolver 10.0.0.53 refused"));
    const unknown = await remoteRefusal(fetchRemoteImage(`${base}/x`, { ...options, resolve }, signal));
    assert.deepEqual([unknown.code, unknown.message.includes("10.0.0.53")], ["remote_failed", false]);
  }));

Deno.test("fetchRemoteImage() fails like any other where Deno may not connect to the address", async () => {
  // the tests may only talk to 127.0.0.1; where they may do everything this goes to a discard port that nobody listens on
  const options: RemoteOptions = {
    hosts: ["images.example"],
    maxBytes: 100,
    timeoutMs: 500,
    resolve: () => Promise.resolve(["127.9.9.9"]),
    isAllowed: () => true,
    isAllowedPort: () => true,
  };
  const error = await remoteRefusal(
    fetchRemoteImage("http://images.example:9/", options, new AbortController().signal),
  );
  assert.equal(error.code, "remote_failed");
});

Deno.test("GET /v1/segment segments a listed host's image and is cacheable, and is off by default", () =>
  withRemote(() => new Response("photo"), async (base, options) => {
    const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
    const off = await createApp({ segmenter: stubSegmenter(log) }).request(
      `/v1/segment?url=${base}/photo.png`,
    );
    assert.equal(off.status, 404);
    const app = createApp({ segmenter: stubSegmenter(log), remote: options });
    const url = `/v1/segment?url=${encodeURIComponent(`${base}/photo.png`)}&seed=3&format=labels.png`;
    const made = await app.request(url);
    assert.deepEqual([made.status, made.headers.get("Content-Type")], [200, "image/png"]);
    assert.equal(made.headers.get("Cache-Control"), "public, max-age=3600");
    assert.equal(log.settings[0]!.seed, 3);
    const etag = made.headers.get("ETag")!;
    const again = await app.request(url, { headers: { "If-None-Match": etag } });
    assert.equal(again.status, 304);
    const same = await app.request(made.headers.get("Content-Location")!);
    assert.equal(same.headers.get("ETag"), etag);
    assert.deepEqual(await same.bytes(), await made.bytes());
    assert.equal((await app.request("/v1/segment")).status, 422);
    assert.equal((await app.request(`${url}&partition=3`)).status, 422);
    assert.equal((await app.request("/v1/segment?url=http://other.example/")).status, 403);
    assert.equal(log.segmented, 1);
  }));
