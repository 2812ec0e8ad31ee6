import assert from "node:assert/strict";
import { FORMAT_NAMES, FORMATS } from "../lib/formats/table.ts";
import { createRandom } from "../lib/random.ts";
import { OPTION_NAMES } from "../lib/settings.ts";
import { type AppOptions, createApp } from "../routes/app.ts";
import { parseMultipart } from "../routes/multipart.ts";
import { negotiate } from "../routes/negotiate.ts";
import { type HttpProblem, PROBLEMS } from "../routes/problem.ts";
import { MemoryStore } from "../routes/store.ts";
import { type StubLog, stubSegmenter } from "./fixtures/stub_segmenter.ts";

const PATH = "/v1/segmentations";

function testApp(options: Partial<AppOptions> & { waitingLimit?: number; held?: Promise<void> } = {}) {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const { waitingLimit = 10, held = Promise.resolve(), ...rest } = options;
  const app = createApp({ segmenter: stubSegmenter(log, { waitingLimit, held }), ...rest });
  const post = (body: BodyInit | null, query = "", headers: Record<string, string> = {}) =>
    app.request(PATH + query, {
      method: "POST",
      body,
      headers: {
        ...(typeof body === "string" ? { "Content-Type": "application/octet-stream" } : {}),
        ...headers,
      },
    });
  return { app, log, post };
}

async function problem(response: Response, status: number, code: string) {
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  const body = await response.json();
  assert.deepEqual([response.status, body.status, body.code], [status, status, code], body.detail);
  assert.equal(body.type, `/problems/${code}`);
  assert.equal(body.requestId, response.headers.get("X-Request-Id"));
  assert.match(body.detail, /^Cannot /);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  return body;
}

function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

Deno.test("POST answers 201 with the segmentation as JSON and says where it is", async () => {
  const { post } = testApp();
  const response = await post("photo", "?partitions=4&seed=7");
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  const body = await response.json();
  assert.deepEqual([body.width, body.height, body.regions.length], [8, 6, 2]);
  assert.equal(body.settings.partitions, 4);
  assert.equal(response.headers.get("Location"), body.url);
  assert.equal(body.files["labels.png"], `${body.url}/labels.png`);
  assert.match(response.headers.get("X-Request-Id")!, /^[0-9a-f-]{36}$/);
  assert.match(response.headers.get("Server-Timing")!, /^queue;dur=[\d.]+, decode;dur=1\.0, cut;dur=2\.0/);
  assert.equal(response.headers.get("Vary"), "Accept");
});

Deno.test("POST of the same image and options is answered from the store, under the same id", async () => {
  const { post, log } = testApp();
  const first = await post("photo", "?seed=1&partitions=4");
  const second = await post("photo", "?partitions=4&seed=1");
  assert.deepEqual([first.status, second.status, log.segmented], [201, 200, 1]);
  assert.equal(first.headers.get("Location"), second.headers.get("Location"));
  assert.equal(await first.text(), await second.text());
  assert.equal((await post("photo", "?seed=2&partitions=4")).status, 201);
  assert.equal((await post("photo2", "?seed=1&partitions=4")).status, 201);
  assert.equal(log.segmented, 3);
});

Deno.test("POST computes once for clients that ask at the same time", async () => {
  const { post, log } = testApp();
  const answers = await Promise.all([post("slow"), post("slow", "", { Accept: "image/png" }), post("slow")]);
  assert.deepEqual(answers.map((r) => r.status), [201, 201, 201]);
  assert.equal(log.segmented, 1);
  assert.equal(answers[1]!.headers.get("Content-Type"), "image/png");
});

Deno.test("POST for a form that a result does not have fails alone", async () => {
  const { post, log } = testApp();
  const answers = await Promise.all([
    post("slow", "?format=hierarchy.json"),
    post("slow", "?format=labels.png"),
  ]);
  assert.deepEqual(answers.map((r) => r.status), [422, 201]);
  assert.equal(log.segmented, 1);
});

Deno.test("POST ends the computation only when the last client has gone", async () => {
  const { app, log } = testApp();
  const ask = (signal: AbortSignal) =>
    app.request(new Request(`http://host${PATH}`, { method: "POST", body: new Blob(["slow"]), signal }));
  const one = new AbortController(), two = new AbortController(), three = new AbortController();
  const answers = [ask(one.signal), ask(two.signal)];
  await new Promise((done) => setTimeout(done, 10));
  one.abort();
  assert.equal((await answers[0]!).status, 400);
  assert.equal((await answers[1]!).status, 201);
  assert.equal(log.segmented, 1);
  const alone = app.request(
    new Request(`http://host${PATH}?seed=3`, {
      method: "POST",
      body: new Blob(["slow"]),
      signal: three.signal,
    }),
  );
  await new Promise((done) => setTimeout(done, 10));
  three.abort();
  await problem(await alone, 400, "request_aborted");
  assert.equal(log.segmented, 1);
});

Deno.test("POST takes a form with the image and options as fields", async () => {
  const { post, log } = testApp();
  const response = await post(
    form({ image: new Blob(["photo"]), partitions: "5", format: "labels.png" }),
    "?seed=3",
  );
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("Content-Type"), "image/png");
  assert.deepEqual([log.settings[0]!.partitions, log.settings[0]!.seed], [5, 3]);
  const raw = await post("photo", "?partitions=5&seed=3&format=labels.png");
  assert.equal(raw.status, 200, "a form and raw bytes of the same image are the same request");
});

/** A stream's events: name and data. */
async function eventsOf(response: Response) {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "text/event-stream");
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  return (await response.text()).split("\n\n").slice(0, -1).map((block) => {
    const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block)!;
    return { event, data: JSON.parse(data!) };
  });
}

Deno.test("POST tells those who prefer text/event-stream how the work goes on, with previews, and where it is", async () => {
  const { app, post, log } = testApp();
  const Accept = "text/event-stream, application/json;q=0.5";
  const response = await post("photo", "?seed=4", { Accept });
  const path = response.headers.get("Location")!;
  const [decode, cut, preview, end] = await eventsOf(response);
  assert.deepEqual(decode, { event: "progress", data: { stage: "decode", fraction: 0.5 } });
  assert.deepEqual(cut, { event: "progress", data: { stage: "cut", fraction: 0.75 } });
  assert.deepEqual(preview, { event: "preview", data: { image: "data:image/png;base64,AAAA" } });
  assert.deepEqual([end!.event, end!.data.state, end!.data.url], ["status", "succeeded", path]);
  const result = await (await app.request(path)).json();
  assert.deepEqual([result.id, result.settings.seed], [end!.data.id, 4]);

  // what is there already has no stages
  const again = await eventsOf(await post("photo", "?seed=4", { Accept }));
  assert.deepEqual(again.map(({ data }) => data.state), ["succeeded"]);
  assert.equal(log.segmented, 1);
  // nobody else pays for pictures, and a form that is named is what it was
  const plain = await post("photo", "?seed=5", { Accept: "application/json, text/event-stream" });
  assert.deepEqual([plain.status, plain.headers.get("Content-Type")], [201, "application/json"]);
  await problem(
    await post("photo", "?format=labels.png", { Accept: "text/event-stream" }),
    406,
    "not_acceptable",
  );
});

Deno.test("POST with events is a problem while nothing was told, and tells what goes wrong afterwards", async () => {
  const { post } = testApp();
  const Accept = "text/event-stream";
  await problem(await post("what?", "", { Accept }), 415, "not_an_image");
  await problem(await post("photo", "?partitions=1", { Accept }), 422, "invalid_option");
  const [, , , end] = await eventsOf(await post("half", "", { Accept }));
  assert.deepEqual([end!.data.state, end!.data.error], [
    "failed",
    { code: "backend_lost", message: "Cannot finish job: the device was lost" },
  ]);
});

Deno.test("POST with events tells the service's log what it broke over once the answer has begun, and once before", async () => {
  const told: string[] = [];
  const { post } = testApp({ onError: (error) => told.push((error as Error).message) });
  const Accept = "text/event-stream";
  const end = (await eventsOf(await post("half broken", "", { Accept }))).at(-1);
  assert.deepEqual([end!.data.state, end!.data.error.code], ["failed", "internal_error"]);
  assert.doesNotMatch(JSON.stringify(end), /row 7/);
  assert.equal((await post("bug", "", { Accept })).status, 500);
  await eventsOf(await post("half", "", { Accept })); // no fault of the service
  assert.deepEqual(told, ["the table has no row 7", "secret of the host: /etc/passwd"]);
});

Deno.test("POST with events ends the computation when the client leaves, and gives its bytes back", async () => {
  const { post, log } = testApp({ maxHeldBytes: 10 });
  const response = await post("slow body", "", { Accept: "text/event-stream" });
  await problem(await post("slow body", ""), 503, "server_busy");
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await new Promise((done) => setTimeout(done, 100)); // longer than it would have taken
  assert.equal(log.segmented, 0);
  const next = await post("slow body", "");
  assert.equal(next.status, 201);
  await next.body?.cancel();
});

Deno.test("POST answers in the form that Accept prefers or format names", async () => {
  const { post } = testApp();
  for (const name of FORMAT_NAMES) {
    const response = await post("tree", `?format=${name}`);
    assert.equal(response.headers.get("Content-Type"), FORMATS[name].mediaType);
    assert.equal(response.headers.get("Content-Location"), `${response.headers.get("Location")}/${name}`);
    assert.ok((await response.arrayBuffer()).byteLength > 0);
  }
  const typeFor = async (Accept: string) => (await post("photo", "", { Accept })).headers.get("Content-Type");
  assert.equal(await typeFor("image/png"), "image/png");
  assert.equal(await typeFor("image/png;q=0.4, application/json;q=0.5"), "application/json");
  assert.equal(await typeFor("image/svg+xml, */*;q=0.1"), "image/svg+xml");
  assert.equal(await typeFor("*/*"), "application/json");
  const refused = await problem(await post("photo", "", { Accept: "text/html" }), 406, "not_acceptable");
  assert.match(refused.detail, /application\/json, image\/png/);
  await problem(
    await post("photo", "?format=labels.png", { Accept: "application/json" }),
    406,
    "not_acceptable",
  );
});

Deno.test("POST refuses options by name and value, in query and form", async () => {
  const { post, log } = testApp();
  const unknown = await problem(await post("photo", "?partition=4"), 422, "unknown_option");
  assert.equal(unknown.errors[0].field, "partition");
  for (const name of OPTION_NAMES) assert.ok(unknown.detail.includes(name));
  const invalid = await problem(
    await post(form({ image: new Blob(["x"]), partitions: "1" })),
    422,
    "invalid_option",
  );
  assert.equal(invalid.errors[0].field, "partitions");
  assert.match(invalid.detail, /from 2 to 256, got "1"/);
  await problem(await post("photo", "?seed=1&seed=2"), 422, "invalid_option");
  await problem(await post(form({ image: new Blob(["x"]), seed: "1" }), "?seed=1"), 422, "invalid_option");
  await problem(await post("photo", "?format=tiff"), 422, "invalid_option");
  assert.equal(log.segmented, 0);
});

Deno.test("POST refuses bad options and types before it reads the body", async () => {
  const { post } = testApp();
  const endless = () =>
    new ReadableStream({
      pull() {
        throw new Error("the body was read");
      },
    }, { highWaterMark: 0 });
  await problem(await post(endless(), "?seed=x"), 422, "invalid_option");
  await problem(await post(endless(), "", { "Content-Type": "image/webp" }), 415, "unsupported_media_type");
  await problem(await post(endless(), "", { "Content-Length": "99999999" }), 413, "body_too_large");
  await problem(await post(endless(), "", { Accept: "text/html" }), 406, "not_acceptable");
});

Deno.test("POST maps what is wrong with an image to its own status and code", async () => {
  const { post } = testApp();
  await problem(await post(""), 400, "empty_image");
  await problem(await post("what?"), 415, "not_an_image");
  await problem(await post("broken"), 422, "corrupt_image");
  await problem(await post("huge"), 413, "too_many_pixels");
});

Deno.test("POST tells curl users about the type that curl sends by default", async () => {
  const { post } = testApp();
  const type = { "Content-Type": "application/x-www-form-urlencoded" };
  const body = await problem(await post("photo", "", type), 415, "unsupported_media_type");
  assert.match(body.detail, /curl's default/);
  await problem(await post("photo", "", { "Content-Encoding": "gzip" }), 415, "unsupported_media_type");
});

Deno.test("POST counts the bytes of a body that does not state its length", async () => {
  const { post } = testApp({ maxBodyBytes: 1000 });
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += 100;
      controller.enqueue(new Uint8Array(100));
    },
  });
  await problem(await post(body), 413, "body_too_large");
  assert.ok(sent <= 1300, `${sent} bytes were taken`);
  assert.equal((await post("x".repeat(1000))).status, 201);
});

Deno.test("POST gives up on a body that comes too slowly", async () => {
  const { post } = testApp({ bodyTimeoutMs: 30 });
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(10));
    },
  });
  await problem(await post(body), 408, "request_timeout");
});

Deno.test("POST bounds what all uploads together hold, and gets the room back", async () => {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const { post } = testApp({ maxBodyBytes: 600, maxHeldBytes: 1000, held });
  const asked = [1, 2].map((n) => post("held" + String(n).repeat(596)));
  await Promise.race(asked);
  letGo();
  const answers = await Promise.all(asked);
  assert.deepEqual(answers.map((r) => r.status).sort(), [201, 503]);
  const refused = answers.find((r) => r.status === 503)!;
  assert.equal(refused.headers.get("Retry-After"), "2");
  await problem(refused, 503, "server_busy");
  assert.equal((await post("slow" + "3".repeat(596))).status, 201);
  await problem(await post("what?" + "x".repeat(500)), 415, "not_an_image");
  assert.equal((await post("slow" + "4".repeat(596))).status, 201);
});

Deno.test("POST answers 503 with Retry-After when too many images are waiting", async () => {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const { post } = testApp({ waitingLimit: 1, held });
  const asked = [1, 2, 3].map((seed) => post("held", `?seed=${seed}`));
  // the first answer can only be a refusal: nothing else ends before it is let go
  await Promise.race(asked);
  letGo();
  const answers = await Promise.all(asked);
  assert.deepEqual(answers.map((r) => r.status).sort(), [201, 201, 503]);
  const refused = answers.find((r) => r.status === 503)!;
  assert.ok(Number(refused.headers.get("Retry-After")) >= 1);
  await problem(refused, 503, "queue_full");
});

Deno.test("POST tells nothing of the host when something unforeseen happens, and logs it", async () => {
  const errors: [unknown, string][] = [];
  const { post } = testApp({ onError: (...entry) => void errors.push(entry) });
  const response = await post("bug");
  const text = await response.clone().text();
  assert.ok(!text.includes("passwd"));
  await problem(response, 500, "internal_error");
  assert.match(String(errors[0]![0]), /passwd/);
  assert.equal(errors[0]![1], response.headers.get("X-Request-Id"));
});

Deno.test("POST refuses malformed forms", async () => {
  const { post } = testApp();
  const raw = (body: string, type = "multipart/form-data; boundary=b") =>
    post(body, "", { "Content-Type": type });
  await problem(await raw("--b\r\n\r\n", "multipart/form-data"), 400, "malformed_multipart");
  await problem(await raw("nothing here"), 400, "malformed_multipart");
  await problem(await raw(""), 400, "malformed_multipart");
  await problem(await raw("--b"), 400, "malformed_multipart");
  await problem(
    await raw("--b\r\nContent-Disposition: form-data; name=image\r\n\r\nphoto"),
    400,
    "malformed_multipart",
  );
  await problem(
    await raw("--b\r\nContent-Disposition: form-data\r\n\r\nphoto\r\n--b--"),
    400,
    "malformed_multipart",
  );
  await problem(await raw("--b--"), 400, "missing_image");
  await problem(await post(form({ photo: "x" })), 400, "missing_image");
  const part = "--b\r\nContent-Disposition: form-data; name=image\r\n\r\nphoto\r\n";
  await problem(await raw(part.repeat(65) + "--b--"), 400, "malformed_multipart");
  assert.equal((await raw(part + "--b--")).status, 201);
});

Deno.test("GET gives every form of a segmentation, cacheable forever", async () => {
  const { app, post, log } = testApp();
  const url = (await post("tree")).headers.get("Location")!;
  for (const name of FORMAT_NAMES) {
    const response = await app.request(`${url}/${name}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("Content-Type"), FORMATS[name].mediaType);
    assert.equal(response.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    assert.equal(response.headers.get("Vary"), null);
    const bytes = await response.bytes();
    const posted = await post("tree", `?format=${name}`);
    assert.equal(posted.headers.get("ETag"), response.headers.get("ETag"));
    assert.deepEqual(await posted.bytes(), bytes);
  }
  assert.equal(log.segmented, 1);
  assert.equal(log.encoded, FORMAT_NAMES.length - 1, "each form is encoded once");
});

Deno.test("GET says the same whether a result is at hand or has to be encoded first", async () => {
  const { app, post } = testApp();
  const url = (await post("photo")).headers.get("Location")! + "/regions.svg";
  const [first, second] = [await app.request(url), await app.request(url)];
  assert.deepEqual([first.status, second.status], [200, 200]);
  for (
    const name of [
      "Content-Type",
      "ETag",
      "Cache-Control",
      "X-Content-Type-Options",
      "Cross-Origin-Resource-Policy",
    ]
  ) {
    assert.equal(second.headers.get(name), first.headers.get(name), name);
  }
  for (const response of [first, second]) {
    assert.match(response.headers.get("Content-Security-Policy")!, /^default-src 'none'/);
  }
  assert.deepEqual(await first.bytes(), await second.bytes());
});

Deno.test("GET of a segmentation itself negotiates its form", async () => {
  const { app, post } = testApp();
  const url = (await post("photo")).headers.get("Location")!;
  const json = await app.request(url);
  assert.deepEqual([json.headers.get("Content-Type"), json.headers.get("Vary")], [
    "application/json",
    "Accept",
  ]);
  const png = await app.request(url, { headers: { Accept: "image/png" } });
  assert.equal(png.headers.get("Content-Type"), "image/png");
  assert.notEqual(png.headers.get("ETag"), json.headers.get("ETag"));
  await problem(await app.request(url, { headers: { Accept: "text/html" } }), 406, "not_acceptable");
});

Deno.test("GET cuts a hierarchy again, and every scale is a resource of its own", async () => {
  const { app, post, log } = testApp();
  const posted = await (await post("tree")).json();
  assert.equal(posted.files["hierarchy.json"], `${posted.url}/hierarchy.json`);
  const at = async (query: string) => await (await app.request(posted.url + query)).json();
  for (
    const [query, count] of [["?regions=1", 1], ["?regions=3", 3], ["?regions=99", 4], [
      "?threshold=0.25",
      3,
    ]] as const
  ) {
    const body = await at(query);
    assert.equal(body.regions.length, count, query);
    assert.equal(body.url, posted.url + query);
    assert.equal(body.files["labels.png"], `${posted.url}/labels.png${query}`);
  }
  const two = await app.request(`${posted.url}/coco.json?regions=2`);
  assert.equal((await two.clone().json()).annotations.length, 2);
  assert.notEqual(
    two.headers.get("ETag"),
    (await app.request(`${posted.url}/coco.json`)).headers.get("ETag"),
  );
  const encoded = log.encoded;
  const again = await app.request(`${posted.url}/coco.json?regions=2`);
  assert.deepEqual([await again.bytes(), log.encoded], [await two.bytes(), encoded]);
  assert.equal(log.segmented, 1);
  const tree = await (await app.request(`${posted.url}/hierarchy.json`)).json();
  assert.deepEqual(tree.merges, { a: [0, 2, 0], b: [1, 3, 2], height: [0.2, 0.3, 0.8] });
});

Deno.test("GET refuses scales out of range, other queries, and scales of what has no hierarchy", async () => {
  const { app, post } = testApp();
  const tree = (await post("tree")).headers.get("Location")!;
  for (
    const query of [
      "regions=0",
      "regions=20001",
      "regions=1.5",
      "regions=",
      "threshold=2",
      "threshold=-1",
      "regions=2&threshold=0.5",
    ]
  ) {
    await problem(await app.request(`${tree}?${query}`), 422, "invalid_option");
    await problem(await app.request(`${tree}/labels.png?${query}`), 422, "invalid_option");
  }
  await problem(await app.request(`${tree}/labels.png?cache=no`), 422, "unknown_option");
  const flat = await post("photo", "?method=flat-dsc");
  const { files } = await flat.json();
  assert.equal(files["hierarchy.json"], undefined);
  const url = flat.headers.get("Location")!;
  for (const path of ["?regions=2", "/labels.png?threshold=0.5", "/hierarchy.json", "/boundaries.png"]) {
    const { detail } = await problem(await app.request(url + path), 422, "invalid_option");
    assert.match(detail, /method flat-dsc/);
  }
  await problem(await post("photo", "?method=flat-dsc&format=hierarchy.json"), 422, "invalid_option");
});

Deno.test("GET answers 304 to a matching If-None-Match, with what a cache needs to refresh its copy", async () => {
  const { app, post } = testApp();
  const url = (await post("photo")).headers.get("Location")! + "/labels.png";
  const etag = (await app.request(url)).headers.get("ETag")!;
  assert.match(etag, /^"[^"]+"$/, "a strong entity tag");
  for (const header of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const response = await app.request(url, { headers: { "If-None-Match": header } });
    assert.equal(response.status, 304);
    assert.equal(response.headers.get("ETag"), etag);
    assert.equal(response.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    assert.equal((await response.bytes()).length, 0);
  }
  assert.equal((await app.request(url, { headers: { "If-None-Match": '"other"' } })).status, 200);
});

Deno.test("HEAD says the same as GET, without the body", async () => {
  const { app, post } = testApp();
  const url = (await post("photo")).headers.get("Location")! + "/regions.svg";
  const get = await app.request(url);
  const head = await app.request(url, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal((await head.bytes()).length, 0);
  assert.equal(head.headers.get("Content-Length"), String((await get.bytes()).length));
  for (const name of ["Content-Type", "ETag", "Cache-Control"]) {
    assert.equal(head.headers.get(name), get.headers.get(name));
  }
});

Deno.test("GET of what is not there is a 404 that no cache keeps", async () => {
  const { app, post } = testApp();
  const url = (await post("photo")).headers.get("Location")!;
  await problem(await app.request(`${url}/labels.tiff`), 404, "not_found");
  await problem(await app.request(`${PATH}/nonsense`), 404, "not_found");
  await problem(await app.request(`${PATH}/00000000-0000-8000-8000-000000000000`), 404, "not_found");
  await problem(await app.request("/no/such/path"), 404, "not_found");
});

Deno.test("A result that the store dropped is computed again to the same bytes", async () => {
  const { post, app, log } = testApp({ store: new MemoryStore(0) });
  const first = await post("photo");
  await problem(await app.request(first.headers.get("Location")!), 404, "not_found");
  const second = await post("photo");
  assert.deepEqual([first.status, second.status, log.segmented], [201, 201, 2]);
  assert.equal(first.headers.get("ETag"), second.headers.get("ETag"));
  assert.deepEqual(await first.bytes(), await second.bytes());
});

Deno.test("MemoryStore keeps what was used last within its bytes", async () => {
  const store = new MemoryStore(10_000);
  for (const key of ["a", "b", "c", "d"]) await store.put(key, new Uint8Array(1900));
  assert.ok(await store.get("a"));
  await store.put("e", new Uint8Array(1900));
  assert.equal(await store.get("b"), undefined);
  assert.ok(await store.get("a"));
  await store.put("huge", new Uint8Array(9000));
  assert.equal(await store.get("huge"), undefined);
  assert.ok(store.stats().bytes <= 10_000);
});

Deno.test("Other methods are answered 405 with Allow, OPTIONS 204", async () => {
  const { app } = testApp();
  for (
    const [method, path, allow] of [
      ["GET", PATH, "POST, OPTIONS"],
      ["PUT", PATH, "POST, OPTIONS"],
      ["PUT", `${PATH}/x`, "DELETE, GET, HEAD, OPTIONS"],
      ["DELETE", `${PATH}/x/status`, "GET, HEAD, OPTIONS"],
      ["POST", `${PATH}/x/labels.png`, "GET, HEAD, OPTIONS"],
      ["POST", "/healthz", "GET, HEAD, OPTIONS"],
    ] as const
  ) {
    const response = await app.request(path, { method });
    assert.equal(response.headers.get("Allow"), allow);
    await problem(response, 405, "method_not_allowed");
    const preflight = await app.request(path, { method: "OPTIONS" });
    assert.deepEqual([preflight.status, preflight.headers.get("Allow")], [204, allow]);
  }
});

Deno.test("GET /healthz and /version answer without a segmentation", async () => {
  const { app, log } = testApp();
  const health = await app.request("/healthz");
  assert.deepEqual(await health.json(), { status: "ok" });
  assert.equal(health.headers.get("Cache-Control"), "no-store");
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  assert.equal((await (await app.request("/version")).json()).version, version);
  assert.equal(log.segmented, 0);
});

Deno.test("Every problem type leads to its description", async () => {
  const { app } = testApp();
  for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
    assert.ok(status >= 400 && status < 600);
    assert.deepEqual(await (await app.request(`/problems/${code}`)).json(), { code, status, title });
  }
  await problem(await app.request("/problems/toString"), 404, "not_found");
});

Deno.test("Answers carry secure headers and a request id, the client's own where it is sane", async () => {
  const { app } = testApp();
  const response = await app.request("/healthz", { headers: { "X-Request-Id": "abc-123" } });
  assert.equal(response.headers.get("X-Request-Id"), "abc-123");
  assert.equal(response.headers.get("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
  assert.equal(response.headers.get("X-Content-Type-Options"), "nosniff");
  assert.equal(response.headers.get("X-Powered-By"), null);
  const odd = await app.request("/healthz", { headers: { "X-Request-Id": "a<script>" } });
  assert.notEqual(odd.headers.get("X-Request-Id"), "a<script>");
});

Deno.test("CORS is off unless origins are configured", async () => {
  const headers = { Origin: "https://page.example", "Access-Control-Request-Method": "POST" };
  const off = await testApp().app.request(PATH, { method: "OPTIONS", headers });
  assert.equal(off.headers.get("Access-Control-Allow-Origin"), null);
  const { app } = testApp({ corsOrigins: ["https://page.example"] });
  const on = await app.request(PATH, { method: "OPTIONS", headers });
  assert.deepEqual([on.status, on.headers.get("Access-Control-Allow-Origin")], [204, "https://page.example"]);
  const plain = await app.request(PATH, { method: "OPTIONS", headers: { Origin: "https://page.example" } });
  assert.deepEqual([plain.status, plain.headers.get("Allow")], [204, "POST, OPTIONS"]);
  const other = await app.request("/healthz", { headers: { Origin: "https://other.example" } });
  assert.equal(other.headers.get("Access-Control-Allow-Origin"), null);
});

Deno.test("negotiate() follows specificity before order, and quality before the server's taste", () => {
  const offers = ["application/json", "image/png"] as const;
  assert.equal(negotiate(undefined, offers), "application/json");
  assert.equal(negotiate("", offers), "application/json");
  assert.equal(negotiate("image/png, application/json", offers), "application/json");
  assert.equal(negotiate("image/*;q=0, image/png;q=0.1", offers), "image/png");
  assert.equal(negotiate("*/*, application/json;q=0", offers), "image/png");
  assert.equal(negotiate("IMAGE/PNG; Q=0.9", offers), "image/png");
  assert.equal(negotiate("image/png;q=2", offers), undefined);
  assert.equal(negotiate("image/png;q=0", offers), undefined);
  assert.equal(negotiate("png, ;;;, /, */png", offers), undefined);
});

Deno.test("parseMultipart() gives views of binary parts, quoted names and empty files", () => {
  const encoder = new TextEncoder();
  const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
  const body = new Uint8Array([
    ...encoder.encode(
      'ignored\r\n--x\r\nContent-Disposition: form-data; name="a \\"q\\""; filename="f.png"\r\n\r\n',
    ),
    ...binary,
    ...encoder.encode(
      '\r\n--x  \r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="empty"\r\n\r\n',
    ),
    ...encoder.encode("\r\n--x--\r\nignored"),
  ]);
  const parts = parseMultipart(body, 'multipart/form-data; boundary="x"');
  assert.deepEqual(parts.map(({ name }) => name), ['a "q"', "empty"]);
  assert.deepEqual([...parts[0]!.data], [...binary]);
  assert.equal(parts[0]!.data.buffer, body.buffer);
  assert.equal(parts[1]!.data.length, 0);
  assert.throws(
    () => parseMultipart(body, "multipart/form-data; boundary=y"),
    (error: HttpProblem) => error.code === "malformed_multipart",
  );
});

Deno.test("parseMultipart() takes 5,000 damaged bodies for forms or refuses them, and nothing else", () => {
  const random = createRandom(20260801);
  const pick = (n: number) => Math.floor(random() * n);
  const encoder = new TextEncoder();
  const sound = encoder.encode(
    '--x\r\nContent-Disposition: form-data; name="image"; filename="f.png"\r\nContent-Type: image/png\r\n\r\nphoto' +
      '\r\n--x\r\nContent-Disposition: form-data; name="seed"\r\n\r\n7\r\n--x--\r\n',
  );
  const bits = ["\r\n", "--x", "--x--", "\r\n\r\n", ";", '"', "name=", "\\"].map((text) =>
    encoder.encode(text)
  );
  let forms = 0, refused = 0;
  for (let round = 0; round < 5000; round++) {
    let body = sound.slice();
    for (let change = 1 + pick(4); change > 0; change--) {
      const at = pick(body.length);
      const kind = pick(4);
      if (kind === 0) body[at] = pick(256);
      else if (kind === 1) body = body.slice(0, at);
      else if (kind === 2) body = new Uint8Array([...body.subarray(0, at), ...body.subarray(at + pick(8))]);
      else {body = new Uint8Array([
          ...body.subarray(0, at),
          ...bits[pick(bits.length)]!,
          ...body.subarray(at),
        ]);}
    }
    try {
      for (const part of parseMultipart(body, "multipart/form-data; boundary=x")) {
        assert.ok(part.data.length <= body.length && part.name.length > 0);
      }
      forms++;
    } catch (error) {
      assert.equal((error as HttpProblem).code, "malformed_multipart", String(error));
      refused++;
    }
  }
  assert.ok(forms > 500 && refused > 500, `${forms} forms, ${refused} refused`);
});
