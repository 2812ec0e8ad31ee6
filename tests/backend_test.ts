/** Starting backends, and jobs on them. */
import assert from "node:assert/strict";
import { requireFits, useBackend, withBackend } from "../lib/backend/mod.ts";
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

const adapter = await navigator.gpu?.requestAdapter();
const gpu = adapter && !(adapter.info as { isFallbackAdapter?: boolean }).isFallbackAdapter;
Deno.test({
  name: `useBackend() rejects webgpu with a code where there is no real GPU${
    gpu ? " (skipped: there is one)" : ""
  }`,
  ignore: !!gpu,
  fn: () =>
    assert.rejects(useBackend("webgpu"), (error) => {
      assert(error instanceof BackendError);
      assert.equal(error.code, adapter ? "backend_fallback_adapter" : "backend_unavailable");
      return true;
    }),
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

/** The codes that a job and the job after it fail with in an isolate where a backend is broken. */
async function codesAfter(breakage: string): Promise<unknown> {
  const url = new URL("fixtures/failing_backend_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module", name: breakage });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  } finally {
    worker.terminate();
  }
}

Deno.test("withBackend() rejects with backend_out_of_memory when the wasm heap is full, and ever after", async () => {
  assert.deepEqual(await codesAfter("full heap"), ["backend_out_of_memory", "backend_out_of_memory"]);
});

Deno.test({
  name: `withBackend() rejects with backend_lost when the GPU fails or is lost, and ever after${
    adapter ? "" : " (skipped: no GPU adapter; Debian's mesa-vulkan-drivers has one in software)"
  }`,
  ignore: !adapter,
  async fn() {
    assert.deepEqual(await codesAfter("large buffer"), ["backend_lost", "backend_lost"]);
    assert.deepEqual(await codesAfter("lost device"), ["backend_lost", "backend_lost"]);
  },
});

Deno.test("requireFits() refuses a tensor that is larger than the backend can hold, and names it", () => {
  const info = { name: "webgpu", simd: "none", kernels: [], maxTensorBytes: 4000 } as const;
  requireFits(info, [10, 100], "features");
  assert.throws(() => requireFits(info, [10, 101], "features"), {
    name: "LimitError",
    code: "too_much_memory",
    limit: 4000,
    actual: 4040,
    message: /features on webgpu/,
  });
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
