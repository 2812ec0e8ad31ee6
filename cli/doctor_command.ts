/**
 * `doctor`: what works on this machine, tried out and not guessed, and what to install where something does not.
 */
import { describeGpu, probeGpu } from "../lib/backend/probe_gpu.ts";
import type { BackendName } from "../lib/options.ts";
import { canStartProcesses } from "../workers/queue/computer.ts";
import { VERSION } from "../lib/version.ts";
import type { BatchContext } from "./batch_command.ts";
import { EXIT_FAILED, EXIT_OK } from "./exit_code.ts";
import { readFlags } from "./flags.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

/** Half left, half right: a picture that every backend must cut in two. */
const PICTURE = {
  width: 32,
  height: 32,
  data: new Uint8Array(32 * 32 * 3).map((_, i) => i % 96 < 48 ? 40 : 200),
};
const SMALL = { superpixels: 16, method: "slic" } as const;

/**
 * Runs the command.
 *
 * @returns 0 if pictures can be segmented and the queue opens, else 1.
 */
export async function doctorCommand(
  args: readonly string[],
  terminal: Terminal,
  openQueue: BatchContext["openQueue"],
): Promise<number> {
  const { positionals } = readFlags(args, []);
  if (positionals.length > 0) throw new UsageError(`doctor takes no ${positionals[0]}`);
  const say = (name: string, text: string) => terminal.writeStdout(`${name.padEnd(12)}${text}\n`);

  await say("DSC", VERSION);
  await say("Deno", `${Deno.version.deno}, V8 ${Deno.version.v8}, ${Deno.build.target}`);
  await say("cores", String(navigator.hardwareConcurrency));
  await say("memory", memory());
  let sound = true;
  for (const backend of ["wasm", "cpu"] as const) {
    const tried = await tryBackend(backend);
    sound &&= backend !== "wasm" || tried.works;
    await say(backend, tried.text);
  }
  for (const line of await gpuLines()) await say(...line);
  const queue = await tryQueue(openQueue);
  await say("queue", queue.text);
  return sound && queue.works ? EXIT_OK : EXIT_FAILED;
}

function memory(): string {
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" }).state !== "granted") {
    return "not told";
  }
  const { total, available } = Deno.systemMemoryInfo();
  return `${gigabytes(available)} free of ${
    gigabytes(total)
  }; count on 0.3 for the service, 0.3 for each job at once`;
}

async function tryBackend(backend: BackendName): Promise<{ works: boolean; text: string }> {
  try {
    const { segment } = await import("../lib/segment.ts");
    await segment(PICTURE, { ...SMALL, backend }); // the first run loads and compiles
    const { timings } = await segment(PICTURE, { ...SMALL, backend });
    const simd = backend === "wasm" ? await simdText() : "";
    return { works: true, text: `works${simd}; a tiny picture took ${Math.round(timings["total"]!)} ms` };
  } catch (error) {
    return { works: false, text: `does not work: ${(error as Error).message}` };
  }
}

async function simdText(): Promise<string> {
  const { useBackend } = await import("../lib/backend/use_backend.ts");
  const { simd, maxTensorBytes } = await useBackend("wasm");
  return `, ${simd} SIMD, tensors up to ${Math.round(maxTensorBytes / 2 ** 20)} MiB`;
}

async function gpuLines(): Promise<[string, string][]> {
  const gpu = await probeGpu();
  if (!gpu) {
    return [["webgpu", "no adapter"], [
      "",
      "to get one: a GPU with its Vulkan driver (Debian: libvulkan1 and the vendor's package, or mesa-vulkan-drivers)",
    ]];
  }
  const limits = Object.entries(gpu.limits).map(([name, value]) => `${name} ${value}`);
  const lines: [string, string][] = [["webgpu", describeGpu(gpu)], ["", limits.slice(0, 2).join(", ")], [
    "",
    limits.slice(2).join(", "),
  ]];
  if (gpu.fallback) {
    lines.push([
      "",
      "a real GPU needs its vendor's Vulkan driver; vulkaninfo (Debian: vulkan-tools) shows what is found",
    ]);
  } else {
    lines.push(["", (await tryBackend("webgpu")).text]);
  }
  return lines;
}

async function tryQueue(openQueue: BatchContext["openQueue"]): Promise<{ works: boolean; text: string }> {
  try {
    const { queue, close } = await openQueue({ jobs: 0, data: undefined });
    const { waiting, running } = await queue.stats();
    const database = queue.database.embedded ? "embedded database" : "PostgreSQL";
    await close();
    const how = canStartProcesses()
      ? "each computed in a process of its own"
      : "computed in isolates of the service";
    return { works: true, text: `${database} opens; ${waiting} jobs wait, ${running} run; ${how}` };
  } catch (error) {
    return { works: false, text: (error as Error).message };
  }
}
