import assert from "node:assert/strict";
import { createApp } from "../routes/app.ts";
import { ENVIRONMENT, readConfig } from "../routes/config.ts";
import { WorkerPool } from "../workers/pool.ts";
import type { SegmentProtocol, SegmentReport } from "../workers/segment_protocol.ts";

/** A real server on a spare port of this machine, with one isolate that does not pause while it computes. */
async function withBusyServer(body: (url: string) => Promise<void>): Promise<void> {
  const module = new URL("./fixtures/busy_worker.ts", import.meta.url);
  const segmenter = new WorkerPool<SegmentProtocol, SegmentReport>({ module, size: 1 });
  const app = createApp({ segmenter });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => app.fetch(request),
  );
  try {
    await body(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
    await segmenter.close(0);
  }
}

Deno.test("GET /healthz is answered again and again while an image is being segmented", () =>
  withBusyServer(async (url) => {
    const body = new Blob(["1500"]); // 1.5 s of work without a pause
    let done = false;
    const post = fetch(`${url}/v1/segmentations`, { method: "POST", body }).then((response) => {
      done = true;
      return response;
    });
    let answers = 0;
    while (!done && answers < 10) {
      const response = await fetch(`${url}/healthz`);
      assert.deepEqual(await response.json(), { status: "ok" });
      answers++;
    }
    assert.equal(
      done,
      false,
      `the segmentation ended after ${answers} answers of /healthz, want ten before it`,
    );
    const response = await post;
    assert.equal(response.status, 201);
    await response.body?.cancel();
  }));

Deno.test("POST ends its computation when the client goes away", () =>
  withBusyServer(async (url) => {
    const abort = new AbortController();
    const lost = fetch(`${url}/v1/segmentations`, {
      method: "POST",
      body: new Blob(["60000"]), // a minute of work
      signal: abort.signal,
    }).catch((error) => error.name);
    await new Promise((done) => setTimeout(done, 300));
    abort.abort();
    assert.equal(await lost, "AbortError");
    // the only isolate is free again long before the minute is over
    const next = await fetch(`${url}/v1/segmentations`, { method: "POST", body: new Blob(["10"]) });
    assert.equal(next.status, 201);
    await next.body?.cancel();
  }));

Deno.test("readConfig() gives the defaults of an empty environment", () => {
  const config = readConfig(() => undefined);
  for (const [name, variable] of Object.entries(ENVIRONMENT)) {
    const expected = variable.type === "list" ? [] : variable.default;
    assert.deepEqual(config[name as keyof typeof config], expected, name);
  }
});

Deno.test("readConfig() reads numbers and lists, and an empty variable as unset", () => {
  const environment: Record<string, string> = {
    PORT: "0",
    DSC_WORKERS: "",
    DSC_CORS_ORIGINS: "https://a.example, https://b.example,",
  };
  const config = readConfig((name) => environment[name]);
  assert.equal(config.PORT, 0);
  assert.equal(config.DSC_WORKERS, undefined);
  assert.deepEqual(config.DSC_CORS_ORIGINS, ["https://a.example", "https://b.example"]);
});

Deno.test("readConfig() refuses a bad value by its name", () => {
  for (const value of ["x", "-1", "70000", "8e3", "80.5"]) {
    assert.throws(() => readConfig((name) => name === "PORT" ? value : undefined), {
      name: "RangeError",
      message: `Cannot start: PORT must be a whole number from 0 to 65535, got ${JSON.stringify(value)}`,
    });
  }
});
