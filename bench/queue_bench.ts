// deno-lint-ignore-file no-console -- a bench prints what it measures
/**
 * What the queue itself costs: stub jobs of one second each on many slots, against the time that they would take without a
 * queue; and what submitting and asking cost.
 *
 *     deno run --allow-read --allow-write=out --allow-net --allow-env bench/queue_bench.ts [--jobs 1000] [--slots 64]
 *
 * Over PostgreSQL where there is a DATABASE_URL, else over an embedded database in out/.
 */
import { parseArgs } from "node:util";
import { parseSettings } from "../lib/settings.ts";
import type { Computer } from "../workers/queue/computer.ts";
import { openQueue } from "../workers/queue/job_queue.ts";
import { takeJobs } from "../workers/queue/job_worker.ts";

const JOB_MS = 1000;

/** Takes a second for nothing. */
function sleeper(): Computer {
  return {
    async compute() {
      await new Promise((done) => setTimeout(done, JOB_MS));
      const result = { width: 1, height: 1, regions: 1, backend: "none", timings: {} };
      return { result, record: new Uint8Array(100_000) };
    },
    close: () => Promise.resolve(),
  };
}

const { values } = parseArgs({ options: { jobs: { type: "string" }, slots: { type: "string" } } });
const jobs = Number(values.jobs ?? 1000), slots = Number(values.slots ?? 64);
const folder = `out/queue_bench_${crypto.randomUUID().slice(0, 8)}`;
const url = Deno.env.get("DATABASE_URL");
const queue = await openQueue({ url, folder, waitingLimit: 1e6 });
const settings = parseSettings();
const ids = Array.from({ length: jobs }, () => crypto.randomUUID());

let startedAt = performance.now();
for (const id of ids) {
  await queue.submit({ id, bytes: new Uint8Array(50_000), settings, maxPixels: 1, seconds: 1 });
}
const submitMs = (performance.now() - startedAt) / jobs;

startedAt = performance.now();
for (const id of ids.slice(0, 100)) await queue.status(id);
const statusMs = (performance.now() - startedAt) / Math.min(100, jobs);

/** Transactions of the database so far, which is statements here; PostgreSQL counts them a little late. */
async function transactions(): Promise<number> {
  if (url === undefined) return NaN;
  await new Promise((done) => setTimeout(done, 2000));
  const { rows } = await queue.database.sql(
    "select xact_commit::float8 as n from pg_stat_database where datname = current_database()",
  );
  return (rows as { n: number }[])[0]!.n;
}

const before = await transactions();
let over = 0;
const done = Promise.withResolvers<void>();
startedAt = performance.now();
const worker = takeJobs(queue, {
  slots,
  createComputer: sleeper,
  onEvent: ({ event }) => {
    if (event === "job succeeded" && ++over === jobs) done.resolve();
  },
});
await done.promise;
const seconds = (performance.now() - startedAt) / 1000, ideal = Math.ceil(jobs / slots) * (JOB_MS / 1000);
await worker.close(0);
const statements = (await transactions() - before) / jobs;
await queue.close();
if (url === undefined) await Deno.remove(folder, { recursive: true });
console.log(`${url ? "PostgreSQL" : "embedded"}: ${jobs} jobs of ${JOB_MS / 1000} s on ${slots} slots`);
console.log(`  submit ${submitMs.toFixed(1)} ms, status ${statusMs.toFixed(1)} ms each`);
console.log(
  `  ${seconds.toFixed(2)} s, ${ideal} s without a queue: ${((seconds / ideal - 1) * 100).toFixed(1)} % more`,
);
if (url) console.log(`  ${statements.toFixed(1)} statements a job`);
Deno.exit(0);
