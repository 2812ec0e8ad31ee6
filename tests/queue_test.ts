// The queue on both of its databases: the same tests, since it is the same code.
import assert from "node:assert/strict";
import { contentId } from "../lib/content_id.ts";
import { LimitError } from "../lib/errors.ts";
import { encodePng } from "../lib/image/png.ts";
import { parseSettings } from "../lib/settings.ts";
import { coalesced } from "../workers/queue/coalesced.ts";
import { DEAD_QUEUE, TRIES } from "../workers/queue/database.ts";
import type { Computer } from "../workers/queue/computer.ts";
import { encodeFrame, readFrames } from "../workers/queue/frames.ts";
import { type JobData, type JobRequest, type JobStatus } from "../workers/queue/job.ts";
import { JobQueue, openQueue, type QueueOptions } from "../workers/queue/job_queue.ts";
import { takeJobs } from "../workers/queue/job_worker.ts";
import { deadlineOf, decide, estimateWork, MAX_JOB_SECONDS } from "../workers/queue/policy.ts";
import { withFolder } from "./fixtures/folder.ts";
import { type Blobs, FileBlobs, TableBlobs } from "../workers/queue/blobs.ts";
import { whyNoPostgres, withPostgres } from "./fixtures/postgres.ts";
import { pretendingComputer } from "./fixtures/queue_computers.ts";

const SETTINGS = parseSettings();

/** A job for the pretending computer. */
async function request(text: string, more: Partial<JobRequest> = {}): Promise<JobRequest> {
  const bytes = new TextEncoder().encode(text);
  return {
    id: await contentId(bytes, SETTINGS),
    bytes,
    settings: SETTINGS,
    maxPixels: 1e6,
    seconds: 1,
    ...more,
  };
}

async function ended(queue: JobQueue, id: string, milliseconds = 30_000): Promise<JobStatus> {
  const status = await queue.finished(id, milliseconds);
  assert.ok(status, "the job is gone");
  return status;
}

/** Waits for something to come true, for 20 s at most. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 20_000; !await isTrue();) {
    assert.ok(performance.now() < end, `it did not come true: ${isTrue}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

async function withQueue(options: QueueOptions, body: (queue: JobQueue) => Promise<void>): Promise<void> {
  const queue = await openQueue(options);
  try {
    await body(queue);
  } finally {
    await queue.close();
  }
}

/** The tests of a database; each uses jobs of its own. */
async function testQueue(t: Deno.TestContext, queue: JobQueue): Promise<void> {
  const { boss } = queue.database;
  const worker = takeJobs(queue, { slots: 3, createComputer: pretendingComputer });

  await t.step("submit() queues a job, and its record is there when it has succeeded", async () => {
    const job = await request("wait 100 once");
    const before = await queue.submit(job);
    assert.equal(before.id, job.id);
    const { state, tries, timings, startedAt, finishedAt, error } = await ended(queue, job.id);
    assert.deepEqual([state, tries, timings, error], ["succeeded", 1, { total: 1 }, undefined]);
    assert.ok(startedAt! <= finishedAt!);
    assert.deepEqual(await queue.record(job.id), job.bytes);
  });

  await t.step(
    "a job's image is dropped when it has succeeded, failed, lost its last try or been canceled",
    async () => {
      const { blobs } = queue.database, put = blobs.put;
      for (const text of ["wait 50 dropped", "refuse dropped", "crash dropped", "wait 60000 dropped"]) {
        const job = await request(text), keys: string[] = [];
        blobs.put = async (key, bytes) => {
          keys.push(key);
          await put.call(blobs, key, bytes);
        };
        await queue.submit(job).finally(() => blobs.put = put);
        const [input] = keys;
        assert.match(input!, /input$/);
        if (text.includes("60000")) await queue.cancel(job.id);
        await ended(queue, job.id);
        await until(async () => await blobs.get(input!) === undefined);
      }
    },
  );

  await t.step("submit() right after the end of a job whose record was dropped loses no image", async () => {
    const { blobs } = queue.database, remove = blobs.delete;
    const held = Promise.withResolvers<void>(), asked = Promise.withResolvers<void>();
    blobs.delete = async (key) => { // as if the worker's tidying up came late
      if (key.endsWith("/input")) {
        asked.resolve();
        await held.promise;
      }
      await remove.call(blobs, key);
    };
    const job = await request("wait 1 resubmitted");
    await queue.submit(job);
    await ended(queue, job.id);
    await asked.promise;
    blobs.delete = remove;
    await queue.dropRecord(job.id);
    const put = blobs.put;
    blobs.put = async (key, bytes) => {
      await put.call(blobs, key, bytes);
      held.resolve();
      await new Promise((done) => setTimeout(done, 100));
    };
    await queue.submit(job).finally(() => blobs.put = put);
    const { state, error } = await ended(queue, job.id);
    assert.deepEqual([state, error], ["succeeded", undefined]);
  });

  await t.step("submit() of the same work is the same job, ten times at once or later", async () => {
    const job = await request("wait 300 ten times");
    const answers = await Promise.all(Array.from({ length: 10 }, () => queue.submit(job)));
    assert.deepEqual([...new Set(answers.map(({ id }) => id))], [job.id]);
    const { finishedAt } = await ended(queue, job.id);
    const again = await queue.submit(job);
    assert.deepEqual([again.state, again.finishedAt], ["succeeded", finishedAt]);
  });

  await t.step("submit() does work again whose record has expired", async () => {
    const job = await request("wait 1 expired");
    await queue.submit(job);
    await ended(queue, job.id);
    await queue.dropRecord(job.id);
    await queue.submit(job);
    assert.equal((await ended(queue, job.id)).state, "succeeded");
    assert.deepEqual(await queue.record(job.id), job.bytes);
  });

  await t.step("a job whose input is at fault fails at once, with its cause", async () => {
    const job = await request("refuse");
    await queue.submit(job);
    const { state, tries, error } = await ended(queue, job.id);
    assert.deepEqual([state, tries], ["failed", 1]);
    assert.deepEqual(error, { code: "not_an_image", message: "Cannot decode image: it is a text" });
  });

  await t.step("cancel() ends a running job within 2 s, and it can be submitted again", async () => {
    const job = await request("wait 60000");
    await queue.submit(job);
    await until(async () => (await queue.status(job.id))!.state === "processing");
    const startedAt = performance.now();
    assert.equal((await queue.cancel(job.id))!.state, "canceled");
    await until(() => worker.running === 0);
    const took = performance.now() - startedAt;
    assert.ok(took < 2000, `it took ${took} ms`);
    assert.notEqual((await queue.submit(job)).state, "canceled");
    assert.equal((await queue.cancel(job.id))!.state, "canceled");
  });

  await t.step(
    "submit() after cancel() counts tries on: a worker that has not heard of it has lost its own",
    async () => {
      const job = await request("wait 60000 elsewhere"), tries: number[] = [];
      for (let i = 0; i < 2; i++) {
        await queue.submit(job);
        await until(async () => (await queue.status(job.id))!.state === "processing");
        assert.equal((await queue.status(job.id))!.tries, 1);
        const [row] = await boss.findJobs<JobData>("segment", { id: job.id });
        tries.push(row!.retryCount);
        assert.equal(row!.retryLimit - row!.retryCount, TRIES - 1);
        if (i === 0) await queue.cancel(job.id);
      }
      const first = { id: job.id, retryCount: tries[0]! }, second = { id: job.id, retryCount: tries[1]! };
      for (const call of [boss.touch("segment", [first]), boss.fail("segment", first)]) {
        assert.deepEqual((await call as unknown as { settled: string[] }).settled, []);
      }
      const { settled } = await boss.touch("segment", [second]) as unknown as { settled: string[] };
      assert.deepEqual(settled, [job.id]);
      await queue.cancel(job.id);
      await until(() => worker.running === 0);
    },
  );

  await t.step(
    "dropUnshared() drops the record of a transient job, but not if someone else wants it, too",
    async () => {
      const dropped = async (text: string, another: (job: JobRequest) => Promise<unknown>) => {
        const job = await request(text, { transient: true });
        await queue.submit(job);
        await another(job);
        await ended(queue, job.id);
        await queue.dropUnshared(job.id);
        return await queue.record(job.id) === undefined;
      };
      assert.equal(await dropped("wait 1 alone", () => Promise.resolve()), true);
      assert.equal(
        await dropped("wait 50 shared", (job) => queue.submit({ ...job, transient: false })),
        false,
      );
      assert.equal(await dropped("wait 50 shared by batches", (job) => queue.submit(job)), false);
      const kept = await dropped("wait 1 kept", (job) => queue.keepRecord(job.id, job.bytes));
      assert.equal(kept, queue.database.embedded); // where others may have kept it, it stays
      const lasting = await request("wait 1 lasting");
      await queue.submit(lasting);
      await ended(queue, lasting.id);
      await queue.dropUnshared(lasting.id);
      assert.ok(await queue.record(lasting.id));
    },
  );

  await t.step("events() tells progress in order, and goes on after a number", async () => {
    const job = await request("wait 100 events");
    await queue.submit(job);
    await ended(queue, job.id);
    const events = await queue.events(job.id);
    assert.deepEqual(events.map(({ progress }) => progress?.stage), ["decode", "regions"]);
    assert.deepEqual(await queue.events(job.id, events[0]!.seq), events.slice(1));
  });

  await t.step("events() shows previews where somebody looks, and keeps the latest alone", async () => {
    const job = await request("wait 1500 watched");
    await queue.submit(job);
    const previews = async () =>
      (await queue.events(job.id)).flatMap(({ preview }) => preview === undefined ? [] : [preview]);
    await until(async () => (await queue.events(job.id)).length === 1);
    assert.deepEqual(await previews(), [], "nobody looks");
    await queue.watch(job.id);
    await until(async () => (await previews())[0] === "data:,before");
    assert.equal((await queue.status(job.id))!.progress!.stage, "decode");
    await ended(queue, job.id);
    assert.deepEqual(await previews(), ["data:,after"]);
  });

  await t.step("a hundred who wait for jobs cost the database about as much as one", async () => {
    const jobs = await Promise.all(["a", "b", "c"].map((name) => request(`wait 2500 for ${name}`)));
    for (const job of jobs) await queue.submit(job);
    let statements = 0;
    const sql: typeof queue.database.sql = (...args) => {
      statements++;
      return queue.database.sql(...args);
    };
    const counted = new JobQueue({ ...queue.database, sql }, 1000);
    const waiting = Array.from({ length: 100 }, async (_, i) => {
      const { id } = jobs[i % 3]!;
      const status = await counted.finished(id, 30_000);
      return [status?.state, (await counted.events(id)).length];
    });
    assert.deepEqual(new Set((await Promise.all(waiting)).map(String)), new Set(["succeeded,2"]));
    // a question each second, two for each piece of news of three jobs, and their events at the end
    assert.ok(statements < 40, `${statements} statements`);
  });

  await t.step("status() and cancel() know nothing of an id that was never submitted", async () => {
    const { id } = await request("never");
    assert.equal(await queue.status(id), undefined);
    assert.equal(await queue.cancel(id), undefined);
  });

  await t.step(
    `a job that loses its computer each time goes to dead letter after ${TRIES} tries`,
    async () => {
      const poison = await request("crash"), other = await request("wait 1 beside poison");
      await queue.submit(poison);
      await queue.submit(other);
      assert.equal((await ended(queue, other.id)).state, "succeeded");
      const { state, tries, error } = await ended(queue, poison.id);
      assert.deepEqual([state, tries, error?.code], ["failed", TRIES, "worker_crashed"]);
      const dead = await boss.findJobs(DEAD_QUEUE);
      const mine = dead.find(({ sourceId }) => sourceId === poison.id);
      assert.match(JSON.stringify(mine?.sourceOutput), /SIGKILL/);
    },
  );

  await t.step("a job whose GPU is lost says so, and is tried again", async () => {
    const job = await request(`lose ${crypto.randomUUID()}`);
    await queue.submit(job);
    await until(async () => (await queue.status(job.id))!.error?.code === "backend_lost");
    const { state, tries } = await ended(queue, job.id);
    assert.deepEqual([state, tries], ["succeeded", 2]);
  });

  await t.step("close() hands back what does not end in time, without costing it a try", async () => {
    const job = await request("wait 3000 handed back");
    await queue.submit(job);
    await until(() => worker.running > 0);
    await worker.close(100);
    const { state, error } = (await queue.status(job.id))!;
    assert.deepEqual([state, error?.code], ["queued", "handed_back"]);
    const [row] = await boss.findJobs("segment", { id: job.id });
    assert.equal(row!.retryLimit - row!.retryCount, TRIES); // the try that was cut short is given back
  });

  await t.step("what waits tells its position, the first by priority, and a full queue refuses", async () => {
    const first = await request("wait 1 a", { priority: -1 }), second = await request("wait 1 b");
    await queue.submit(first);
    await queue.submit(second);
    const [a, b] = [await queue.status(first.id), await queue.status(second.id)];
    assert.ok(a!.position! > b!.position!, `${a!.position} and ${b!.position}`);
    const { waiting, running, waitingSeconds } = await queue.stats();
    assert.deepEqual([waiting, running, waitingSeconds], [3, 0, 3]);
    const next = takeJobs(queue, { createComputer: pretendingComputer });
    for (const { id } of [first, second]) assert.equal((await ended(queue, id)).state, "succeeded");
    await next.close(10_000);
  });
}

/** A database that has nothing to say. */
const SILENT = {
  sql: () => Promise.resolve({ rows: [] }),
  announce: () => Promise.resolve(),
  onAnnounced: () => () => {},
};

Deno.test("takeJobs() ends a try whose job comes again, as after an outage of the database", async () => {
  const id = crypto.randomUUID(), data: JobData = { settings: SETTINGS, maxPixels: 1, seconds: 1 };
  const tries = [0, 1].map((retryCount) => ({ id, data, retryCount, retryLimit: 2 }));
  const signals: AbortSignal[] = [];
  // a database that gives the job out twice, and says of either try that it still has the job
  const boss = {
    fetch: () => Promise.resolve(tries.splice(0, 1)),
    touch: () => Promise.resolve({ settled: [id] }),
    fail: () => Promise.resolve(),
  };
  const database = {
    boss,
    blobs: { get: () => Promise.resolve(new Uint8Array(1)), delete: () => Promise.resolve() },
    ...SILENT,
  };
  const worker = takeJobs({ database } as unknown as JobQueue, {
    slots: 2,
    createComputer: () => ({
      compute: (_, __, { signal }) => {
        signals.push(signal);
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
      close: () => Promise.resolve(),
    }),
  });
  await until(() => signals.length === 2 && signals[0]!.aborted);
  assert.equal(signals[1]!.aborted, false);
  await worker.close(0);
  assert.ok(signals.every(({ aborted }) => aborted));
});

Deno.test("takeJobs() computes while results wait to be kept, but no more of them than it has slots", async () => {
  const data: JobData = { settings: SETTINGS, maxPixels: 1, seconds: 1 };
  const kept = Promise.withResolvers<void>();
  let given = 0, computed = 0;
  const database = {
    boss: {
      fetch: (_: string, { batchSize }: { batchSize: number }) =>
        Promise.resolve(Array.from({ length: batchSize }, () => {
          given++;
          return { id: crypto.randomUUID(), data, retryCount: 0, retryLimit: 2 };
        })),
      touch: () => Promise.reject(new Error("away")),
      complete: () => Promise.resolve(),
      fail: () => Promise.resolve(),
    },
    blobs: {
      get: () => Promise.resolve(new Uint8Array(1)),
      put: () => kept.promise, // a database that takes its time
      delete: () => Promise.resolve(),
    },
    ...SILENT,
  };
  const worker = takeJobs({ database } as unknown as JobQueue, {
    slots: 2,
    createComputer: () => ({
      compute: () => {
        computed++;
        const result = { width: 1, height: 1, regions: 1, backend: "none", timings: {} };
        return Promise.resolve({ result, record: new Uint8Array(1) });
      },
      close: () => Promise.resolve(),
    }),
  });
  await until(() => computed === 4);
  await new Promise((done) => setTimeout(done, 100));
  assert.deepEqual([given, computed, worker.running], [4, 4, 4]);
  const closed = worker.close(10_000);
  kept.resolve();
  await closed;
  assert.equal(worker.running, 0);
});

Deno.test("takeJobs() says once that the database is out of reach, asks less often, and says when it is back", async () => {
  const askedAt: number[] = [], events: string[] = [];
  const boss = {
    fetch: () => {
      askedAt.push(performance.now());
      return askedAt.length < 3 ? Promise.reject(new Error("connection refused")) : Promise.resolve([]);
    },
  };
  const worker = takeJobs(
    { database: { boss, onAnnounced: () => () => {} } } as unknown as JobQueue,
    {
      createComputer: pretendingComputer,
      onEvent: ({ event, error }) => events.push(error ? `${event}: ${error}` : event),
    },
  );
  await until(() => askedAt.length === 3 && events.length === 2);
  await worker.close(0);
  assert.deepEqual(events, ["queue out of reach: connection refused", "queue reached again"]);
  assert.ok(askedAt[2]! - askedAt[1]! > 1.5 * (askedAt[1]! - askedAt[0]!), `${askedAt}`);
});

Deno.test("takeJobs() warms up each slot before its first job, and takes jobs when that fails, too", async () => {
  const calls: string[] = [], events: string[] = [];
  const database = {
    boss: {
      fetch: () => {
        calls.push("fetch");
        return Promise.resolve([]);
      },
    },
    onAnnounced: () => () => {},
  };
  const take = (compute: Computer["compute"]) =>
    takeJobs({ database } as unknown as JobQueue, {
      slots: 2,
      warmUp: true,
      createComputer: () => ({ compute, close: () => Promise.resolve() }),
      onEvent: ({ event }) => events.push(event),
    });
  const result = { width: 1, height: 1, regions: 1, backend: "none", timings: {} };
  const sound = take(({ settings: { method, reach, train } }) => {
    calls.push(`${method} ${reach} ${train}`);
    return Promise.resolve({ result, record: new Uint8Array(1) });
  });
  await until(() => calls.includes("fetch"));
  await sound.close(0);
  assert.deepEqual(
    calls.slice(0, calls.indexOf("fetch")).filter((call) => call === "flat-dsc full 2").length,
    2,
  );
  assert.deepEqual(events, ["slot ready", "slot ready"]);
  calls.length = events.length = 0;
  const broken = take(() => Promise.reject(new Error("the driver has gone")));
  await until(() => calls.includes("fetch"));
  await broken.close(0);
  assert.deepEqual(events, ["warm-up failed", "warm-up failed"]);
});

Deno.test("coalesced() gathers what is asked for during a call, and tells each whether its own went well", async () => {
  const calls: number[][] = [];
  const call = coalesced<number>(async (items) => {
    calls.push(items);
    await new Promise((done) => setTimeout(done, 10));
    if (items.includes(13)) throw new Error("13");
  });
  await call(1);
  const first = call(2);
  await new Promise((done) => setTimeout(done, 1));
  const rest = [13, 4, 5].map(call);
  await first;
  assert.deepEqual((await Promise.allSettled(rest)).map(({ status }) => status), Array(3).fill("rejected"));
  await call(6);
  assert.deepEqual(calls, [[1], [2], [13, 4, 5], [6]]);
  const double = coalesced((items: number[]) => Promise.resolve(items.map((item) => 2 * item)));
  assert.deepEqual(await Promise.all([1, 2, 3].map(double)), [2, 4, 6]);
});

Deno.test("the queue over a folder", (t) =>
  withFolder(async (folder) => {
    await withQueue({ folder }, async (queue) => {
      await testQueue(t, queue);

      await t.step("a second process on the folder is refused with the way out", async () => {
        await assert.rejects(openQueue({ folder }), {
          code: "data_folder_in_use",
          message: /another process uses it.*DSC_DATA.*DATABASE_URL/,
        });
      });
      await queue.submit(await request("wait 1 for later"));
    });
    await t.step("openQueue() drops what has expired if nobody has done so for ten minutes", async () => {
      const { id } = await request("a result of long ago");
      const path = `${folder}/blobs/${id.slice(0, 2)}/${id}.record`;
      const open = (statement: string) =>
        withQueue({ folder }, async (queue) => {
          await queue.keepRecord(id, new Uint8Array(1));
          await queue.database.sql(statement);
        }).then(() => Deno.utime(path, 0, 0));
      await open("update dsc.upkeep set swept = now()");
      await open("update dsc.upkeep set swept = now() - interval '11 minutes'");
      await Deno.stat(path); // it was done a moment ago
      await withQueue({ folder }, () => Promise.resolve()); // however short a process lives
      await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    });
    await t.step(
      "what waits is there when the folder is opened again; a full queue says when to come back",
      () =>
        withQueue({ folder, waitingLimit: 1 }, async (queue) => {
          const { id } = await request("wait 1 for later");
          assert.equal((await queue.status(id))!.state, "queued");
          await assert.rejects(
            request("wait 1 too many").then((job) => queue.submit(job)),
            (error: Error) => {
              const { code, retryAfterSeconds } = error as Error & {
                code: string;
                retryAfterSeconds: number;
              };
              return code === "jobs_full" && retryAfterSeconds >= 1;
            },
          );
          const worker = takeJobs(queue, { createComputer: pretendingComputer });
          assert.equal((await ended(queue, id)).state, "succeeded");
          await worker.close(0);
        }),
    );
  }));

const noPostgres = await whyNoPostgres();
Deno.test({
  name: `the queue over PostgreSQL${noPostgres ? ` (skipped: ${noPostgres})` : ""}`,
  ignore: noPostgres !== undefined,
  fn: (t) =>
    withPostgres(({ url }) =>
      withQueue({ url }, async (queue) => {
        await testQueue(t, queue);
        await t.step(
          "TableBlobs drop the oldest records beyond their limit, and no image of a waiting job",
          async () => {
            const { sql } = queue.database;
            await sql("delete from dsc.blob");
            await testSweep(new TableBlobs(sql, { ttlSeconds: 60, maxBytes: 250 }));
          },
        );
      })
    ),
});

Deno.test("openQueue() says that no database answers, and nothing of the password", async () => {
  const url = "postgres://someone:secret@127.0.0.1:1/postgres";
  await assert.rejects(openQueue({ url, attempts: 1 }), (error: Error) => {
    assert.equal((error as Error & { code: string }).code, "jobs_unavailable");
    assert.match(error.message, /127\.0\.0\.1:1 does not answer/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

Deno.test("estimateWork() and decide() answer small work at once, queue heavy work, refuse what takes hours", () => {
  const photo = encodePng({ width: 480, height: 320, data: new Uint8Array(480 * 320 * 3) });
  const decision = (options: Record<string, unknown>) =>
    decide(estimateWork(photo, parseSettings(options)), 1_000_000);
  assert.equal(decision({}), "inline");
  assert.equal(decision({ method: "flat-dsc" }), "inline");
  assert.equal(decision({ train: 30 }), "inline");
  assert.equal(decision({ train: 500 }), "queued");
  assert.equal(decision({ method: "flat-dsc", reach: "full" }), "queued");
  const seconds =
    estimateWork(photo, parseSettings({ method: "flat-dsc", reach: "full", iterations: 12 })).seconds;
  assert.ok(seconds > 5 && seconds < 10, `5.4 s were measured, ${seconds} s estimated`);
  // 128 iterations of 26 ms each were measured
  const cut =
    estimateWork(photo, parseSettings({ method: "flat-dsc", superpixels: 2400, partitions: 32 })).seconds;
  assert.ok(cut > 3.4 && cut < 7, `${cut} s estimated`);
  const work = estimateWork(photo, SETTINGS);
  assert.deepEqual([work.width, work.height], [480, 320]);
  assert.throws(
    () => decide(work, 100_000),
    (error) => error instanceof LimitError && error.code === "too_many_pixels" && error.limit === 100_000,
  );
  assert.throws(
    () => decide({ ...work, seconds: MAX_JOB_SECONDS + 1 }, 1_000_000),
    (error) =>
      error instanceof LimitError && error.code === "too_much_work" &&
      error.message.includes(`${MAX_JOB_SECONDS}`),
  );
  assert.ok(deadlineOf(1) >= 60 && deadlineOf(MAX_JOB_SECONDS) < 86_400);
});

/** Blobs of a hundred bytes, each written later than the one before; at most 250 bytes of records. */
async function testSweep(blobs: Blobs): Promise<void> {
  const ids = ["a", "b", "c", "d"].map((digit) => digit.repeat(8) + "-0000-8000-8000-000000000000");
  await blobs.put(`${ids[0]}/input`, new Uint8Array(100));
  for (const id of ids) {
    await blobs.put(`${id}/record`, new Uint8Array(100).fill(id.charCodeAt(0)));
    await new Promise((done) => setTimeout(done, 20));
  }
  await blobs.sweep();
  const kept = await Promise.all(ids.map((id) => blobs.get(`${id}/record`)));
  const has = await Promise.all(ids.map((id) => blobs.has(`${id}/record`)));
  assert.deepEqual(has, [false, false, true, true]);
  assert.deepEqual(kept.map((bytes) => bytes?.[0]), [undefined, undefined, 99, 100]); // c and d
  assert.equal((await blobs.get(`${ids[0]}/input`))?.length, 100);
  await blobs.delete(`${ids[3]}/record`);
  await blobs.delete(`${ids[3]}/record`);
  assert.equal(await blobs.get(`${ids[3]}/record`), undefined);
}

Deno.test("FileBlobs drop the oldest records beyond their limit, what is too old, and no image of a waiting job", () =>
  withFolder(async (folder) => {
    await testSweep(new FileBlobs(`${folder}/blobs`, { ttlSeconds: 60, maxBytes: 250 }));
    const old = new FileBlobs(`${folder}/blobs`, { ttlSeconds: -1, maxBytes: 250 });
    await old.sweep();
    assert.equal(await old.get("aaaaaaaa-0000-8000-8000-000000000000/input"), undefined);
    await assert.rejects(old.get("../../etc/passwd"), /want a key like/);
  }));

Deno.test("readFrames() gives what encodeFrame() wrote, however the pipe cuts it", async () => {
  const bytes = new Uint8Array(
    [...encodeFrame({ a: 1 }, new Uint8Array([1, 2, 3])), ...encodeFrame({ b: "ü" })]
      .flatMap((part) => [...part]),
  );
  for (const size of [1, 5, 1000]) {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i < bytes.length; i += size) pieces.push(bytes.slice(i, i + size));
    const frames = [];
    for await (const frame of readFrames(ReadableStream.from(pieces))) frames.push(frame);
    assert.deepEqual(frames.map(({ header, body }) => [header, [...body]]), [[{ a: 1 }, [1, 2, 3]], [{
      b: "ü",
    }, []]]);
  }
  const cut = readFrames(ReadableStream.from([bytes.slice(0, 14)]));
  assert.equal((await cut.next()).done, true);
  await assert.rejects(readFrames(ReadableStream.from([new Uint8Array(12)])).next(), /begins with DSCF/);
});
