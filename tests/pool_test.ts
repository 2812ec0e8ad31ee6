import assert from "node:assert/strict";
import { BackendError, ImageDecodeError, LimitError, OptionError } from "../lib/errors.ts";
import { InlineRunner } from "../workers/inline.ts";
import { type PoolOptions, WorkerPool } from "../workers/pool.ts";
import { RunnerError } from "../workers/runner.ts";
import type { StubProtocol } from "./fixtures/stub_protocol.ts";

const module = new URL("./fixtures/stub_worker.ts", import.meta.url);

async function withPool(
  options: Omit<PoolOptions, "module">,
  body: (pool: WorkerPool<StubProtocol, number>) => Promise<void>,
): Promise<void> {
  const pool = new WorkerPool<StubProtocol, number>({ module, size: 1, ...options });
  try {
    await body(pool);
  } finally {
    await pool.close(0);
    assert.equal(pool.stats().workers, 0);
  }
}

async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Error || error instanceof DOMException);
    return error as Error & { code?: string };
  }
  assert.fail("the promise was fulfilled");
}

Deno.test("WorkerPool answers jobs from one warm isolate and reports on the way", () =>
  withPool({}, async (pool) => {
    const reports: number[] = [];
    const one = await pool.run("echo", { value: { a: [1, 2] } }, { onReport: (r) => void reports.push(r) });
    const two = await pool.run("echo", { value: "two" });
    assert.deepEqual(one.value, { a: [1, 2] });
    assert.equal(one.isolate, two.isolate);
    assert.equal(two.jobs, 2);
    assert.deepEqual(reports, [1 / 3, 2 / 3, 1]);
    assert.equal(pool.stats().completed, 2);
  }));

Deno.test("WorkerPool starts no isolate before it is needed, and no more than its size", () =>
  withPool({ size: 2, waitingLimit: 10 }, async (pool) => {
    assert.equal(pool.stats().workers, 0);
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((value) => pool.run("echo", { value, ms: 20 })));
    assert.deepEqual(answers.map((a) => a.value), [1, 2, 3, 4, 5, 6]);
    assert.equal(new Set(answers.map((a) => a.isolate)).size, 2);
    assert.equal(pool.stats().workers, 2);
  }));

Deno.test("WorkerPool hands buffers over in both directions", () =>
  withPool({}, async (pool) => {
    const data = Float32Array.of(1, 2, 3);
    const answer = await pool.run("sum", { data }, { transfer: [data.buffer] });
    assert.deepEqual([...answer.data], [2, 4, 6]);
    assert.equal(data.length, 0);
  }));

Deno.test("WorkerPool refuses the job that would make the line too long and says when to come back", () =>
  withPool({ waitingLimit: 2 }, async (pool) => {
    const accepted = [1, 2, 3].map((value) => pool.run("echo", { value, ms: 30 }));
    assert.deepEqual([pool.stats().running, pool.stats().waiting], [1, 2]);
    const error = await rejection(pool.run("echo", { value: 4 }));
    assert.ok(error instanceof RunnerError);
    assert.equal(error.code, "queue_full");
    assert.ok(error.retryAfterMs! >= 1000);
    assert.deepEqual((await Promise.all(accepted)).map((a) => a.value), [1, 2, 3]);
    assert.equal(pool.stats().refused, 1);
    assert.equal((await pool.run("echo", { value: 5 })).value, 5);
  }));

Deno.test("WorkerPool gives errors back with their class, code and details, and keeps the isolate", () =>
  withPool({}, async (pool) => {
    const { isolate } = await pool.run("echo", { value: 0 });
    const image = await rejection(pool.run("fail", { how: "image" }));
    assert.ok(image instanceof ImageDecodeError);
    assert.equal(image.code, "truncated_image");
    const limit = await rejection(pool.run("fail", { how: "limit" }));
    assert.ok(limit instanceof LimitError);
    assert.deepEqual([limit.code, limit.limit, limit.actual], ["too_many_pixels", 10, 20]);
    const option = await rejection(pool.run("fail", { how: "option" }));
    assert.ok(option instanceof OptionError);
    assert.deepEqual([option.field, option.wanted], ["partitions", "2 to 256"]);
    assert.equal((await pool.run("echo", { value: 0 })).isolate, isolate);
    assert.deepEqual([pool.stats().failed, pool.stats().replaced], [3, 0]);
  }));

Deno.test("WorkerPool replaces the isolate after an error that may have spoiled it", () =>
  withPool({}, async (pool) => {
    const first = await pool.run("echo", { value: 0 });
    const memory = await rejection(pool.run("fail", { how: "memory" }));
    assert.ok(memory instanceof BackendError);
    const second = await pool.run("echo", { value: 0 });
    assert.notEqual(second.isolate, first.isolate);
    assert.equal((await rejection(pool.run("fail", { how: "bug" }))).message, "a bug");
    assert.notEqual((await pool.run("echo", { value: 0 })).isolate, second.isolate);
    assert.equal(pool.stats().replaced, 2);
  }));

Deno.test("WorkerPool survives an isolate that crashes and goes on with the line", () =>
  withPool({ waitingLimit: 4 }, async (pool) => {
    await pool.run("echo", { value: 0 });
    const crash = rejection(pool.run("fail", { how: "crash" }));
    const next = pool.run("echo", { value: "next" });
    assert.equal((await crash).code, "worker_crashed");
    assert.equal((await next).value, "next");
    assert.equal(pool.stats().crashed, 1);
  }));

Deno.test("WorkerPool rejects jobs whose isolate cannot start", async () => {
  const missing = new WorkerPool<StubProtocol>({
    module: new URL("./no_such_worker.ts", import.meta.url),
    size: 1,
  });
  const error = await rejection(missing.run("echo", { value: 0 }));
  assert.equal(error.code, "worker_crashed");
  await missing.close(0);
});

Deno.test("WorkerPool ends an isolate that hangs past its deadline", () =>
  withPool({ deadlineMs: 150, cancelGraceMs: 20, waitingLimit: 1 }, async (pool) => {
    const hang = pool.run("fail", { how: "hang" }, { deadlineMs: 100 });
    const next = pool.run("echo", { value: "next" }, { deadlineMs: 10_000 });
    assert.equal((await rejection(hang)).code, "deadline_exceeded");
    assert.equal((await next).value, "next");
    assert.deepEqual([pool.stats().expired, pool.stats().replaced, pool.stats().crashed], [1, 1, 0]);
  }));

Deno.test("WorkerPool lets a canceled job stop by itself and keeps its isolate", () =>
  withPool({ cancelGraceMs: 10_000 }, async (pool) => {
    const { isolate } = await pool.run("echo", { value: 0 });
    const abort = new AbortController();
    const job = pool.run("polite", null, { signal: abort.signal });
    abort.abort(new Error("no longer wanted"));
    assert.equal((await rejection(job)).message, "no longer wanted");
    assert.equal((await pool.run("echo", { value: 0 })).isolate, isolate);
    assert.deepEqual([pool.stats().canceled, pool.stats().replaced], [1, 0]);
  }));

Deno.test("WorkerPool replaces the isolate of a canceled job that does not stop", () =>
  withPool({ cancelGraceMs: 10 }, async (pool) => {
    const abort = new AbortController();
    const job = pool.run("fail", { how: "hang" }, { signal: abort.signal });
    abort.abort();
    assert.equal((await rejection(job)).name, "AbortError");
    assert.equal((await pool.run("echo", { value: 1 })).value, 1);
    assert.equal(pool.stats().replaced, 1);
  }));

Deno.test("WorkerPool takes a canceled job out of the line", () =>
  withPool({ waitingLimit: 3 }, async (pool) => {
    const abort = new AbortController();
    const running = pool.run("echo", { value: 1, ms: 30 });
    const waiting = pool.run("echo", { value: 2 }, { signal: abort.signal });
    const last = pool.run("echo", { value: 3 });
    abort.abort();
    assert.equal((await rejection(waiting)).name, "AbortError");
    assert.equal(pool.stats().waiting, 1);
    assert.deepEqual([(await running).value, (await last).value, (await last).jobs], [1, 3, 2]);
    assert.equal(
      (await rejection(pool.run("echo", { value: 4 }, { signal: abort.signal }))).name,
      "AbortError",
    );
  }));

Deno.test("WorkerPool ends the job whose report handler throws", () =>
  withPool({ cancelGraceMs: 10_000 }, async (pool) => {
    const job = pool.run("echo", { value: 1, ms: 10 }, {
      onReport: () => {
        throw new Error("enough");
      },
    });
    assert.equal((await rejection(job)).message, "enough");
    assert.equal((await pool.run("echo", { value: 2 })).value, 2);
  }));

Deno.test("WorkerPool replaces an isolate after so many jobs, or when it asks", () =>
  withPool({ recycleAfter: 2 }, async (pool) => {
    const isolates = [];
    for (let i = 0; i < 4; i++) isolates.push((await pool.run("echo", { value: i })).isolate);
    assert.equal(isolates[0], isolates[1]);
    assert.notEqual(isolates[1], isolates[2]);
    assert.equal(isolates[2], isolates[3]);
    const { isolate } = await pool.run("retire", null);
    assert.notEqual((await pool.run("echo", { value: 0 })).isolate, isolate);
  }));

Deno.test("WorkerPool rejects a job that cannot be cloned, and the next one still runs", () =>
  withPool({}, async (pool) => {
    const error = await rejection(pool.run("echo", { value: () => 0 }));
    assert.equal(error.name, "DataCloneError");
    assert.equal((await pool.run("echo", { value: 1 })).value, 1);
  }));

Deno.test("WorkerPool.close() finishes what was accepted and takes nothing new", async () => {
  const pool = new WorkerPool<StubProtocol>({ module, size: 1 });
  const accepted = [1, 2].map((value) => pool.run("echo", { value, ms: 20 }));
  const closing = pool.close(10_000);
  assert.equal((await rejection(pool.run("echo", { value: 3 }))).code, "runner_closed");
  assert.deepEqual((await Promise.all(accepted)).map((a) => a.value), [1, 2]);
  await closing;
  assert.equal(pool.stats().workers, 0);
});

Deno.test("WorkerPool.close() ends what is left when its grace is over", async () => {
  const pool = new WorkerPool<StubProtocol>({ module, size: 1, cancelGraceMs: 10 });
  const jobs = [pool.run("fail", { how: "hang" }), pool.run("echo", { value: 1 })];
  const outcomes = Promise.all(jobs.map(rejection));
  await pool.close(50);
  assert.deepEqual((await outcomes).map((e) => e.code), ["runner_closed", "runner_closed"]);
});

Deno.test("WorkerPool refuses a size of zero", () => {
  assert.throws(
    () => new WorkerPool({ module, size: 0 }),
    /size must be a whole number of at least 1, got 0/,
  );
});

interface InlineProtocol {
  wait: { job: number; result: number };
}

function inline(options = {}) {
  return new InlineRunner<InlineProtocol, number>(() =>
    Promise.resolve({
      async wait(ms, { signal, report }) {
        report(0.5);
        await new Promise<void>((done, stop) => {
          const timer = setTimeout(done, ms);
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            stop(signal.reason);
          });
        });
        return { result: ms };
      },
    }), options);
}

Deno.test("InlineRunner runs one job at a time, in order", async () => {
  const runner = inline();
  const order: string[] = [];
  const jobs = [20, 1, 5].map((ms) =>
    runner.run("wait", ms, { onStart: () => void order.push(`start ${ms}`) }).then(() =>
      order.push(`end ${ms}`)
    )
  );
  assert.deepEqual([runner.stats().running, runner.stats().waiting], [1, 2]);
  await Promise.all(jobs);
  assert.deepEqual(order, ["start 20", "end 20", "start 1", "end 1", "start 5", "end 5"]);
  assert.equal(runner.stats().completed, 3);
  await runner.close();
});

Deno.test("InlineRunner bounds its line, its time and obeys signals like the pool", async () => {
  const runner = inline({ waitingLimit: 1, deadlineMs: 20 });
  const abort = new AbortController();
  const slow = runner.run("wait", 10_000);
  const canceled = runner.run("wait", 10_000, { signal: abort.signal });
  assert.equal((await rejection(runner.run("wait", 1))).code, "queue_full");
  abort.abort();
  assert.equal((await rejection(slow)).code, "deadline_exceeded");
  assert.equal((await rejection(canceled)).name, "AbortError");
  assert.equal(await runner.run("wait", 1), 1);
  const { expired, canceled: cancels, refused, completed } = runner.stats();
  assert.deepEqual([expired, cancels, refused, completed], [1, 1, 1, 1]);
  const last = rejection(runner.run("wait", 10_000, { deadlineMs: 60_000 }));
  await runner.close(10);
  assert.equal((await last as RunnerError).code, "runner_closed");
  assert.equal((await rejection(runner.run("wait", 1))).code, "runner_closed");
});
