// Unfinished segmentations over HTTP: 202, status, events, cancel, waiting. The queue is real, over a folder; only what
// computes is a stub, told by the seed how long to take.
import assert from "node:assert/strict";
import { encodePng } from "../lib/image/png.ts";
import { createApp } from "../routes/app.ts";
import type { JobJson } from "../routes/job_handlers.ts";
import { Jobs } from "../routes/jobs.ts";
import { readConfig } from "../routes/config.ts";
import { readPreferences } from "../routes/prefer.ts";
import { createService } from "../routes/service.ts";
import { QueueError } from "../workers/queue/errors.ts";
import { type JobQueue, openQueue, type QueueOptions } from "../workers/queue/job_queue.ts";
import { type JobWorker, takeJobs } from "../workers/queue/job_worker.ts";
import { withQueueFolder } from "./fixtures/queue_folder.ts";
import { whyNoPostgres, withPostgres } from "./fixtures/postgres.ts";
import { stubComputer } from "./fixtures/queue_computers.ts";
import { type StubLog, stubSegmenter } from "./fixtures/stub_segmenter.ts";

const PATH = "/v1/segmentations";
const PHOTO = encodePng({ width: 8, height: 6, data: new Uint8Array(144) });
const ASYNC = { Prefer: "respond-async" };

/** A service over a queue in a folder, and what the tests ask of it. */
function withService(
  options: QueueOptions,
  body: (service: {
    request(path: string, init?: RequestInit): Promise<Response>;
    post(query: string, headers?: Record<string, string>): Promise<Response>;
    work(): Promise<JobWorker>;
    log: StubLog;
    jobs: Jobs;
  }) => Promise<void>,
): Promise<void> {
  return withQueueFolder(async (folder) => {
    const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
    const jobs = new Jobs({
      open: () => openQueue({ folder, ...options }),
      maxPixels: 1000,
      streamLimit: 2,
    });
    const app = createApp({ segmenter: stubSegmenter(log), jobs });
    const request = async (path: string, init?: RequestInit) => await app.request(path, init);
    let worker: JobWorker | undefined;
    try {
      await body({
        request,
        post: (query, headers = {}) =>
          request(PATH + query, {
            method: "POST",
            body: PHOTO,
            headers: { "Content-Type": "image/png", ...headers },
          }),
        work: async () => worker = takeJobs(await jobs.queue(), { slots: 2, createComputer: stubComputer }),
        log,
        jobs,
      });
    } finally {
      await worker?.close(0);
      await jobs.close();
    }
  });
}

interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  // deno-lint-ignore no-explicit-any -- JSON of either kind of event
  readonly data: any;
}

async function readEvents(response: Response, most = Infinity): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  let text = "";
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    const blocks = text.split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
      if (fields.data) events.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) });
      if (events.length >= most) return events;
    }
  }
  return events;
}

async function problem(response: Response, status: number, code: string): Promise<void> {
  const body = await response.json();
  assert.deepEqual([response.status, body.code], [status, code], body.detail);
}

Deno.test("unfinished segmentations over HTTP", (t) =>
  withService({ waitingLimit: 3 }, async ({ request, post, work, log }) => {
    let worker: JobWorker;
    let path: string;

    await t.step(
      "POST with Prefer: respond-async answers 202 with Location, and 202 again for the same",
      async () => {
        const response = await post("?seed=300", ASYNC);
        assert.equal(response.status, 202);
        assert.equal(response.headers.get("Preference-Applied"), "respond-async");
        assert.equal(response.headers.get("Cache-Control"), "no-store");
        assert.ok(Number(response.headers.get("Retry-After")) >= 1);
        path = response.headers.get("Location")!;
        const job: JobJson = await response.json();
        assert.deepEqual([job.url, job.status, job.events], [path, `${path}/status`, `${path}/events`]);
        assert.deepEqual([job.state, job.position, job.tries], ["queued", 0, 0]);
        const again = await post("?seed=300", ASYNC);
        assert.deepEqual([again.status, again.headers.get("Location")], [202, path]);
      },
    );

    await t.step("GET says 202 and no-store while it is not there, in whichever form", async () => {
      for (const form of ["", "/labels.png", "/labels.png?regions=2"]) {
        const response = await request(path + form);
        assert.deepEqual([response.status, response.headers.get("Cache-Control")], [202, "no-store"]);
        assert.equal((await response.json()).state, "queued");
      }
    });

    await t.step("POST of heavy work is queued without being asked to; of small work it is not", async () => {
      const heavy = await post("?train=9000");
      assert.equal(heavy.status, 202);
      assert.equal(heavy.headers.get("Preference-Applied"), null);
      assert.ok((await heavy.json()).estimate > 15);
      const canceled = await request(heavy.headers.get("Location")!, { method: "DELETE" });
      assert.equal((await canceled.json()).state, "canceled");
      const small = await post("?seed=1");
      assert.deepEqual([small.status, log.segmented], [201, 1]);
      await small.body?.cancel();
    });

    await t.step("POST is refused with 429 and Retry-After when the line is full", async () => {
      for (const seed of [301, 302]) await (await post(`?seed=${seed}`, ASYNC)).body?.cancel();
      const response = await post("?seed=303", ASYNC);
      assert.ok(Number(response.headers.get("Retry-After")) >= 1);
      await problem(response, 429, "jobs_full");
      for (const seed of [301, 302]) {
        const { url } = await (await post(`?seed=${seed}`, ASYNC)).json();
        await (await request(url, { method: "DELETE" })).body?.cancel();
      }
    });

    await t.step(
      "POST is refused when the image or the work is too large, with the limit named",
      async () => {
        const body = encodePng({ width: 40, height: 30, data: new Uint8Array(3600) });
        await problem(await request(PATH, { method: "POST", body, headers: ASYNC }), 413, "too_many_pixels");
        const work = "?method=flat-dsc&reach=full&iterations=10000&train=10000";
        const response = await request(PATH + work, { method: "POST", body: PHOTO });
        assert.equal(response.status, 202); // ten thousand iterations of 48 pixels are little
        await (await request(response.headers.get("Location")!, { method: "DELETE" })).body?.cancel();
      },
    );

    await t.step(
      "GET .../events tells states and progress to the end, and resumes after Last-Event-ID",
      async () => {
        worker = await work();
        const response = await request(`${path}/events`);
        assert.equal(response.headers.get("Content-Type"), "text/event-stream");
        assert.equal(response.headers.get("Cache-Control"), "no-store");
        const events = await readEvents(response);
        const states = events.filter(({ event }) => event === "status").map(({ data }) => data.state);
        assert.equal(states.at(-1), "succeeded");
        assert.equal(events.at(-1)!.id, "end");
        const progress = events.filter(({ event }) => event === "progress");
        assert.deepEqual([progress[0]!.data.stage, progress[0]!.data.iterations], ["cut", 10]);
        assert.equal(typeof progress[0]!.data.loss, "number");

        const rest = await readEvents(
          await request(`${path}/events`, { headers: { "Last-Event-ID": progress[0]!.id! } }),
        );
        assert.deepEqual(rest.filter(({ event }) => event === "progress"), progress.slice(1));
        const over = await request(`${path}/events`, { headers: { "Last-Event-ID": "end" } });
        assert.equal(over.status, 204);
      },
    );

    await t.step("GET .../events shows previews, pictures that hold themselves", async () => {
      const { url } = await (await post("?seed=2000", ASYNC)).json();
      const shown = (await readEvents(await request(`${url}/events`))).filter(({ event }) =>
        event === "preview"
      );
      assert.ok(shown.length > 1, "one while it goes on, one at its end");
      assert.ok(shown.every(({ id, data }) => Number(id) > 0 && /^data:image\/png;base64,/.test(data.image)));
      assert.equal(atob(shown.at(-1)!.data.image.split(",")[1]), "10");
      const again = (await readEvents(await request(`${url}/events`))).filter(({ event }) =>
        event === "preview"
      );
      assert.deepEqual(again, shown.slice(-1));
    });

    await t.step(
      "GET of a finished job is the result, for ever; its status says when and how long",
      async () => {
        const result = await request(path);
        assert.equal(result.status, 200);
        assert.match(result.headers.get("Cache-Control")!, /immutable/);
        assert.deepEqual((await result.json()).settings.seed, 300);
        const status = await request(`${path}/status`);
        assert.equal(status.headers.get("Cache-Control"), "no-store");
        const { state, tries, timings, finishedAt } = await status.json();
        assert.deepEqual([state, tries, timings.total], ["succeeded", 1, 3]);
        assert.ok(Date.parse(finishedAt) <= Date.now() + 1000);
        const again = await post("?seed=300", ASYNC);
        assert.deepEqual([again.status, log.segmented], [200, 1]);
        await again.body?.cancel();
      },
    );

    await t.step("Prefer: wait waits for the result, at POST and at GET", async () => {
      const response = await post("?seed=200", { Prefer: "respond-async, wait=20" });
      assert.equal(response.status, 200);
      assert.equal((await response.json()).settings.seed, 200);
      const short = await post("?seed=2500", { Prefer: "respond-async, wait=1" });
      assert.equal(short.status, 202);
      const { url, state, progress } = await short.json();
      assert.deepEqual([state, progress?.stage], ["processing", "cut"]);
      const waited = await request(`${url}/labels.png`, { headers: { Prefer: "wait=20" } });
      assert.deepEqual([waited.status, waited.headers.get("Content-Type")], [200, "image/png"]);
      await waited.body?.cancel();
    });

    await t.step(
      "DELETE cancels a running job; its address then says so until it is posted again",
      async () => {
        const { url } = await (await post("?seed=60000", ASYNC)).json();
        for (
          let state = "";
          state !== "processing";
        ) ({ state } = await (await request(`${url}/status`)).json());
        const startedAt = performance.now();
        const response = await request(url, { method: "DELETE" });
        assert.deepEqual([response.status, (await response.json()).state], [200, "canceled"]);
        while (worker.running > 0 && performance.now() < startedAt + 20_000) {
          await new Promise((done) => setTimeout(done, 10));
        }
        assert.ok(performance.now() - startedAt < 6500); // the stub looks up every 6 s
        await problem(await request(url), 410, "job_canceled");
        const events = await readEvents(await request(`${url}/events`));
        assert.equal(events.at(-1)!.data.state, "canceled");
        assert.equal((await (await request(url, { method: "DELETE" })).json()).state, "canceled");
        await problem(await request(path, { method: "DELETE" }), 409, "job_over");
      },
    );

    await t.step("a job that failed tells why, as the same request would have told at once", async () => {
      const response = await post("?seed=13", { Prefer: "respond-async, wait=20" });
      await problem(response, 422, "corrupt_image");
      const id = (await (await post("?seed=13", ASYNC)).json()).id;
      // asked without a pause, the database in this process would leave the worker's timers no time
      await problem(await request(`${PATH}/${id}`, { headers: { Prefer: "wait=20" } }), 422, "corrupt_image");
      assert.equal((await (await request(`${PATH}/${id}/status`)).json()).state, "failed");
    });

    await t.step("what was never submitted is not found", async () => {
      for (const id of ["00000000-0000-8000-8000-000000000000", "x"]) {
        for (const form of ["/status", "/events"]) {
          await problem(await request(`${PATH}/${id}${form}`), 404, "not_found");
        }
        await problem(await request(`${PATH}/${id}`), 404, "not_found");
        await problem(await request(`${PATH}/${id}`, { method: "DELETE" }), 404, "not_found");
      }
    });

    await t.step("GET /metrics counts what is in the queue", async () => {
      const text = await (await request("/metrics")).text();
      assert.match(text, /^dsc_queue_jobs\{state="queued"\} \d+$/m);
      assert.match(text, /route="\/v1\/segmentations\/:id\/status"/);
    });
  }));

Deno.test("GET .../events tells those who come late all of a long job", () =>
  withService({}, async ({ request, post, jobs }) => {
    const { id, url } = await (await post("?seed=301", ASYNC)).json();
    const { sql } = (await jobs.queue()).database;
    await sql(
      `insert into dsc.event (job, progress)
       select $1::uuid, jsonb_build_object('stage', 'cut', 'fraction', n / 2500.0) from generate_series(1, 2500) n`,
      [id],
    );
    await request(url, { method: "DELETE" });
    const events = await readEvents(await request(`${url}/events`));
    const progress = events.filter(({ event }) => event === "progress");
    assert.deepEqual([progress.length, progress.at(-1)!.data.fraction], [2500, 1]);
    assert.deepEqual([events.at(-1)!.event, events.at(-1)!.data.state], ["status", "canceled"]);
  }));

Deno.test("GET .../events beyond the limit of streams answers 503 and Retry-After, until one is closed", () =>
  withService({}, async ({ request, post }) => {
    const { url } = await (await post("?seed=300", ASYNC)).json();
    const open = async () => (await request(`${url}/events`)).body!.getReader();
    const head = await request(`${url}/events`, { method: "HEAD" });
    assert.equal(head.headers.get("Content-Type"), "text/event-stream");
    assert.match(await (await request("/metrics")).text(), /^dsc_event_streams 0$/m); // nobody would close it
    const streams = [await open(), await open()];
    const refused = await request(`${url}/events`);
    assert.equal(refused.headers.get("Retry-After"), "10");
    await problem(refused, 503, "streams_full");
    assert.match(await (await request("/metrics")).text(), /^dsc_event_streams 2$/m);
    await streams[0]!.cancel();
    streams[0] = await open();
    for (const stream of streams) await stream.cancel();
    assert.match(await (await request("/metrics")).text(), /^dsc_event_streams 0$/m);
  }));

Deno.test("without a queue, Prefer: respond-async is passed over and there are no jobs", async () => {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const app = createApp({ segmenter: stubSegmenter(log) });
  const response = await app.request(PATH, { method: "POST", body: PHOTO, headers: ASYNC });
  assert.equal(response.status, 201);
  const path = new URL(response.headers.get("Location")!, "http://localhost").pathname;
  await problem(await app.request(`${path}/status`), 404, "not_found");
  await problem(await app.request(path, { method: "DELETE" }), 404, "not_found");
});

Deno.test("Jobs.close() waits for the records that are being kept", async () => {
  const done: string[] = [];
  const queue = {
    keepRecord: async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      done.push("kept");
    },
    close: () => Promise.resolve(void done.push("closed")),
  };
  const jobs = new Jobs({ open: () => Promise.resolve(queue as unknown as JobQueue), maxPixels: 1 });
  jobs.keepRecord("id", new Uint8Array());
  await jobs.close();
  assert.deepEqual(done, ["kept", "closed"]);
});

Deno.test("while the queue cannot be reached, small work is answered and heavy work is told to come back", async () => {
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const open = () =>
    Promise.reject(new QueueError("jobs_unavailable", "Cannot open queue", { retryAfterSeconds: 5 }));
  const app = createApp({ segmenter: stubSegmenter(log), jobs: new Jobs({ open, maxPixels: 1000 }) });
  const small = await app.request(PATH, { method: "POST", body: PHOTO });
  assert.equal(small.status, 201);
  const heavy = await app.request(`${PATH}?train=9000`, { method: "POST", body: PHOTO });
  assert.equal(heavy.headers.get("Retry-After"), "5");
  await problem(heavy, 503, "jobs_unavailable");
});

const noPostgres = await whyNoPostgres();
Deno.test({
  name: `an edge instance submits and asks, and a worker elsewhere computes${
    noPostgres ? ` (skipped: ${noPostgres})` : ""
  }`,
  ignore: noPostgres !== undefined,
  fn: () =>
    withPostgres(async ({ url }) => {
      const config = readConfig((name) =>
        ({ DATABASE_URL: url, DSC_WORKERS: "1" } as Record<string, string>)[name]
      );
      const edges = [createService(config, "edge"), createService(config, "edge")] as const;
      const request = (edge: 0 | 1, path: string, init?: RequestInit) =>
        edges[edge].fetch(new Request(`http://edge${path}`, init));
      try {
        // before anyone has made the tables
        const early = await request(0, `${PATH}?method=slic`, {
          method: "POST",
          body: PHOTO,
          headers: ASYNC,
        });
        await problem(early, 503, "jobs_unavailable");
        const queue = await openQueue({ url });
        const worker = takeJobs(queue, { createComputer: stubComputer });
        try {
          const accepted = await request(0, `${PATH}?seed=100`, {
            method: "POST",
            body: PHOTO,
            headers: ASYNC,
          });
          assert.equal(accepted.status, 202);
          const { url: path } = await accepted.json();
          const status = await request(1, `${path}/status`, { headers: { Prefer: "wait=20" } });
          assert.equal((await status.json()).state, "succeeded");
          const events = await readEvents(await request(1, `${path}/events`));
          assert.equal(events.at(-1)!.data.state, "succeeded");
          const result = await request(1, path);
          assert.deepEqual([result.status, (await result.json()).settings.seed], [200, 100]);
          const long = await request(1, `${PATH}?seed=50000`, {
            method: "POST",
            body: PHOTO,
            headers: ASYNC,
          });
          const { url: other } = await long.json();
          assert.equal((await (await request(0, other, { method: "DELETE" })).json()).state, "canceled");
          // a small one, answered at one instance, is there at the other
          const small = await request(0, `${PATH}?method=slic&superpixels=2`, {
            method: "POST",
            body: PHOTO,
          });
          assert.equal(small.status, 201);
          const { url: made } = await small.json();
          let there = await request(1, made);
          for (let tries = 0; there.status === 404 && tries < 200; tries++) { // it is kept in its own time
            await there.body?.cancel();
            await new Promise((done) => setTimeout(done, 50));
            there = await request(1, made);
          }
          assert.equal(there.status, 200);
          await there.body?.cancel();
        } finally {
          await worker.close(0);
          await queue.close();
        }
      } finally {
        for (const edge of edges) await edge.close(0);
      }
    }),
});

Deno.test("readPreferences() reads what it knows and passes over the rest", () => {
  const read = (value: string) => readPreferences(new Request("http://x", { headers: { Prefer: value } }));
  assert.deepEqual(read(""), { respondAsync: false, waitMs: undefined });
  assert.deepEqual(read("Respond-Async; x=1, wait=5"), { respondAsync: true, waitMs: 5000 });
  assert.deepEqual(read('wait="7"'), { respondAsync: false, waitMs: 7000 });
  assert.deepEqual(read("wait=100000, wait=1"), { respondAsync: false, waitMs: 60_000 });
  assert.deepEqual(read("wait=soon, handling=lenient"), { respondAsync: false, waitMs: undefined });
});
