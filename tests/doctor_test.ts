import assert from "node:assert/strict";
import { runCli } from "../cli.ts";
import { QueueError } from "../workers/queue/errors.ts";
import { openQueue } from "../workers/queue/job_queue.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import { withQueueFolder } from "./fixtures/queue_folder.ts";
import { stubTerminal } from "./fixtures/stub_terminal.ts";

async function doctor(open: () => ReturnType<typeof openQueue>) {
  const terminal = stubTerminal();
  const code = await runCli(["doctor"], {
    terminal,
    signal: new AbortController().signal,
    openRunner: () => createSegmentRunner({ size: 1 }),
    openQueue: async () => {
      const queue = await open();
      return { queue, close: () => queue.close() };
    },
  });
  return { code, said: terminal.outText() };
}

Deno.test("doctor tries backends, GPU and queue, and says what it found", () =>
  withQueueFolder(async (folder) => {
    const { code, said } = await doctor(() => openQueue({ folder }));
    assert.equal(code, 0, said);
    assert.match(said, /^Deno +\d+\.\d+/m);
    assert.match(
      said,
      /^wasm +works, (relaxed|plain) SIMD, tensors up to \d+ MiB; a tiny picture took \d+ ms$/m,
    );
    assert.match(said, /^cpu +works; a tiny picture took \d+ ms$/m);
    assert.match(said, /^webgpu +(no adapter|\S.*)$/m);
    if (said.includes("(software")) assert.match(said, /maxStorageBufferBindingSize \d+/);
    assert.match(
      said,
      /^queue +embedded database opens; 0 jobs wait, 0 run; each computed in a process of its own$/m,
    );
  }));

Deno.test("doctor fails when the queue does not open, and says the way out", async () => {
  const error = new QueueError("data_folder_in_use", "Cannot open data folder x: stop that process");
  const { code, said } = await doctor(() => Promise.reject(error));
  assert.equal(code, 1);
  assert.match(said, /^queue +Cannot open data folder x: stop that process$/m);
});
