/**
 * Many clients at once, for a while: nothing may crash, hang or grow, and every answer must be whole. Prints answers by
 * status, latency, and the server's memory. `tests/hostility_test.ts` does the same for a few seconds.
 *
 *     deno task bench:soak [clients] [seconds]
 */
import { encodePng } from "../lib/image/png.ts";
import { createRandom } from "../lib/random.ts";

/** What came of it. */
export interface SoakReport {
  /** Answers by status, or by the name of what the client threw. */
  readonly counts: Readonly<Record<string, number>>;
  /** Milliseconds of each answer, ascending. */
  readonly times: readonly number[];
  /** Answers that were not what their status and media type say. */
  readonly malformed: readonly string[];
  /** Whether the server ended before it was told to. */
  readonly ended: boolean;
  /** Most memory that the server said it had, in MB. */
  readonly peakMb: number;
  /** Milliseconds of /healthz when all clients have gone. */
  readonly afterMs: number;
  /** Of the server after SIGTERM. */
  readonly exitCode: number;
  /** Lines of the server's log that tell of an error. */
  readonly errors: readonly string[];
}

/**
 * Starts the service and lets clients loose on it.
 *
 * @param data Folder of the service's queue, `none` for no queue.
 */
export async function soak(clients: number, seconds: number, data = "none"): Promise<SoakReport> {
  const child = new Deno.Command("deno", {
    args: ["run", "--no-check", "-A", "server.ts"],
    cwd: new URL("..", import.meta.url),
    env: { PORT: "0", DSC_WORKERS: "2", DSC_QUEUE: "16", DSC_DATA: data, NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number(/"port":(\d+)/.exec((await lines.read()).value ?? "")?.[1]);
  const url = `http://127.0.0.1:${port}`;
  let ended = false;
  child.status.then(() => ended = true);
  const errors: string[] = [];
  const reading = (async () => {
    for (;;) {
      const { done, value } = await lines.read();
      if (done) return;
      errors.push(...value.split("\n").filter((line) => line.includes('"event":"error"')));
    }
  })();

  const act = createClient(url);
  const counts: Record<string, number> = {};
  const times: number[] = [];
  const malformed: string[] = [];
  let peakMb = 0;
  const end = performance.now() + seconds * 1000;
  await Promise.all(Array.from({ length: clients }, async (_, client) => {
    while (performance.now() < end && !ended) {
      const startedAt = performance.now();
      let outcome: string;
      try {
        const response = await act();
        const bytes = await response.bytes();
        outcome = String(response.status);
        const fault = whatIsWrong(response, bytes);
        if (fault) malformed.push(fault);
      } catch (error) {
        outcome = (error as Error).name;
      }
      times.push(performance.now() - startedAt);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (client === 0) peakMb = Math.max(peakMb, await memoryOf(url));
    }
  }));
  const startedAt = performance.now();
  await (await fetch(`${url}/healthz`)).bytes();
  const afterMs = performance.now() - startedAt;
  const endedEarly = ended;
  child.kill("SIGTERM");
  const { code } = await child.status;
  await reading;
  times.sort((a, b) => a - b);
  return { counts, times, malformed, ended: endedEarly, peakMb, afterMs, exitCode: code, errors };
}

/** What clients do: mostly fetch results, sometimes have one made, sometimes send rubbish or leave early. */
function createClient(url: string): () => Promise<Response> {
  const random = createRandom(7);
  const image = encodePng({
    width: 120,
    height: 80,
    data: Uint8Array.from({ length: 28_800 }, () => random() * 256),
  });
  const results: string[] = [];
  let seed = 0;
  const post = (query: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal | null = null) =>
    fetch(`${url}/v1/segmentations${query}`, { method: "POST", body, signal });
  return async function act() {
    const choice = random();
    if (choice < 0.2) {
      const response = await post(`?seed=${seed++}`, image);
      const made = response.headers.get("Location");
      if (made && results.length < 500) results.push(made);
      return response;
    }
    if (choice < 0.3) return await post("", image.slice(0, 200));
    if (choice < 0.35) return await post("?seed=x", image);
    if (choice < 0.4) return await post(`?seed=${seed++}`, image, AbortSignal.timeout(50 + random() * 200));
    if (choice < 0.5 || results.length === 0) return await fetch(`${url}/healthz`);
    const format = ["labels.png", "overlay.png", "regions.svg", "coco.json"][Math.floor(random() * 4)];
    return await fetch(`${url}${results[Math.floor(random() * results.length)]}/${format}`);
  };
}

/** Why an answer is not what its status and media type say; `undefined` if it is. */
function whatIsWrong({ status, headers }: Response, bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const type = headers.get("Content-Type") ?? "";
  const text = () => new TextDecoder().decode(bytes);
  try {
    if (status >= 400) {
      if (type === "application/problem+json" && JSON.parse(text()).status === status) return undefined;
    } else if (type === "application/json") {
      JSON.parse(text());
      return undefined;
    } else if (type === "image/png" && bytes[1] === 0x50 && bytes.at(-1) === 0x82) return undefined;
    else if (type === "image/svg+xml" && text().trimEnd().endsWith("</svg>")) return undefined;
  } catch {
    // no JSON
  }
  return `${status} ${type}: ${bytes.length} bytes`;
}

async function memoryOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1] ?? 0) / 1e6;
}

if (import.meta.main) {
  const [clients = "200", seconds = "30"] = Deno.args;
  const data = await Deno.makeTempDir();
  const { counts, times, malformed, ended, peakMb, afterMs, exitCode, errors } = await soak(
    Number(clients),
    Number(seconds),
    data,
  );
  await Deno.remove(data, { recursive: true });
  const at = (share: number) => times[Math.floor((times.length - 1) * share)]!.toFixed(0);
  const report = [
    `${clients} clients for ${seconds} s: ${times.length} answers, ${
      times.length / Number(seconds)
    } a second`,
    `by status: ${Object.entries(counts).sort().map(([name, count]) => `${count} x ${name}`).join(", ")}`,
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
    `${malformed.length} answers malformed, ${errors.length} errors logged; server ${
      ended ? "HAS ENDED" : "alive"
    }, ${peakMb.toFixed(0)} MB at most, the queue's database included`,
    `/healthz afterwards in ${afterMs.toFixed(1)} ms, exit code ${exitCode} after SIGTERM`,
    ...malformed.slice(0, 10),
    ...errors.slice(0, 10),
  ];
  // deno-lint-ignore no-console -- a bench prints
  console.log(report.join("\n"));
}
