import assert from "node:assert/strict";
import { decodeRuns } from "../lib/formats/regions_json.ts";
import { type FormatName, FORMATS } from "../lib/formats/table.ts";
import { encodePng } from "../lib/image/png.ts";
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

Deno.test("Clients that stall in their headers, in their body or in taking their answer keep nobody waiting", () =>
  withBusyServer(async (url) => {
    const made = await fetch(`${url}/v1/segmentations`, { method: "POST", body: new Blob(["1"]) });
    const { url: path } = await made.json();
    const { port } = new URL(url);
    const openings = [
      "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
      "POST /v1/segmentations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx",
      `GET ${path}/labels.png HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(200),
    ];
    const stalled = await Promise.all(Array.from({ length: 150 }, async (_, i) => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      await connection.write(new TextEncoder().encode(openings[i % openings.length]!));
      return connection;
    }));
    try {
      for (let round = 0; round < 3; round++) {
        const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) });
        assert.deepEqual(await answer.json(), { status: "ok" });
      }
    } finally {
      for (const connection of stalled) connection.close();
    }
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

/** A process of the service. */
interface StartedServer {
  readonly url: string;
  /** Waits for an event in its log. */
  until(event: string): Promise<Record<string, unknown>>;
  /** Sends SIGTERM and gives the exit code. */
  stop(): Promise<number>;
}

/** Runs `deno task start` as it stands in deno.json, on a spare port, without the task runner in between. */
async function withServer(
  env: Record<string, string>,
  body: (server: StartedServer) => Promise<void>,
): Promise<void> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const [program, ...args] = tasks.start.command.split(" ");
  const child = new Deno.Command(program, {
    args,
    cwd: new URL("..", import.meta.url),
    env: { PORT: "0", NO_COLOR: "1", DSC_DATA: "none", ...env },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = "";
  const until = async (event: string) => {
    for (;;) {
      const line = text.split("\n").find((line) => line.includes(`"event":"${event}"`) && line.endsWith("}"));
      if (line) return JSON.parse(line);
      const { done, value } = await lines.next();
      assert.ok(!done, `the server ended before "${event}":\n${text}`);
      text += value;
    }
  };
  let running = true;
  const ended = child.status.then(({ code }) => {
    running = false;
    return code;
  });
  try {
    const { port } = await until("listening");
    const stop = async () => {
      child.kill("SIGTERM");
      await until("stopped");
      return await ended;
    };
    await body({ url: `http://127.0.0.1:${port}`, until, stop });
  } finally {
    if (running) child.kill("SIGKILL");
    await lines.return?.();
    await ended;
  }
}

/** Waits for something to come true, for half a minute at most. */
async function eventually(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await isTrue()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(`${what} did not come true`);
}

Deno.test("deno task start segments an image, serves its forms, and drains on SIGTERM", () =>
  withServer({ DSC_WORKERS: "1" }, async ({ url, stop }) => {
    const data = new Uint8Array(64 * 48 * 3).map((_, i) => i % 192 < 96 ? 40 : 200);
    const image = encodePng({ width: 64, height: 48, data });
    const post = (query: string, body = image) =>
      fetch(`${url}/v1/segmentations?${query}`, { method: "POST", body });
    const response = await post("partitions=2&superpixels=40");
    assert.equal(response.status, 201, await response.clone().text());
    const { width, height, regions, labelRuns, files } = await response.json();
    assert.deepEqual([width, height], [64, 48]);
    assert.equal(regions.length, 2);
    const labels = decodeRuns(labelRuns, 64 * 48);
    assert.notEqual(labels[0], labels[63]);
    for (const [name, path] of Object.entries(files) as [FormatName, string][]) {
      const file = await fetch(url + path);
      assert.deepEqual([file.status, file.headers.get("Content-Type")], [200, FORMATS[name].mediaType]);
      await file.body?.cancel();
    }
    const broken = await post("", image.slice(0, 60));
    assert.equal((await broken.json()).code, "truncated_image");
    const ready = await fetch(`${url}/readyz`);
    assert.deepEqual([ready.status, (await ready.json()).status], [200, "ready"]);

    // a client whose image is being segmented when the signal comes still gets its answer
    const last = post("train=30&superpixels=40&partitions=2");
    await eventually("a running job", async () => {
      return /^dsc_jobs_running 1$/m.test(await (await fetch(`${url}/metrics`)).text());
    });
    const code = stop();
    assert.equal((await last).status, 201);
    await (await last).body?.cancel();
    assert.equal(await code, 0);
  }));

Deno.test("deno task start computes in its own isolate when told to", () =>
  withServer({ DSC_WORKERS: "0" }, async ({ url, stop }) => {
    const image = encodePng({ width: 24, height: 16, data: new Uint8Array(24 * 16 * 3) });
    const body = new FormData();
    body.append("image", new Blob([image]), "grey.png");
    body.append("method", "slic");
    const response = await fetch(`${url}/v1/segmentations`, { method: "POST", body });
    assert.equal(response.status, 201, await response.clone().text());
    await response.body?.cancel();
    assert.equal(await stop(), 0);
  }));

Deno.test("deno task start sends a span for each stage where OpenTelemetry is on", async () => {
  const spans: { name: string; parentSpanId: string }[] = [];
  const collector = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const body = await request.json();
    for (const resource of body.resourceSpans ?? []) {
      for (const scope of resource.scopeSpans) spans.push(...scope.spans);
    }
    return Response.json({});
  });
  const environment = {
    DSC_WORKERS: "0",
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  };
  try {
    await withServer(environment, async ({ url }) => {
      const body = encodePng({ width: 24, height: 16, data: new Uint8Array(24 * 16 * 3) });
      const response = await fetch(`${url}/v1/segmentations?method=slic&superpixels=4`, {
        method: "POST",
        body,
      });
      assert.equal(response.status, 201, await response.clone().text());
      await response.body?.cancel();
      await eventually("a span of the last stage", () => spans.some(({ name }) => name === "dsc encode"));
    });
  } finally {
    await collector.shutdown();
  }
  for (const stage of ["queue", "decode", "superae", "superpixels", "regions", "encode"]) {
    assert.ok(spans.some(({ name, parentSpanId }) => name === `dsc ${stage}` && parentSpanId !== ""), stage);
  }
});

Deno.test("deno serve main.ts segments an image, and ends on SIGTERM although its workers live", async () => {
  const child = new Deno.Command("deno", {
    args: ["serve", "--no-prompt", "--allow-read", "--allow-env", "--allow-net", "--port", "0", "main.ts"],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!/Listening on \S+:(\d+)/.test(text)) text += (await lines.read()).value ?? assert.fail(text);
    const url = `http://127.0.0.1:${/:(\d+)\/?/.exec(text.slice(text.indexOf("http://") + 7))![1]}`;
    const body = encodePng({ width: 24, height: 16, data: new Uint8Array(24 * 16 * 3) });
    const response = await fetch(`${url}/v1/segmentations?method=slic&superpixels=4`, {
      method: "POST",
      body,
    });
    assert.equal(response.status, 201, await response.clone().text());
    await response.body?.cancel();
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    assert.equal((await child.status).code, 0);
    clearTimeout(killer);
    await lines.cancel();
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await child.status;
  }
});
