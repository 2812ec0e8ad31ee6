// deno-lint-ignore-file no-console
/**
 * The SIMD kernels against the machine's own peak, and a training step against the best that tfjs's kernels can do, in one
 * run. Times are CPU time of this process, so that neighbours on the machine count less; ratios are what to read.
 *
 *     deno run --allow-read --allow-env bench/kernels.ts
 */
import * as tf from "@tensorflow/tfjs-core";
import process from "node:process";
import { useBackend } from "../lib/backend/mod.ts";
import { type Heap, openHeap, type WasmBackend } from "../lib/backend/kernels/heap.ts";
import { instantiateKernels } from "../lib/backend/kernels/module.ts";
import {
  convGeometry,
  convolve,
  filterGradient,
  inputGradient,
} from "../lib/backend/kernels/conv_kernels.ts";

interface Step {
  readonly ms: number;
  readonly loss: number;
  readonly heapBytes: number;
  readonly tensors: number;
}

/** Median, least and most. */
function spread(values: readonly number[]): [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!];
}

/** CPU milliseconds of `f`, of which the first few runs, still being compiled, do not count. */
function time(f: () => void, runs = 25, warmUp = 5): [number, number, number] {
  const values: number[] = [];
  for (let i = -warmUp; i < runs; i++) {
    const begin = process.cpuUsage();
    f();
    const { user, system } = process.cpuUsage(begin);
    if (i >= 0) values.push((user + system) / 1000);
  }
  return spread(values);
}

/** GFLOPS of nothing but multiply-adds. */
function peak({ kernels, scratch, floats }: Heap): number {
  const [pointer] = scratch(8), n = 1e6;
  floats(pointer!, 8).fill(1e-3);
  return 12 * 4 * 2 * n / time(() => kernels.peak(pointer!, n))[1] / 1e6;
}

const SHAPES = [[160, 240, 3, 32, 1], [160, 240, 32, 32, 1], [160, 240, 32, 32, 2], [160, 240, 32, 3, 1]]
  .concat([
    [160, 240, 3, 24, 2],
    [80, 120, 24, 24, 1],
    [80, 120, 24, 40, 2],
    [40, 60, 40, 40, 1],
    [80, 120, 32, 12, 1],
  ]) as [number, number, number, number, 1 | 2][];

async function benchKernels(simd: "relaxed" | "plain"): Promise<void> {
  await useBackend("wasm", { simd });
  const backend = tf.backend() as unknown as WasmBackend;
  const heap = openHeap(backend, instantiateKernels(simd, backend.wasm.asm.memory));
  console.log(`\n3x3 convolutions, ${simd} SIMD: GFLOPS (% of the multiply-add peak measured beside it)`);
  for (const [H, W, C, O, stride] of SHAPES) {
    const OH = Math.ceil(H / stride), OW = Math.ceil(W / stride), gflop = 2 * 9 * C * O * OH * OW / 1e6;
    const x = tf.randomUniform([1, H, W, C], -1, 1, "float32", 1),
      filter = tf.randomUniform([3, 3, C, O], -1, 1, "float32", 2);
    const bias = tf.zeros([O]), dy = tf.randomUniform([1, OH, OW, O], -1, 1, "float32", 3), y = tf.relu(dy);
    const g = convGeometry(x.shape, filter.shape, {
      strides: stride,
      pad: [[0, 0], [1, 1], [1, 1], [0, 0]],
    })!;
    const run = (f: () => tf.TensorInfo | tf.TensorInfo[]) => () => {
      for (const { dataId } of [f()].flat()) (backend as unknown as tf.KernelBackend).disposeData(dataId);
    };
    const top = peak(heap);
    const report = (f: () => tf.TensorInfo | tf.TensorInfo[]) => {
      const [median, least] = time(run(f));
      return `${(gflop / least).toFixed(1).padStart(5)} (${
        (100 * gflop / least / top).toFixed(0)
      } %, median ${median.toFixed(2)} ms)`;
    };
    console.log(
      `${H}x${W} ${C}->${O} /${stride}`.padEnd(20),
      "forward",
      report(() => convolve(heap, g, x, filter, bias, true)),
      " dx",
      report(() => inputGradient(heap, g, dy, filter, y)),
      " dw",
      report(() => filterGradient(heap, g, x, dy, y)),
      `  peak ${top.toFixed(1)}`,
    );
    tf.dispose([x, filter, bias, dy, y]);
  }
}

async function benchSteps(H: number, W: number, steps = 12): Promise<void> {
  const sides = ["own", "stock"] as const;
  const workers = sides.map(() =>
    new Worker(new URL("kernels_worker.ts", import.meta.url), { type: "module" })
  );
  const ask = <T>(worker: Worker, request: unknown) =>
    new Promise<T>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(request);
    });
  for (const [i, side] of sides.entries()) await ask(workers[i]!, { kind: "start", side });
  const results: Step[][] = [[], []];
  // in turn, so that what else the machine does falls on both
  for (let step = -3; step < steps; step++) {
    for (const [i, worker] of workers.entries()) {
      const result = await ask<Step>(worker, { kind: "step", H, W });
      if (step >= 0) results[i]!.push(result);
    }
  }
  workers.forEach((worker) => worker.terminate());
  console.log(`\nTraining step, ${W}x${H}, 3-32-32-32-3, batch norm, Adam`);
  const [own, stock] = results.map((side, i) => {
    const [median, least, most] = spread(side.map(({ ms }) => ms)), heap = side.at(-1)!.heapBytes / 1e6;
    const loss = side.at(-1)!.loss.toFixed(5);
    console.log(
      `${sides[i]!.padEnd(6)} median ${median.toFixed(0)} ms, ${least.toFixed(0)} to ${
        most.toFixed(0)
      }; heap ${heap.toFixed(0)} MB; loss ${loss}`,
    );
    return { least, median, heap };
  }) as [{ least: number; median: number; heap: number }, { least: number; median: number; heap: number }];
  console.log(
    `own is ${(stock.median / own.median).toFixed(2)} times as fast (by the least ${
      (stock.least / own.least).toFixed(2)
    }), with ${(own.heap / stock.heap).toFixed(2)} of the heap`,
  );
}

if (import.meta.main) {
  await benchKernels("relaxed");
  await benchKernels("plain");
  await benchSteps(160, 240);
}
