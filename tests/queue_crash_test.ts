// What the queue is for: processes are killed, the database goes away and comes back, disks fill up, and every job that
// was accepted ends once, with the right result.
import assert from "node:assert/strict";
import { contentId } from "../lib/content_id.ts";
import { encodeRecord } from "../lib/formats/record.ts";
import { encodePng } from "../lib/image/png.ts";
import { segment } from "../lib/segment.ts";
import { parseSettings } from "../lib/settings.ts";
import { createComputer } from "../workers/queue/computer.ts";
import { DEAD_QUEUE, TRIES } from "../workers/queue/database.ts";
import { openQueue } from "../workers/queue/job_queue.ts";
import { takeJobs } from "../workers/queue/job_worker.ts";
import { withFolder } from "./fixtures/folder.ts";
import { withQueueFolder } from "./fixtures/queue_folder.ts";
import { whyNoPostgres, withPostgres } from "./fixtures/postgres.ts";
import { type LogLine, startTask } from "./fixtures/task_process.ts";

const IMAGE = encodePng({
  width: 24,
  height: 16,
  data: new Uint8Array(1152).map((_, i) => i % 72 < 36 ? 40 : 200),
});

/** A real job, small, and different for each number. */
async function smallJob(number: number) {
  const settings = parseSettings({ method: "slic", superpixels: 1 + number });
  return { id: await contentId(IMAGE, settings), bytes: IMAGE, settings, maxPixels: 1e6, seconds: 1 };
}

/** A job of some seconds. */
async function longJob(seed: number, train = 60) {
  const settings = parseSettings({ method: "slic", superpixels: 4, train, seed });
  return { id: await contentId(IMAGE, settings), bytes: IMAGE, settings, maxPixels: 1e6, seconds: 1 };
}

const noPostgres = await whyNoPostgres();
Deno.test({
  name:
    `kill -9 of a worker in mid-job and of the database: 50 of 50 jobs end once each with the right result${
      noPostgres ? ` (skipped: ${noPostgres})` : ""
    }`,
  ignore: noPostgres !== undefined,
  fn: () =>
    withPostgres(async ({ url, restart }) => {
      const queue = await openQueue({ url });
      const env = { DATABASE_URL: url, DSC_JOB_SLOTS: "1", DSC_SHUTDOWN_SECONDS: "5" };
      const workers = await Promise.all([startTask("worker", env), startTask("worker", env)]);
      try {
        const [first, second] = workers;
        const jobs = [
          await longJob(1),
          ...await Promise.all(Array.from({ length: 49 }, (_, i) => smallJob(i))),
        ];
        for (const job of jobs) await queue.submit(job);
        // whoever has the long job dies of it in the middle
        const { id } = jobs[0]!;
        const has = (worker: typeof first) =>
          worker.lines.some((line) => line.event === "job started" && line["id"] === id);
        await first.until(() => has(first) || has(second), "the long job");
        const [victim, survivor] = has(first) ? [first, second] : [second, first];
        await victim.end("SIGKILL");
        const killedAt = performance.now();
        await restart();
        for (const job of jobs) {
          const status = await queue.finished(job.id, 60_000);
          assert.equal(status?.state, "succeeded", JSON.stringify(status));
        }
        const again = survivor.lines.filter((line) => line["id"] === id && line.event === "job started");
        assert.equal(again.length, 1, "the long job was begun again by the other worker");
        assert.ok(performance.now() - killedAt < 60_000);
        const ends = workers.flatMap(({ lines }) => lines).filter(({ event }) => event === "job succeeded");
        assert.deepEqual(new Set(ends.map((line) => line["id"])).size, 50);
        for (const job of jobs) {
          const expected = encodeRecord(await segment(IMAGE, job.settings), IMAGE);
          assert.deepEqual(await queue.record(job.id), expected);
        }
        assert.equal(await survivor.end("SIGTERM"), 0);
      } finally {
        for (const worker of workers) await worker.end("SIGKILL");
        await queue.close();
      }
    }),
});

Deno.test("deno task worker says that it wants a DATABASE_URL", async () => {
  const worker = await startTask("worker", { DATABASE_URL: "" });
  assert.equal(await worker.ended, 2);
  assert.match(JSON.stringify(worker.lines), /set DATABASE_URL/);
});

/** A service in a process of its own, of which requests can be made. */
async function startService(env: Readonly<Record<string, string>>) {
  const server = await startTask("start", env);
  const { port } = await server.until(({ event }) => event === "listening", "listening");
  await server.until(({ event }) => event === "queue open", "the queue");
  return { ...server, url: `http://127.0.0.1:${port}` };
}

/** Has the service queue a picture, a small one if no other is given; gives the address of what is accepted. */
async function submitTo(url: string, query: string, body = IMAGE): Promise<string> {
  const response = await fetch(`${url}/v1/segmentations?method=slic&${query}`, {
    method: "POST",
    body,
    headers: { Prefer: "respond-async" },
  });
  assert.equal(response.status, 202, await response.clone().text());
  return (await response.json()).url as string;
}

/** Waits for a job at a service, and for its result. */
async function expectResult(url: string, path: string): Promise<void> {
  const status = await fetch(`${url}${path}/status`, { headers: { Prefer: "wait=60" } });
  const { state, error } = await status.json();
  assert.equal(state, "succeeded", JSON.stringify(error));
  const result = await fetch(url + path);
  const { superpixelCount, width } = await result.json();
  assert.equal(width, 24);
  assert.ok(superpixelCount > 0);
}

Deno.test("kill -9 and SIGTERM of the service with its own queue: no accepted job is lost", () =>
  withQueueFolder(async (folder) => {
    const env = { DSC_DATA: folder, DSC_WORKERS: "1", DSC_JOB_SLOTS: "1", DSC_SHUTDOWN_SECONDS: "0" };
    let server = await startService(env);
    try {
      // handed back when it is told to stop
      const paths = [await submitTo(server.url, "superpixels=4&train=20")];
      await server.until(({ event }) => event === "job started", "the job");
      const stoppedAt = performance.now();
      assert.equal(await server.end("SIGTERM"), 0);
      assert.ok(performance.now() - stoppedAt < 8000, "it did not end in time");
      assert.ok(server.lines.some(({ event }) => event === "job handed back"));
      // killed with one at work and others in the line
      server = await startService(env);
      await server.until(({ event }) => event === "job started", "the job that was handed back");
      for (let i = 2; i < 6; i++) paths.push(await submitTo(server.url, `superpixels=${i + 10}`));
      await server.end("SIGKILL");
      server = await startService(env);
      const another = await startTask("start", env);
      assert.equal(await another.ended, 1);
      assert.match(JSON.stringify(another.lines), /another process uses it/);
      for (const path of paths) await expectResult(server.url, path);
      assert.equal(await server.end("SIGTERM"), 0);
    } finally {
      await server.end("SIGKILL");
    }
  }));

Deno.test({
  name: `kill -9 of a service over PostgreSQL: what it accepted, another one answers for${
    noPostgres ? ` (skipped: ${noPostgres})` : ""
  }`,
  ignore: noPostgres !== undefined,
  fn: () =>
    withPostgres(async ({ url: DATABASE_URL }) => {
      const env = { DATABASE_URL, DSC_WORKERS: "1", DSC_JOB_SLOTS: "1", DSC_SHUTDOWN_SECONDS: "0" };
      const services = await Promise.all([startService(env), startService(env)]);
      try {
        const ready = ({ event }: LogLine) => event === "slot ready";
        for (const service of services) await service.until(ready, "its slot");
        // whoever has the long job is killed in the middle of it
        const long = await submitTo(services[0].url, "superpixels=4&train=100");
        const isLong = ({ event, id }: LogLine) => event === "job started" && long.endsWith(String(id));
        const has = ({ lines }: typeof services[0]) => lines.some(isLong);
        for (const end = performance.now() + 30_000; !services.some(has);) {
          assert.ok(performance.now() < end, "nobody began the long job");
          await new Promise((done) => setTimeout(done, 10));
        }
        const [first, second] = has(services[0]) ? services : [services[1], services[0]];
        const accepted = [long];
        // killed in the middle of a burst: what was told 202 counts, the rest was never promised
        const lane = async (number: number) => {
          for (let i = number;; i += 4) {
            accepted.push(await submitTo(first.url, `superpixels=${i + 10}`));
            if (accepted.length === 12) await first.end("SIGKILL");
          }
        };
        for (const { reason } of await Promise.allSettled([0, 1, 2, 3].map(lane)) as { reason: unknown }[]) {
          assert.ok(reason instanceof TypeError, String(reason)); // the connection broke off
        }
        assert.ok(accepted.length >= 12);
        const killedAt = performance.now();
        await second.until(isLong, "the long job, again");
        assert.ok(performance.now() - killedAt < 30_000, "it did not begin again in time");
        for (const path of accepted) await expectResult(second.url, path);
        assert.equal(await second.end("SIGTERM"), 0);
      } finally {
        for (const service of services) await service.end("SIGKILL");
      }
    }),
});

Deno.test("a job that kills its process each time is given up after three tries, with its cause, and harms no other", () =>
  withQueueFolder(async (folder) => {
    const main = new URL("./fixtures/poisoned_compute.ts", import.meta.url);
    const queue = await openQueue({ folder });
    const worker = takeJobs(queue, { createComputer: () => createComputer(main.pathname) });
    try {
      const settings = parseSettings();
      const texts = ["one", "poison", "two", "three"];
      const ids = await Promise.all(texts.map(async (text) => {
        const bytes = new TextEncoder().encode(text);
        const id = await contentId(bytes, settings);
        await queue.submit({ id, bytes, settings, maxPixels: 1, seconds: 1 });
        return id;
      }));
      for (const [i, text] of texts.entries()) {
        const { state, tries, error } = (await queue.finished(ids[i]!, 30_000))!;
        if (text === "poison") {
          assert.deepEqual([state, tries, error?.code], ["failed", TRIES, "worker_crashed"]);
          assert.match(error!.message, /exit code 134 after saying "Fatal JavaScript out of memory"/);
        } else {
          assert.deepEqual([state, tries], ["succeeded", 1]);
          assert.equal(new TextDecoder().decode(await queue.record(ids[i]!)), text);
        }
      }
      assert.equal((await queue.database.boss.findJobs(DEAD_QUEUE)).length, 1);
    } finally {
      await worker.close(0);
      await queue.close();
    }
  }));

Deno.test("a heap that overflows ends the job's process and nothing else, and says so", async () => {
  const args = ["run", "-A", "--lock=dev.lock", "tests/fixtures/overflow_heap.ts"];
  const { stdout, code } = await new Deno.Command("deno", { args, stdin: "null", env: { NO_COLOR: "1" } })
    .output();
  const said = new TextDecoder().decode(stdout);
  assert.equal(code, 0, said);
  assert.match(
    said,
    /^small heap: worker_crashed Cannot finish job: its process ended (by|with) .*out of memory/,
  );
  assert.match(said, /^usual heap: 24 x 16$/m);
});

Deno.test({
  name: `wasm memory that runs out costs a job its three tries, and nobody else anything${
    noPostgres ? ` (skipped: ${noPostgres})` : ""
  }`,
  ignore: noPostgres !== undefined,
  fn: () =>
    withPostgres(async ({ url: DATABASE_URL }) => {
      // 100 MB for each wasm module of the service and its compute processes: enough for small pictures
      const DENO_V8_FLAGS = "--wasm-max-mem-pages=1600";
      const service = await startService({
        DATABASE_URL,
        DENO_V8_FLAGS,
        DSC_WORKERS: "1",
        DSC_JOB_SLOTS: "2",
      });
      try {
        const { url } = service;
        const large = encodePng({ width: 900, height: 640, data: new Uint8Array(900 * 640 * 3).fill(90) });
        const hungry = await submitTo(url, "superpixels=4", large);
        const others = await Promise.all([1, 2, 3, 4].map((i) => submitTo(url, `superpixels=${i}`)));
        const failed = await fetch(`${url}${hungry}/status`, { headers: { Prefer: "wait=60" } });
        const { state, tries, error } = await failed.json();
        assert.deepEqual([state, tries, error.code], ["failed", TRIES, "backend_out_of_memory"]);
        assert.match(error.message, /the wasm heap is full/);
        for (const path of others) await expectResult(url, path);
        // small work is answered at once, by isolates of the service itself: one of them ends, too
        const post = (body: Uint8Array<ArrayBuffer>) =>
          fetch(`${url}/v1/segmentations?method=slic&superpixels=9`, { method: "POST", body });
        const refused = await post(large);
        assert.deepEqual([refused.status, (await refused.json()).code], [503, "backend_out_of_memory"]);
        const answered = await post(IMAGE);
        assert.deepEqual([answered.status, (await answered.json()).width], [201, 24]);
        const metrics = await (await fetch(`${url}/metrics`)).text();
        assert.match(metrics, /^dsc_jobs_replaced_total 1$/m);
        assert.equal(await service.end("SIGTERM"), 0);
      } finally {
        await service.end("SIGKILL");
      }
    }),
});

Deno.test("a running job's process ends within 2 s of cancel()", () =>
  withQueueFolder(async (folder) => {
    const queue = await openQueue({ folder });
    const worker = takeJobs(queue);
    try {
      const job = await longJob(2, 5000);
      await queue.submit(job);
      while ((await queue.status(job.id))!.progress?.stage !== "superae") await queue.changed(job.id, 1000);
      const startedAt = performance.now();
      await queue.cancel(job.id);
      while (worker.running > 0) await new Promise((done) => setTimeout(done, 10));
      assert.ok(performance.now() - startedAt < 2000);
    } finally {
      await worker.close(0);
      await queue.close();
    }
  }));

/** What a command says, run with a file system of its own mounted at a folder. */
async function withMount(folder: string, options: string, command: string): Promise<string> {
  const script = `mount -t tmpfs -o ${options} tmpfs "$0" && ${command}`;
  const args = ["-c", `unshare -rm bash -c '${script}' "$0"`, folder];
  const { stdout, stderr } = await new Deno.Command("bash", { args, stdin: "null", env: { NO_COLOR: "1" } })
    .output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

const canMount = await withFolder(async (folder) => {
  if (!/mounted/.test(await withMount(folder, "ro", "echo mounted"))) throw new Error();
}).then(() => true, () => false);
const noMount = canMount ? "" : " (skipped: no file system can be mounted here)";

Deno.test({
  name: `a full disk is told as such, and what was accepted before stays${noMount}`,
  ignore: !canMount,
  fn: () =>
    withQueueFolder(async (folder) => {
      await Deno.mkdir(`${folder}/blobs`);
      const said = await withMount(
        `${folder}/blobs`,
        "size=64k",
        "deno run -A tests/fixtures/fill_disk.ts $0",
      );
      assert.match(said, /^small: queued$/m);
      assert.match(said, /^large: storage_full: Cannot keep job: the disk of the queue is full/m);
      assert.match(said, /^small after that: queued$/m);
    }),
});

Deno.test({
  name: `a data folder that cannot be written to is refused with the way out${noMount}`,
  ignore: !canMount,
  fn: () =>
    withFolder(async (folder) => {
      const said = await withMount(folder, "ro", "DSC_DATA=$0 PORT=0 deno task start");
      assert.match(
        said,
        /Cannot open data folder .*: it cannot be written to.*set DSC_DATA to another folder/,
      );
    }),
});
