// The command `batch`, over a real queue in a folder and, but for one test, with a stub that computes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Interrupted } from "../cli/exit_code.ts";
import { createBatchProgress } from "../cli/batch_progress.ts";
import { findBatchFiles } from "../cli/batch_files.ts";
import { runCli } from "../cli.ts";
import { encodePng } from "../lib/image/png.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import { QueueError } from "../workers/queue/errors.ts";
import { type JobQueue, openQueue } from "../workers/queue/job_queue.ts";
import { takeJobs } from "../workers/queue/job_worker.ts";
import { withFolder } from "./fixtures/folder.ts";
import { withQueueFolder } from "./fixtures/queue_folder.ts";
import { stubComputer } from "./fixtures/queue_computers.ts";
import { type StubLog, stubSegmenter } from "./fixtures/stub_segmenter.ts";
import { stubTerminal } from "./fixtures/stub_terminal.ts";

function picture(value: number): Uint8Array<ArrayBuffer> {
  return encodePng({ width: 8, height: 6, data: new Uint8Array(144).fill(value) });
}

/** Writes files, by path below the folder. */
async function write(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(join(folder, path), content);
    else await Deno.writeFile(join(folder, path), content);
  }
}

/** Runs `batch`; `computed` counts the jobs that were computed. */
async function batch(
  folder: string,
  args: readonly string[],
  options: { signal?: AbortSignal; onStarted?: () => void; onQueue?: (queue: JobQueue) => void } = {},
) {
  const { signal = new AbortController().signal, onStarted = () => {}, onQueue = () => {} } = options;
  const terminal = stubTerminal();
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  let computed = 0;
  const code = await runCli(["batch", ...args], {
    terminal,
    signal,
    // as an encoder takes its time, a line forms before it
    openRunner: (options) => stubSegmenter(log, { ...options, encodingMs: 20 }),
    openQueue: async () => {
      const queue = await openQueue({ folder });
      onQueue(queue);
      const worker = takeJobs(queue, {
        slots: 2,
        createComputer: stubComputer,
        onEvent: ({ event }) => {
          if (event === "job started") onStarted();
          if (event === "job succeeded") computed++;
        },
      });
      return {
        queue,
        async close() {
          await worker.close(0);
          await queue.close();
        },
      };
    },
  });
  return { code, computed, said: terminal.err() };
}

async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...(await names(join(folder, name))).map((below) => join(name, below)));
    else found.push(name);
  }
  return found.sort();
}

Deno.test("batch segments all pictures below a folder, lists failures at the end, and does nothing twice", () =>
  withQueueFolder(async (folder) => {
    const photos = join(folder, "photos"), out = join(folder, "out");
    await write(photos, {
      "a.png": picture(1),
      "b/c.png": picture(2),
      "b/again.png": picture(2),
      "bad.jpg": "no picture",
      "notes.txt": "no picture either",
    });
    const first = await batch(folder, [photos, "-o", out, "-f", "labels", "-f", "json", "--seed", "10"]);
    assert.equal(first.code, 1);
    assert.match(
      first.said,
      /^3 done in .* 1 failed\n\n1 of 4 pictures failed:\n {2}\S*bad.jpg: Cannot decode image/,
    );
    assert.deepEqual(await names(out), [
      "a.labels.png",
      "a.regions.json",
      "b/again.labels.png",
      "b/again.regions.json",
      "b/c.labels.png",
      "b/c.regions.json",
    ]);
    assert.equal(JSON.parse(await Deno.readTextFile(join(out, "a.regions.json"))).settings.seed, 10);

    const missing = await batch(folder, [join(photos, "nowhere.png"), "-o", out, "--seed", "10"]);
    assert.match(missing.said, /nowhere\.png: no such file\n/);

    await Deno.remove(join(photos, "bad.jpg"));
    await write(photos, { "d.png": picture(3) });
    const second = await batch(folder, [photos, "-o", out, "-f", "labels", "-f", "json", "--seed", "10"]);
    assert.deepEqual([second.code, second.computed], [0, 1]);
    assert.match(second.said, /^1 done in .*, 3 were done before\n$/);

    // a result that is gone is made again; other options are other work
    await Deno.remove(join(out, "a.labels.png"));
    assert.equal((await batch(folder, [photos, "-o", out, "-f", "labels", "--seed", "10"])).computed, 1);
    assert.equal((await batch(folder, [photos, "-o", out, "-f", "labels", "--seed", "20"])).computed, 3);
  }));

Deno.test("batch writes results that are known already, more of them at once than an encoder lets wait by itself", () =>
  withQueueFolder(async (folder) => {
    const photos = join(folder, "photos"), count = 30;
    await write(
      photos,
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.png`, picture(i)])),
    );
    // the second batch keeps its records, as the first one's jobs are known; the third finds them all at once
    for (const name of ["first", "second", "third"]) {
      const out = join(folder, name);
      const { code, said } = await batch(folder, [photos, "-o", out, "-f", "labels", "--seed", "10"]);
      assert.equal(code, 0, said);
      assert.equal((await names(out)).length, count);
    }
  }));

Deno.test("batch that is interrupted goes on where it was", () =>
  withQueueFolder(async (folder) => {
    const photos = join(folder, "photos");
    await write(photos, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}.png`, picture(i)])));
    const stop = new AbortController();
    let started = 0;
    const first = await batch(folder, [photos, "--seed", "50"], {
      signal: stop.signal,
      onStarted: () => {
        if (++started === 8) stop.abort(new Interrupted("SIGINT"));
      },
    });
    assert.equal(first.code, 130);
    assert.match(first.said, /are open\nInterrupted; the same command goes on from here/);
    const second = await batch(folder, [photos, "--seed", "50"]);
    assert.equal(second.code, 0);
    assert.ok(second.computed <= 20 - (first.computed - 1), `${first.computed} and ${second.computed}`);
    assert.equal((await names(photos)).filter((name) => name.endsWith(".overlay.png")).length, 20);
  }));

Deno.test("batch waits for a database that is away for a moment", () =>
  withQueueFolder(async (folder) => {
    const photos = join(folder, "photos");
    await write(photos, { "a.png": picture(1), "b.png": picture(2) });
    const { code, computed, said } = await batch(folder, [photos, "--seed", "10"], {
      onQueue(queue) {
        const { finished } = queue;
        let away = true;
        queue.finished = async (...args) => {
          const status = await finished.apply(queue, args);
          if (!away) return status;
          away = false;
          throw new QueueError("jobs_unavailable", "Cannot reach queue");
        };
      },
    });
    assert.deepEqual([code, computed], [0, 2]);
    assert.match(said, /^2 done in/);
  }));

Deno.test("findBatchFiles() reads folders, globs and lists, and takes no result for a picture", () =>
  withFolder(async (folder) => {
    await write(folder, {
      "in/a.jpg": "",
      "in/a.png": "",
      "in/x/b.PNG": "",
      "in/x/b.labels.png": "",
      "in/x/c.gif": "",
      "list.txt": "in/a.jpg\n\nin/x\n",
    });
    const find = async (input: string, output?: string) =>
      (await findBatchFiles({ inputs: [join(folder, input)], output, formats: ["mean.png"] }))
        .map(({ path, destinations }) =>
          [path, destinations[0]!.path].map((p) => p.replace(`${folder}/`, ""))
        );
    assert.deepEqual(await find("in"), [
      ["in/a.jpg", "in/a.jpg.mean.png"], // told apart from a.png's
      ["in/a.png", "in/a.png.mean.png"],
      ["in/x/b.PNG", "in/x/b.mean.png"],
      ["in/x/c.gif", "in/x/c.mean.png"],
    ]);
    assert.deepEqual(await find("in/**/*.{gif,jpg}", "out"), [
      ["in/a.jpg", "out/a.mean.png"],
      ["in/x/c.gif", "out/x/c.mean.png"],
    ]);
    assert.deepEqual((await find("in/?.[jp]*")).map(([path]) => path), ["in/a.jpg", "in/a.png"]);
    assert.deepEqual((await find("list.txt", "out")).map(([, to]) => to), [
      "out/a.mean.png",
      "out/b.mean.png",
      "out/c.mean.png",
    ]);
    await write(folder, { "photos (2)/a(1).jpg": "", "photos (2)/b|c.jpg": "" });
    assert.deepEqual((await find("photos (2)/*.jpg")).map(([path]) => path), [
      "photos (2)/a(1).jpg",
      "photos (2)/b|c.jpg",
    ]);
    assert.deepEqual((await find("photos (2)/a(1)*")).map(([path]) => path), ["photos (2)/a(1).jpg"]);
    // a list that names itself is read once
    await write(folder, { "self.txt": "self.txt\nin/a.jpg\n" });
    assert.deepEqual((await find("self.txt")).map(([path]) => path), ["in/a.jpg"]);
    // one file, named in two ways, is one picture; two files that would have one result are refused
    const inputs = [join(folder, "in/x/c.gif"), `${folder}/in/./x/c.gif`];
    assert.equal((await findBatchFiles({ inputs, output: undefined, formats: ["mean.png"] })).length, 1);
    await write(folder, { "other/c.gif": "" });
    await assert.rejects(
      findBatchFiles({
        inputs: [join(folder, "in/x"), join(folder, "other")],
        output: join(folder, "out"),
        formats: ["mean.png"],
      }),
      { name: "UsageError", message: /in\/x\/c\.gif and \S*other\/c\.gif would both be called \S*out\/c/ },
    );
    await assert.rejects(find("in/*.tiff"), {
      name: "UsageError",
      message: /there is no PNG, JPEG or GIF file/,
    });
  }));

Deno.test("createBatchProgress() shows a bar, speed and time left on a terminal, and nothing of the kind elsewhere", () => {
  let time = 0;
  const terminal = stubTerminal({ stderrIsTerminal: true, columns: 100 });
  const progress = createBatchProgress(terminal, 10, false, () => time);
  for (let i = 0; i < 5; i++) {
    time += 2000;
    progress.count(i === 3 ? "failed" : "done");
  }
  assert.match(terminal.err(), /={12}-{12} {2}5\/10 {2}1 failed {2}0\.5\/s {2}10 s left$/);
  progress.end();
  assert.match(terminal.err(), /4 done in 10\.0 s \(0\.40\/s\), 1 failed, 5 are open\n$/);
  const pipe = stubTerminal();
  createBatchProgress(pipe, 10, false, () => time).count("done");
  assert.equal(pipe.err(), "");
});

Deno.test("batch --jobs and formats are checked before anything is opened", async () => {
  const context = (terminal = stubTerminal()) => ({
    terminal,
    signal: new AbortController().signal,
    openRunner: () => createSegmentRunner({ size: 1 }),
    openQueue: () => assert.fail("the queue was opened"),
  });
  for (
    const [args, message] of [
      [[], /batch needs a folder/],
      [["x", "--jobs", "many"], /--jobs: want a whole number from 0 to 256/],
      [["x", "-f", "hierarchy", "--method", "slic"], /needs a hierarchy/],
      [["x", "--regionz", "3"], /Did you mean --regions\?/],
    ] as const
  ) {
    const given = context();
    assert.equal(await runCli(["batch", ...args], given), 2);
    assert.match(given.terminal.err(), message);
  }
});
