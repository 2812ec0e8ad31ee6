// The command line as users run it: a process, the real segmenter, the real exit code.
import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage } from "../lib/image/mod.ts";
import { withFolder } from "./fixtures/folder.ts";
import { quadrantsPng } from "./fixtures/quadrants.ts";

const COMMAND = ["run", "--no-prompt", "--allow-read=.", "--allow-write=out", "cli.ts"];
/** Little work, the same code. */
const QUICK = ["--superpixels", "40", "--iterations", "8"];

interface Ended {
  readonly code: number;
  readonly out: Uint8Array<ArrayBuffer>;
  readonly err: string;
}

async function cli(args: readonly string[], stdin?: Uint8Array): Promise<Ended> {
  const child = new Deno.Command("deno", {
    args: [...COMMAND, ...args],
    stdin: stdin ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  if (stdin) await new Blob([Uint8Array.from(stdin)]).stream().pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  return { code, out: stdout, err: new TextDecoder().decode(stderr) };
}

Deno.test("segment writes a file's labels and prints no progress into a pipe", () =>
  withFolder(async (folder) => {
    const photo = join(folder, "photo.png");
    await Deno.writeFile(photo, quadrantsPng(64, 48));
    const { code, out, err } = await cli(["segment", photo, "-o", folder, ...QUICK]);
    assert.equal(code, 0, err);
    assert.equal(err, "");
    assert.match(new TextDecoder().decode(out), /regions? in 64 x 48 pixels, [\d.]+ s on wasm\n/);
    const labels = await decodeImage(await Deno.readFile(join(folder, "photo.labels.png")));
    assert.deepEqual([labels.width, labels.height], [64, 48]);
    assert.ok(new Set(labels.data).size >= 4);
  }));

Deno.test("segment - is a filter from a picture to a PNG file", async () => {
  const { code, out, err } = await cli(["segment", "-", "-f", "mean", ...QUICK], quadrantsPng(64, 48));
  assert.equal(code, 0, err);
  const { width, height, data } = await decodeImage(out);
  assert.deepEqual([width, height], [64, 48]);
  // the corners keep their colours
  assert.ok(data[0]! > 150 && data[1]! < 90, `red corner is ${data.slice(0, 3)}`);
});

Deno.test("segment --json gives the same regions for the same seed", async () => {
  const run = () => cli(["segment", "-", "--json", "--seed", "3", ...QUICK], quadrantsPng(64, 48));
  const [one, two] = [await run(), await run()].map(({ out }) => JSON.parse(new TextDecoder().decode(out)));
  assert.ok(one.regionCount >= 4);
  assert.equal(one.settings.seed, 3);
  assert.deepEqual(one.regions, two.regions);
  assert.deepEqual(one.losses, two.losses);
});

Deno.test("-C in front of the command makes paths start there", () =>
  withFolder(async (folder) => {
    await Deno.writeFile(join(folder, "photo.png"), quadrantsPng(64, 48));
    const { code, err } = await cli([
      "-C",
      folder,
      "segment",
      "photo.png",
      "-o",
      "results/",
      "-f",
      "svg",
      ...QUICK,
    ]);
    assert.equal(code, 0, err);
    assert.match(await Deno.readTextFile(join(folder, "results", "photo.regions.svg")), /^<svg /);
  }));

Deno.test("segment answers 3 for a file that is no picture", async () => {
  const { code, err } = await cli(["segment", "deno.json", "--json"]);
  assert.equal(code, 3);
  assert.match(err, /^deno\.json: Cannot decode image/);
});

Deno.test("segment answers 2 for a flag that is not known", async () => {
  const { code, err } = await cli(["segment", "photo.jpg", "--sed", "4"]);
  assert.equal(code, 2);
  assert.match(err, /Did you mean --seed\?/);
});

Deno.test("segment stops on SIGINT with 130, long before its work is done, and leaves no half of a file", () =>
  withFolder(async (folder) => {
    const photo = join(folder, "photo.png"), text = join(folder, "text.png");
    await Deno.writeFile(photo, quadrantsPng(320, 240));
    await Deno.writeTextFile(text, "not a picture");
    const child = new Deno.Command("deno", {
      // the text fails at once, which tells that the work has begun; the picture would take half an hour
      args: [...COMMAND, "segment", text, photo, "-o", join(folder, "results"), "--train", "10000"],
      stdout: "null",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    let err = "", stopped = 0;
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      err += chunk;
      if (stopped === 0 && err.includes("not an image")) {
        await new Promise((done) => setTimeout(done, 500));
        stopped = performance.now();
        child.kill("SIGINT");
      }
    }
    const { code } = await child.status;
    assert.equal(code, 130, err);
    assert.match(err, /Interrupted: 0 of 2 files were done/);
    assert.ok(performance.now() - stopped < 30_000, `took ${performance.now() - stopped} ms`);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["photo.png", "text.png"]);
  }));

Deno.test("serve answers on its port until SIGINT", async () => {
  const child = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-read=.", "--allow-net=127.0.0.1", "cli.ts", "serve", "--port", "0"],
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let err = "", answer: unknown;
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    err += chunk;
    const url = /Listening on (\S+) until/.exec(err)?.[1];
    if (url && answer === undefined) {
      answer = await (await fetch(`${url}healthz`)).json();
      child.kill("SIGINT");
    }
  }
  assert.deepEqual(answer, { status: "ok" }, err);
  assert.equal((await child.status).code, 0);
});
