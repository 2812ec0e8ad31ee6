// The process that computes for the queue, when it does not do what it should.
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { parseSettings } from "../lib/settings.ts";
import { type Computer, createComputer } from "../workers/queue/computer.ts";
import { withFolder } from "./fixtures/folder.ts";

const POISONED = new URL("fixtures/poisoned_compute.ts", import.meta.url).pathname;

/** Has a text computed; gives what came back. */
async function compute(computer: Computer, text: string): Promise<string> {
  const job = { settings: parseSettings(), maxPixels: 1 };
  const options = { signal: new AbortController().signal, deadlineMs: 60_000, onReport: () => {} };
  const { record } = await computer.compute(job, new TextEncoder().encode(text), options);
  return new TextDecoder().decode(record);
}

Deno.test("compute() fails with its cause when the answer cannot be read, and the next job has a new process", async () => {
  const computer = createComputer(POISONED);
  try {
    await assert.rejects(compute(computer, "babble"), {
      code: "worker_crashed",
      message: "Cannot finish job: what its process answered cannot be read",
    });
    assert.equal(await compute(computer, "after it"), "after it");
  } finally {
    await computer.close();
  }
});

Deno.test("compute() does not mind that its process has ended since the last job", async () => {
  const computer = createComputer(POISONED);
  try {
    assert.equal(await compute(computer, "leave"), "leave");
    await new Promise((done) => setTimeout(done, 1000));
    assert.equal(await compute(computer, "after it"), "after it");
  } finally {
    await computer.close();
  }
});

Deno.test("a folder with commas in its name holds the project as well as any", () =>
  withFolder(async (folder) => {
    const root = resolve(folder, "segments, large, small");
    const copied = await new Deno.Command("bash", {
      args: [
        "-c",
        'mkdir -p "$0/web" "$0/tests" && cp -r lib workers deno.json import_map.json dev.lock "$0" && ' +
        'cp web/deno.json "$0/web" && cp -r tests/fixtures "$0/tests"',
        root,
      ],
    }).output();
    assert.ok(copied.success, new TextDecoder().decode(copied.stderr));
    const args = ["run", "--no-check", "-A", "--lock=dev.lock", "tests/fixtures/compute_and_open.ts"];
    const output = await new Deno.Command("deno", { args, cwd: root, env: { NO_COLOR: "1" } }).output();
    const [out, err] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(out, "24 x 16\nthe database was made by a process of its own\n", err);
  }));
