/**
 * "Run here" against the same library in this process: milliseconds of one photograph in Debian's chromium and in Deno, by
 * turns, and what the engine's files weigh.
 *
 *     deno run --lock=dev.lock -A bench/engine_bench.ts [rounds]
 *
 * The fastest round of each counts: what else the machine does only ever adds.
 */
// deno-lint-ignore-file no-console -- a bench prints what it measures
import { Buffer } from "node:buffer";
import { segment } from "../lib/segment.ts";
import { createApp } from "../routes/app.ts";
import { gzip } from "../routes/gzip.ts";
import { launchChromium } from "../tests/browser/chromium.ts";
import { HARNESS, withEnginePage } from "../tests/browser/engine_host.ts";
import type { harness as Harness } from "../tests/browser/engine_page.ts";
import { stubSegmenter } from "../tests/fixtures/stub_segmenter.ts";

/** In the page alone. */
declare const harness: typeof Harness;

const root = new URL("../web/", import.meta.url);

if (import.meta.main) {
  await weigh();
  await race(Number(Deno.args[0] ?? 5));
}

/** Bytes of each file as it is and as it travels. */
async function weigh(): Promise<void> {
  const folder = new URL("dist/engine/", root);
  const [engine] = [...Deno.readDirSync(folder)];
  let sum = 0, packedSum = 0;
  for (const { name } of Deno.readDirSync(new URL(`${engine!.name}/`, folder))) {
    const file = await Deno.readFile(new URL(`${engine!.name}/${name}`, folder));
    const packed = await gzip(file);
    sum += file.length;
    packedSum += packed.length;
    console.log(`${name.padEnd(32)} ${String(file.length).padStart(8)} ${String(packed.length).padStart(8)}`);
  }
  console.log(
    `${"all".padEnd(32)} ${String(sum).padStart(8)} ${String(packedSum).padStart(8)} bytes under gzip`,
  );
}

/** Times both, by turns. */
async function race(rounds: number): Promise<void> {
  const photo = await Deno.readFile(new URL("static/samples/black-canyon.jpg", root));
  const app = createApp({ segmenter: stubSegmenter({ segmented: 0, encoded: 0, settings: [] }) });
  const host = await withEnginePage(app);
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => host.fetch(request),
  );
  const browser = await launchChromium();
  const context = await browser.newContext();
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  context.on("requestfinished", (request) => {
    if (!request.url().includes("/engine/")) return;
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(`http://127.0.0.1:${server.addr.port}${HARNESS}`);
  const base64 = Buffer.from(photo).toString("base64");
  const inPage = async () => (await page.evaluate((image) => harness.segment(image), base64)).total;
  const here = async () => (await segment(photo)).timings.total!;
  console.log(`first time: chromium ${(await inPage()).toFixed()} ms, Deno ${(await here()).toFixed()} ms`);
  const loaded = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  console.log(`loaded by the worker: ${sizes.length} files, ${loaded} bytes under gzip`);
  let best = Infinity, bestHere = Infinity;
  for (let i = 0; i < rounds; i++) {
    best = Math.min(best, await inPage());
    bestHere = Math.min(bestHere, await here());
  }
  console.log(
    `then: chromium ${best.toFixed()} ms, Deno ${bestHere.toFixed()} ms, ratio ${
      (best / bestHere).toFixed(2)
    }`,
  );
  await browser.close();
  await server.shutdown();
}
