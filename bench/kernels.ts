// deno-lint-ignore-file no-console -- a bench prints what it measures
/**
 * The SIMD kernels against the machine's own peak, and a training step against the best that tfjs's kernels can do, in one
 * run. Times are CPU time of this process, so that neighbours on the machine count less; ratios are what to read.
 *
 *     deno task bench:kernels
 */
import * as tf from "@tensorflow/tfjs-core";
import process from "node:process";
import { type ConvGeometry, convGeometry } from "../lib/backend/kernels/conv_geometry.ts";
import {
  blocks,
  convolve,
  filterGradient,
  inputGradient,
  pack,
} from "../lib/backend/kernels/conv_kernels.ts";
import { type Heap, openHeap, type WasmBackend } from "../lib/backend/kernels/heap.ts";
import { instantiateKernels } from "../lib/backend/kernels/module.ts";
import { useBackend } from "../lib/backend/mod.ts";
import { pixelShuffle2, segmentSum, upsample2 } from "../lib/backend/ops.ts";

interface Step {
  readonly ms: number;
  readonly loss: number;
  readonly heapBytes: number;
  readonly tensors: number;
}

/** What a training step costs, own kernels against stock. */
export interface StepComparison {
  /** How many times as fast, by medians. */
  readonly speedUp: number;
  /** Own heap in stock's. */
  readonly heapShare: number;
  readonly ownMs: number;
  readonly stockMs: number;
}

/** Median, least and most. */
function spread(values: readonly number[]): [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!];
}

/** CPU milliseconds of one call of `f`, from batches of about 10 ms, so that short and long kernels are disturbed alike. */
function time(f: () => void, batches = 25, warmUp = 5): [median: number, least: number, most: number] {
  const values: number[] = [];
  const once = performance.now();
  f();
  let calls = Math.max(1, Math.round(10 / (performance.now() - once)));
  for (let i = -warmUp; i < batches; i++) {
    const begin = process.cpuUsage();
    for (let call = 0; call < calls; call++) f();
    const { user, system } = process.cpuUsage(begin), ms = (user + system) / 1000;
    // compiled by now: the first estimate was too long
    if (i === -1) calls = Math.max(1, Math.round(10 * calls / Math.max(ms, 0.1)));
    if (i >= 0) values.push(ms / calls);
  }
  return spread(values);
}

/** GFLOPS of nothing but multiply-adds. */
function peak({ kernels, scratch, floats }: Heap): number {
  const [pointer] = scratch(8), n = 1e5;
  floats(pointer!, 8).fill(1e-3);
  return 12 * 4 * 2 * n / time(() => kernels.peak(pointer!, n))[1] / 1e6;
}

/** H, W, C, O and stride: the network of the training step below, then layers of SuperAE. */
const SHAPES: readonly (readonly [number, number, number, number, 1 | 2])[] = [
  [160, 240, 3, 32, 1],
  [160, 240, 32, 32, 1],
  [160, 240, 32, 3, 1],
  [160, 240, 32, 32, 2],
  [320, 480, 3, 24, 2],
  [160, 240, 24, 24, 1],
  [160, 240, 24, 40, 2],
  [80, 120, 40, 40, 1],
  [40, 60, 56, 56, 1],
  [160, 240, 32, 12, 1],
];

type Result = tf.TensorInfo | tf.TensorInfo[];

async function benchConvolutions(simd: "relaxed" | "plain"): Promise<void> {
  await useBackend("wasm", { simd });
  const backend = tf.backend() as unknown as WasmBackend & tf.KernelBackend;
  const heap = openHeap(backend, instantiateKernels(simd, backend.wasm.asm.memory));
  console.log(`
3x3 convolutions, ${simd} SIMD: milliseconds, and GFLOPS in % of the multiply-add peak measured beside them.
"by definition" is the register tile itself; the others count the definition's operations too, and so pass 100 % where
Winograd's filtering needs fewer.`);
  for (const [H, W, C, O, stride] of SHAPES) {
    const OH = Math.ceil(H / stride), OW = Math.ceil(W / stride), gflop = 2 * 9 * C * O * OH * OW / 1e9;
    const draw = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, "float32", seed);
    const x = draw([1, H, W, C], 1), filter = draw([3, 3, C, O], 2), dy = draw([1, OH, OW, O], 3);
    const bias = tf.zeros([O]), y = tf.relu(dy), pad: [number, number][] = [[0, 0], [1, 1], [1, 1], [0, 0]];
    const g = convGeometry(x.shape, filter.shape, { strides: stride, pad })!, top = peak(heap);
    const report = (f: () => Result) => {
      const [median, least] = time(() => [f()].flat().forEach(({ dataId }) => backend.disposeData(dataId)));
      const percent = 1e5 * gflop / least / top;
      return `${median.toFixed(2).padStart(6)} ms ${percent.toFixed(0).padStart(3)} %`;
    };
    const columns = {
      "by definition": () => forwardByDefinition(heap, g, x, filter),
      forward: () => convolve(heap, g, x, filter, bias, true),
      dx: () => inputGradient(heap, g, dy, filter, y),
      dw: () => filterGradient(heap, g, x, dy, y),
    };
    const line = Object.entries(columns).map(([name, f]) => `${name} ${report(f)}`).join("   ");
    console.log(`${H}x${W} ${C}->${O} /${stride}`.padEnd(18), line, `  peak ${top.toFixed(1)} GFLOPS`);
    tf.dispose([x, filter, bias, dy, y]);
  }
}

/** The forward pass on the register tile, where the library would take Winograd's filtering. */
function forwardByDefinition(heap: Heap, g: ConvGeometry, x: tf.Tensor, filter: tf.Tensor): tf.TensorInfo {
  const { H, W, C, O, OH, OW, stride } = g, y = heap.make([1, OH, OW, O]), OP = blocks(O);
  const [order, weights, bias, work] = heap.scratch(9, 9 * C * OP, OP, 4 * (W + 2) * C + 16);
  heap.floats(bias!, OP).fill(0);
  pack(heap, heap.at(filter), weights!, order!, [0, 1, 2, 3, 4, 5, 6, 7, 8], C, O, false);
  heap.kernels.convolve3x3(heap.at(x), 0, weights!, bias!, heap.at(y), work!, H, W, C, O, stride, 0);
  return y;
}

/** The kernels that are not convolutions, at the size of a 240x160 image with 32 channels. */
function benchOthers(): void {
  const N = 160 * 240, C = 32, M = 300;
  const x = tf.randomUniform<tf.Rank.R2>([N, C], -1, 1, "float32", 1), w = tf.ones<tf.Rank.R2>([C, C]);
  const image = tf.reshape(x, [1, 160, 240, C]) as tf.Tensor4D;
  const ids = tf.tensor1d(Int32Array.from({ length: N }, (_, i) => Math.floor(i * M / N)), "int32");
  const means = segmentSum(x, ids, M);
  const operations = {
    [`segment sum to ${M}`]: () => segmentSum(x, ids, M),
    [`gather from ${M}`]: () => tf.gather(means, ids),
    "sum over pixels": () => tf.sum(x, 0),
    [`product with (${C}, ${C})`]: () => tf.matMul(x, w),
    "product x' x": () => tf.matMul(x, x, true, false),
    "upsampling by 2": () => upsample2(image),
    "pixel shuffle": () => pixelShuffle2(image),
  };
  console.log(`\nOther kernels at (${N}, ${C}), median milliseconds`);
  for (const [name, f] of Object.entries(operations)) {
    console.log(name.padEnd(24), time(() => f().dispose())[0].toFixed(2));
  }
  tf.dispose([x, w, image, ids, means]);
}

/** GFLOPS of the 3x3 convolution of 32 to 32 channels at 240x160, as shares of the peak, in percent. */
export async function benchPeakShare(): Promise<{ peak: number; byDefinition: number; forward: number }> {
  await useBackend("wasm", { simd: "relaxed" });
  const backend = tf.backend() as unknown as WasmBackend & tf.KernelBackend;
  const heap = openHeap(backend, instantiateKernels("relaxed", backend.wasm.asm.memory));
  const [H, W, C] = [160, 240, 32], gflop = 2 * 9 * C * C * H * W / 1e9;
  const x = tf.randomUniform([1, H, W, C], -1, 1, "float32", 1);
  const filter = tf.randomUniform([3, 3, C, C], -1, 1, "float32", 2), bias = tf.zeros([C]);
  const g = convGeometry(x.shape, filter.shape, { strides: 1, pad: [[0, 0], [1, 1], [1, 1], [0, 0]] })!;
  const top = peak(heap);
  const share = (f: () => tf.TensorInfo) =>
    1e5 * gflop / time(() => void backend.disposeData(f().dataId))[1] / top;
  const shares = {
    peak: top,
    byDefinition: share(() => forwardByDefinition(heap, g, x, filter)),
    forward: share(() => convolve(heap, g, x, filter, bias, true)),
  };
  tf.dispose([x, filter, bias]);
  return shares;
}

/** A training step on own kernels and on stock ones. */
export async function benchSteps(
  H: number,
  W: number,
  steps = 12,
  say: (line: string) => void = console.log,
): Promise<StepComparison> {
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
  say(`\nTraining step, ${W}x${H}, 3-32-32-32-3, batch norm, Adam`);
  const [own, stock] = results.map((side, i) => {
    const [median, least, most] = spread(side.map(({ ms }) => ms)), heap = side.at(-1)!.heapBytes / 1e6;
    const loss = side.at(-1)!.loss.toFixed(5);
    say(
      `${sides[i]!.padEnd(6)} median ${median.toFixed(0)} ms, ${least.toFixed(0)} to ${
        most.toFixed(0)
      }; heap ${heap.toFixed(0)} MB; loss ${loss}`,
    );
    return { least, median, heap };
  }) as [{ least: number; median: number; heap: number }, { least: number; median: number; heap: number }];
  say(
    `own is ${(stock.median / own.median).toFixed(2)} times as fast (by the least ${
      (stock.least / own.least).toFixed(2)
    }), with ${(own.heap / stock.heap).toFixed(2)} of the heap`,
  );
  return {
    speedUp: stock.median / own.median,
    heapShare: own.heap / stock.heap,
    ownMs: own.median,
    stockMs: stock.median,
  };
}

if (import.meta.main) {
  await benchConvolutions("plain");
  await benchConvolutions("relaxed");
  benchOthers();
  await benchSteps(160, 240);
}
