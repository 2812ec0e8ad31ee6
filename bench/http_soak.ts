// deno-lint-ignore-file no-console
/**
 * Many clients at once, for a while: nothing may crash, hang or grow. Prints answers by status, latency, and the server's
 * memory.
 *
 *     deno task bench:soak [clients] [seconds]
 */
import { encodePng } from "../lib/image/png.ts";
import { createRandom } from "../lib/random.ts";

const [clients = "200", seconds = "30"] = Deno.args;

const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "--no-prompt", "--no-check", "--allow-net", "--allow-read", "--allow-env", "server.ts"],
  cwd: new URL("..", import.meta.url),
  env: { PORT: "0", DSC_QUEUE: "16" },
  stderr: "piped",
}).spawn();
const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
const port = Number(/"port":(\d+)/.exec((await lines.read()).value ?? "")?.[1]);
const url = `http://127.0.0.1:${port}`;
let ended = false;
child.status.then(() => ended = true);
(async () => {
  for (;;) {
    const { done, value } = await lines.read();
    if (done) return;
    if (value.includes('"error"')) console.log(value);
  }
})();

const random = createRandom(7);
const image = encodePng({
  width: 120,
  height: 80,
  data: Uint8Array.from({ length: 28_800 }, () => random() * 256),
});
const counts = new Map<string, number>();
const times: number[] = [];
const results: string[] = [];
const end = performance.now() + Number(seconds) * 1000;
let seed = 0;

/** What clients do: mostly fetch results, sometimes have one made, sometimes send rubbish or leave early. */
async function act(): Promise<Response> {
  const choice = random();
  if (choice < 0.2) {
    return await fetch(`${url}/v1/segmentations?seed=${seed++}`, { method: "POST", body: image });
  }
  if (choice < 0.3) {
    return await fetch(`${url}/v1/segmentations`, { method: "POST", body: image.slice(0, 200) });
  }
  if (choice < 0.35) return await fetch(`${url}/v1/segmentations?seed=x`, { method: "POST", body: image });
  if (choice < 0.4) {
    const signal = AbortSignal.timeout(50 + random() * 200);
    return await fetch(`${url}/v1/segmentations?seed=${seed++}`, { method: "POST", body: image, signal });
  }
  if (choice < 0.5 || results.length === 0) return await fetch(`${url}/healthz`);
  const format = ["labels.png", "overlay.png", "regions.svg", "coco.json"][Math.floor(random() * 4)];
  return await fetch(`${url}${results[Math.floor(random() * results.length)]}/${format}`);
}

await Promise.all(Array.from({ length: Number(clients) }, async () => {
  while (performance.now() < end && !ended) {
    const startedAt = performance.now();
    let outcome: string;
    try {
      const response = await act();
      await response.bytes();
      outcome = String(response.status);
      const made = response.headers.get("Location");
      if (made && results.length < 500) results.push(made);
    } catch (error) {
      outcome = (error as Error).name;
    }
    times.push(performance.now() - startedAt);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
}));

times.sort((a, b) => a - b);
const at = (share: number) => times[Math.floor((times.length - 1) * share)]!.toFixed(0);
const memory = (name: string) => {
  const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
  return (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024).toFixed(0);
};
console.log(
  `${clients} clients for ${seconds} s: ${times.length} answers`,
  Object.fromEntries([...counts].sort()),
);
console.log(`p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
console.log(
  `server ${ended ? "HAS ENDED" : "is alive"}, ${memory("VmRSS")} MB now, ${memory("VmHWM")} MB at most`,
);
const startedAt = performance.now();
await (await fetch(`${url}/healthz`)).bytes();
console.log(`/healthz afterwards in ${(performance.now() - startedAt).toFixed(1)} ms`);
child.kill("SIGTERM");
console.log(`exit code ${(await child.status).code} after SIGTERM`);
