/** Starting backends, and jobs on them. */
import assert from "node:assert/strict";
import { useBackend, withBackend } from "../lib/backend/mod.ts";
import { BackendError } from "../lib/errors.ts";

for (const name of ["wasm", "cpu"] as const) {
  Deno.test(`useBackend() starts ${name} and says what it is`, async () => {
    const info = await withBackend(name, (tf, info) => {
      assert.equal(tf.getBackend(), name);
      return info;
    });
    assert.equal(info.name, name);
    assert(info.kernels.includes("UnsortedSegmentSum"));
    assert(info.maxTensorBytes > 1e9);
  });
}

Deno.test("useBackend() changes the build of the wasm kernels when asked", async () => {
  const simd = (options = {}) => withBackend("wasm", (_, info) => info.simd, options);
  assert.equal(await simd({ simd: "plain" }), "plain");
  assert.equal(await simd({ simd: "relaxed" }), "relaxed");
});

Deno.test("useBackend() takes wasm for auto when the work is light", async () => {
  assert.equal((await withBackend("auto", (_, info) => info)).name, "wasm");
});

Deno.test("useBackend() falls back to wasm for auto when there is no GPU worth the name", async () => {
  const info = await withBackend("auto", (_, info) => info, { heavy: true });
  assert(info.name === "wasm" || info.name === "webgpu");
});

Deno.test("useBackend() rejects webgpu with a code where there is no real GPU", async (t) => {
  const adapter = await navigator.gpu?.requestAdapter();
  const software = adapter && (adapter.info as { isFallbackAdapter?: boolean }).isFallbackAdapter;
  if (adapter && !software) {
    return void await t.step({ name: "skipped: there is a GPU", ignore: true, fn() {} });
  }
  await assert.rejects(useBackend("webgpu"), (error) => {
    assert(error instanceof BackendError);
    assert.equal(error.code, adapter ? "backend_fallback_adapter" : "backend_unavailable");
    return true;
  });
});

Deno.test("withBackend() runs jobs one after another, in the order given", async () => {
  const log: string[] = [];
  const job = (name: string, wait: number) =>
    withBackend("cpu", async () => {
      log.push(`${name} starts`);
      await new Promise((done) => setTimeout(done, wait));
      log.push(`${name} ends`);
    });
  await Promise.all([job("a", 20), job("b", 0), job("c", 5)]);
  assert.deepEqual(log, ["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
});

Deno.test("withBackend() runs the next job after one that failed", async () => {
  const failed = withBackend("cpu", () => {
    throw new RangeError("no");
  });
  const next = withBackend("cpu", () => 7);
  await assert.rejects(failed, { name: "RangeError", message: "no" });
  assert.equal(await next, 7);
});

Deno.test("withBackend() names the number of tensors that a job left behind", async () => {
  const leaked: { dispose(): void }[] = [];
  await assert.rejects(
    withBackend("cpu", (tf) => void leaked.push(tf.scalar(1), tf.scalar(2))),
    { message: /left 2 tensors/ },
  );
  const reported: number[] = [];
  const result = await withBackend("cpu", (tf) => leaked.push(tf.scalar(3)), {
    onLeak: (n) => reported.push(n),
  });
  assert.deepEqual([result, reported], [3, [1]]);
  leaked.forEach((tensor) => tensor.dispose());
});

Deno.test("withBackend() rejects with backend_out_of_memory when the wasm heap is full, and ever after", async () => {
  const worker = new Worker(new URL("fixtures/out_of_memory_worker.ts", import.meta.url), { type: "module" });
  try {
    const codes = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
    assert.deepEqual(codes, ["backend_out_of_memory", "backend_out_of_memory"]);
  } finally {
    worker.terminate();
  }
});

Deno.test("withBackend() leaves as many tensors as it found after failing jobs that use tidy", async () => {
  const count = () => withBackend("wasm", (tf) => tf.memory().numTensors);
  const before = await count();
  await assert.rejects(withBackend("wasm", (tf) =>
    tf.tidy(() => {
      tf.scalar(1);
      throw new Error("stop");
    })));
  assert.equal(await count(), before);
});
