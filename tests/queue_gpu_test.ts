// Jobs that ask for a GPU, in the processes that compute them. Debian's mesa-vulkan-drivers and libvulkan1 give a software
// adapter to test with.
import assert from "node:assert/strict";
import { contentId } from "../lib/content_id.ts";
import { probeGpu } from "../lib/backend/probe_gpu.ts";
import { decodeRecord } from "../lib/formats/record.ts";
import { encodePng } from "../lib/image/png.ts";
import { parseSettings } from "../lib/settings.ts";
import { openQueue } from "../workers/queue/job_queue.ts";
import { takeJobs } from "../workers/queue/job_worker.ts";
import { withQueueFolder } from "./fixtures/queue_folder.ts";

const gpu = await probeGpu();
const IMAGE = encodePng({
  width: 48,
  height: 32,
  data: new Uint8Array(4608).map((_, i) => i % 144 < 72 ? 40 : 200),
});

/** A software adapter compiles its pipelines for the better part of a minute, and longer beside other work. */
const PATIENCE_MS = 300_000;

Deno.test({
  name:
    `a job for webgpu fails where there is only a software adapter, and is computed on it where that is allowed${
      gpu?.fallback ? "" : ` (skipped: ${gpu ? "there is a real GPU" : "there is no adapter"})`
    }`,
  ignore: !gpu?.fallback,
  fn: () =>
    withQueueFolder(async (folder) => {
      const queue = await openQueue({ folder });
      const compute = async (backend: "webgpu" | "wasm", allowFallbackAdapter: boolean) => {
        const settings = parseSettings({
          backend,
          method: "flat-dsc",
          superpixels: 40,
          partitions: 2,
          iterations: 8,
        });
        const id = await contentId(IMAGE, settings);
        const worker = takeJobs(queue, { allowFallbackAdapter });
        await queue.submit({ id, bytes: IMAGE, settings, maxPixels: 1e6, seconds: 1 });
        const status = (await queue.finished(id, PATIENCE_MS))!;
        await worker.close(0);
        return { status, record: await queue.record(id) };
      };
      try {
        const refused = await compute("webgpu", false);
        assert.deepEqual([refused.status.state, refused.status.tries], ["failed", 1]);
        assert.equal(refused.status.error!.code, "backend_fallback_adapter");
        assert.match(refused.status.error!.message, /is software/);
        const allowed = await compute("webgpu", true), wasm = await compute("wasm", false);
        assert.deepEqual(
          [allowed.status.state, wasm.status.state],
          ["succeeded", "succeeded"],
          allowed.status.error?.message,
        );
        const [there, here] = [await decodeRecord(allowed.record!), await decodeRecord(wasm.record!)];
        assert.deepEqual([there.backend, here.backend], ["webgpu", "wasm"]);
        const same = there.labels.reduce((count, label, p) => count + Number(label === here.labels[p]), 0);
        assert.ok(same >= 0.99 * here.labels.length, `${same} of ${here.labels.length} labels agree`);
      } finally {
        await queue.close();
      }
    }),
});
