/**
 * Requests a second and latency of the HTTP layer, beside a bare Hono route in the same run, and how fast /healthz answers
 * while images are being segmented.
 *
 *     deno task bench:http [seconds of each round]
 *
 * Each server runs in a process of its own. The client speaks HTTP/1.1 over plain TCP and counts bytes, since a client
 * that parses costs more than the server that it measures. Rounds go from row to row, and the fastest of each row counts:
 * what else the machine does only ever adds. The server's CPU time is read from /proc, for which Deno wants all permissions.
 */
// deno-lint-ignore-file no-console -- a bench prints what it measures
import { Hono } from "hono";
import { encodeFormat } from "../lib/formats/encode.ts";
import { encodeRecord } from "../lib/formats/record.ts";
import { encodePng } from "../lib/image/png.ts";
import { createRandom } from "../lib/random.ts";
import { createApp } from "../routes/app.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import { InlineRunner } from "../workers/inline.ts";
import type { SegmentProtocol, SegmentReport } from "../workers/segment_protocol.ts";
import { stubSegmentation } from "../tests/fixtures/stub_segmenter.ts";

const CONNECTIONS = 32;
const ROUNDS = 5;
const FILE_HEADERS: [string, string][] = [
  ["ETag", '"00000000-0000-8000-8000-000000000000:labels.png"'],
  ["Cache-Control", "public, max-age=31536000, immutable"],
  ["Content-Type", "image/png"],
  ["X-Content-Type-Options", "nosniff"],
  ["Cross-Origin-Resource-Policy", "cross-origin"],
];

if (import.meta.main) {
  const [first, second] = Deno.args;
  if (first === "serve") serve(second!);
  else await compare(Number(first ?? 1));
}

/** The servers that are compared. */
function serve(kind: string): void {
  const app = kind === "bare" ? bareApp() : kind === "stub" ? stubApp() : realApp();
  const onListen = ({ port }: { port: number }) => console.log(port);
  Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, (request, info) => app.fetch(request, { info }));
}

/** Hono with nothing behind it: two letters of text, and a file of so many bytes with the headers that a file needs. */
function bareApp() {
  return new Hono()
    .get("/ok", (c) => c.text("ok"))
    .get(
      "/file/:size",
      (c) => new Response(new Uint8Array(Number(c.req.param("size"))), { headers: FILE_HEADERS }),
    );
}

/** The service over segmentations that take no time to make; a body says how wide and high its image is. */
function stubApp() {
  const segmenter = new InlineRunner<SegmentProtocol, SegmentReport>(() =>
    Promise.resolve({
      // deno-lint-ignore require-await
      async segment({ bytes, settings, formats }) {
        const [columns, rows] = new TextDecoder().decode(bytes).split("x").map(Number);
        const segmentation = stubSegmentation(settings, columns, rows);
        const files = Object.fromEntries(
          formats.map((format) => [format, encodeFormat(segmentation, format)]),
        );
        const { width, height, backend, timings } = segmentation;
        return {
          result: { files, record: encodeRecord(segmentation), width, height, regions: 2, backend, timings },
        };
      },
      encode: () => Promise.reject(new Error("not measured")),
      "warm-up": () => Promise.reject(new Error("not measured")),
    })
  );
  return createApp({ segmenter });
}

function realApp() {
  return createApp({ segmenter: createSegmentRunner({ waitingLimit: 100 }) });
}

interface Row {
  readonly name: string;
  readonly server: Awaited<ReturnType<typeof start>>;
  readonly path: string;
  readonly headers?: string;
}

async function compare(seconds: number): Promise<void> {
  const bare = await start("bare"), stub = await start("stub");
  const rows: Row[] = [{ name: "bare Hono route, 'ok'", server: bare, path: "/ok" }];
  for (const [columns, lines] of [[24, 16], [480, 320], [1920, 1280]]) {
    const posted = await fetch(`${stub.url}/v1/segmentations?format=labels.png`, {
      method: "POST",
      body: new Blob([`${columns}x${lines}`]),
    });
    const size = (await posted.bytes()).length;
    const path = posted.headers.get("Content-Location")!;
    await (await fetch(stub.url + path)).bytes(); // from now on it is answered from memory
    rows.push(
      { name: `bare Hono route, ${size} bytes, headers of a file`, server: bare, path: `/file/${size}` },
      { name: `labels.png of ${columns} x ${lines}, ${size} bytes`, server: stub, path },
    );
    if (columns !== 480) continue;
    const headers = `If-None-Match: ${posted.headers.get("ETag")}\r\n`;
    rows.push({ name: "the same, 304", server: stub, path, headers });
  }
  rows.push({ name: "/healthz", server: stub, path: "/healthz" });

  const best = new Map<Row, { cpu: number; perSecond: number; p50: number; p99: number }>();
  for (let round = 0; round <= ROUNDS; round++) {
    for (const row of rows) {
      const { server, path, headers } = row;
      const cpuBefore = cpuSeconds(server.child.pid);
      const { count, p50, p99 } = await load(server.port, path, headers, seconds);
      const cpu = ((cpuSeconds(server.child.pid) - cpuBefore) / count) * 1e6;
      if (round === 0 || (best.get(row)?.cpu ?? Infinity) < cpu) continue; // the first is warm-up
      best.set(row, { cpu, perSecond: count / seconds, p50, p99 });
    }
  }
  const ok = best.get(rows[0]!)!;
  for (const [{ name }, { cpu, perSecond, p50, p99 }] of best) {
    console.log(
      `${name.padEnd(50)} ${cpu.toFixed(1).padStart(6)} us of CPU, ${(ok.cpu / cpu).toFixed(2)} of 'ok'; ` +
        `${perSecond.toFixed(0).padStart(6)}/s, ${(perSecond / ok.perSecond).toFixed(2)}; ` +
        `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
    );
  }
  bare.child.kill();
  stub.child.kill();
  await whileSegmenting();
}

/** /healthz once every 20 ms while every core is segmenting. */
async function whileSegmenting(): Promise<void> {
  const real = await start("real");
  const random = createRandom(1);
  const data = new Uint8Array(480 * 320 * 3);
  for (let p = 0; p < data.length; p++) {
    const tile = Math.floor((p % 1440) / 180) + 8 * Math.floor(p / (1440 * 40));
    data[p] = ((tile * 97) % 200) + random() * 40;
  }
  const image = encodePng({ width: 480, height: 320, data });
  const post = async (seed: number) => {
    const response = await fetch(`${real.url}/v1/segmentations?seed=${seed}`, {
      method: "POST",
      body: image,
    });
    await response.body?.cancel();
  };
  await post(0);
  let busy = true;
  const startedAt = performance.now();
  const jobs = Promise.all([1, 2, 3, 4, 5, 6].map(post)).finally(() => busy = false);
  const times: number[] = [];
  while (busy) {
    const askedAt = performance.now();
    await (await fetch(`${real.url}/healthz`)).bytes();
    times.push(performance.now() - askedAt);
    await new Promise((done) => setTimeout(done, 20));
  }
  await jobs;
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(1);
  const took = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `/healthz while 6 images of 480 x 320 are segmented in ${took} s, ${times.length} times: ` +
      `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
  );
  real.child.kill();
}

async function start(kind: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-net=127.0.0.1", "--allow-read", import.meta.url, "serve", kind],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await reader.read()).value);
  return { child, port, url: `http://127.0.0.1:${port}` };
}

async function load(port: number, path: string, headers: string | undefined, seconds: number) {
  const request = new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers ?? ""}\r\n`);
  const size = await answerSize(port, request);
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const buffer = new Uint8Array(65536);
    while (performance.now() < end) {
      const askedAt = performance.now();
      await connection.write(request);
      for (let read = 0; read < size;) read += (await connection.read(buffer)) ?? size;
      times.push(performance.now() - askedAt);
    }
  }));
  times.sort((a, b) => a - b);
  return {
    count: times.length,
    p50: times[Math.floor(times.length * 0.5)]!,
    p99: times[Math.floor(times.length * 0.99)]!,
  };
}

/** User and system time of a process so far. On a busy machine the one figure to compare. */
function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** All answers to a request have one size: dates and request ids do not change theirs. */
async function answerSize(port: number, request: Uint8Array): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(request);
  const buffer = new Uint8Array(1 << 20);
  let length = 0;
  for (;;) {
    const timeout = new Promise<null>((done) => setTimeout(() => done(null), 200));
    const read = await Promise.race([connection.read(buffer.subarray(length)), timeout]);
    if (read === null) return length;
    length += read;
  }
}
