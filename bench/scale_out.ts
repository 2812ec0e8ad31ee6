// deno-lint-ignore-file no-console -- a bench prints what it measures
/**
 * How much sooner two worker processes with a slot each finish the same jobs than one does, through PostgreSQL: jobs of a
 * few seconds, which fit the network to the photograph first, as those are that go to the queue; with --train 0 default
 * segmentations of half a second. It means something on two idle cores.
 *
 *     DATABASE_URL=postgres://... deno run --lock=dev.lock -A bench/scale_out.ts [--jobs 12] [--train 40] [--rounds 5]
 */
import { parseArgs } from "node:util";
import { parseSettings } from "../lib/settings.ts";
import { type JobQueue, openQueue } from "../workers/queue/job_queue.ts";

const PHOTO = new URL("../web/static/samples/coffee.jpg", import.meta.url);
/** Longer than all jobs of a round take. */
const PATIENCE_MS = 600_000;

/** A worker process that is ready for its first job. */
async function startWorker(): Promise<Deno.ChildProcess> {
  const worker = new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "worker"],
    env: { DSC_JOB_SLOTS: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = worker.stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let said = ""; !said.includes("slot ready");) {
    const { done, value } = await lines.read();
    if (done) throw new Error("the worker ended before it was ready");
    said += value;
  }
  // what it says later must go somewhere
  (async () => {
    while (!(await lines.read()).done);
  })();
  return worker;
}

/** Seconds that so many worker processes take for the jobs. */
async function timeJobs(queue: JobQueue, workerCount: number, jobs: number, train: number): Promise<number> {
  const workers = await Promise.all(Array.from({ length: workerCount }, startWorker));
  const startedAt = performance.now();
  const ids = await Promise.all(Array.from({ length: jobs }, async (_, seed) => {
    const id = crypto.randomUUID();
    await queue.submit({ id, bytes, settings: parseSettings({ seed, train }), maxPixels: 1e6, seconds: 1 });
    return id;
  }));
  for (const id of ids) {
    const status = await queue.finished(id, PATIENCE_MS);
    if (status?.state !== "succeeded") throw new Error(`a job ended as ${status?.state}`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  for (const worker of workers) worker.kill("SIGTERM");
  await Promise.all(workers.map((worker) => worker.status));
  return seconds;
}

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "12" },
    train: { type: "string", default: "40" },
    rounds: { type: "string", default: "5" },
  },
});
const jobs = Number(values.jobs), train = Number(values.train), url = Deno.env.get("DATABASE_URL");
if (!url) {
  console.error("Set DATABASE_URL to an empty PostgreSQL database");
  Deno.exit(2);
}
const queue = await openQueue({ url, folder: "out", waitingLimit: jobs });
const bytes = await Deno.readFile(PHOTO), ratios: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const one = await timeJobs(queue, 1, jobs, train), two = await timeJobs(queue, 2, jobs, train);
  ratios.push(one / two);
  console.log(
    `${jobs} jobs: one worker ${one.toFixed(1)} s, two ${two.toFixed(1)} s, ${
      (one / two).toFixed(2)
    } times as fast`,
  );
}
await queue.close();
console.log(`median ${ratios.sort((a, b) => a - b)[ratios.length >> 1]!.toFixed(2)}`);
Deno.exit(0);
