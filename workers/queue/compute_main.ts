/**
 * The compute process: takes one job after the other from standard input, has it computed in an isolate, and answers on
 * standard output. The isolate is there so that this thread goes on listening: when the parent is gone, however it went,
 * standard input ends, and so does this process, in the middle of a job or not.
 *
 * @module
 */
import { WorkerPool } from "../pool.ts";
import { toWire } from "../messages.ts";
import type { SegmentProtocol, SegmentReport } from "../segment_protocol.ts";
import type { ComputeAnswer, ComputeJob } from "./computer.ts";
import { encodeFrame, readFrames } from "./frames.ts";

const pool = new WorkerPool<SegmentProtocol, SegmentReport>({
  module: new URL("./compute_isolate.ts", import.meta.url),
  size: 1,
  deadlineMs: Infinity, // the parent ends what takes too long
});

let written: Promise<void> = Promise.resolve();

/** Frames go out whole, in order. */
function answer(message: ComputeAnswer, body?: Uint8Array<ArrayBuffer>): Promise<void> {
  return written = written.then(async () => {
    for (const part of encodeFrame(message, body)) {
      for (let rest = part; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
    }
  });
}

async function compute(given: ComputeJob, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const job = { ...given, bytes, formats: [], record: true };
    const { record, files: _, ...result } = await pool.run("segment", job, {
      onReport: (report) => answer({ type: "report", report }),
      transfer: [bytes.buffer],
    });
    await answer({ type: "done", result }, record);
  } catch (error) {
    await answer({ type: "failed", error: toWire(error) });
  }
}

for await (const { header, body } of readFrames(Deno.stdin.readable)) compute(header as ComputeJob, body);
Deno.exit(0);
