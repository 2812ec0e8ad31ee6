/**
 * One side of bench/kernels.ts in an isolate of its own, because kernels are registered once in an isolate: `own` kernels or
 * `stock` ones. Answers each message with a measurement.
 */
import * as tf from "@tensorflow/tfjs-core";
import process from "node:process";
import { createAdam } from "../lib/backend/adam.ts";
import { registerGradients } from "../lib/backend/gradients.ts";
import { useBackend } from "../lib/backend/mod.ts";
import { conv2d, normRelu } from "../lib/backend/ops.ts";
import { createRandom } from "../lib/random.ts";
import { installStockKernels, stockNormRelu } from "./stock_kernels.ts";

/** What to measure. */
export type Request =
  | { readonly kind: "start"; readonly side: "own" | "stock" }
  | { readonly kind: "step"; readonly H: number; readonly W: number };

/** CPU milliseconds of this process: on a busy machine, what the wall would show on an idle core. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const WIDTHS = [3, 32, 32, 32, 3];

interface Network {
  readonly step: () => number;
}

let side: "own" | "stock" = "own";
const networks = new Map<string, Network>();

/** The network of docs/performance.md: four 3x3 convolutions, batch normalisation and relu after the first three, MSE. */
function network(H: number, W: number): Network {
  const random = createRandom(1);
  const draw = (shape: number[], scale: number) =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => (2 * random() - 1) * scale),
      shape,
    );
  const variable = (tensor: tf.Tensor) => tf.variable(tensor);
  const layers = WIDTHS.slice(1).map((O, i) => ({
    filter: variable(draw([3, 3, WIDTHS[i]!, O], Math.sqrt(6 / (9 * WIDTHS[i]!)))) as tf.Tensor4D,
    gamma: variable(tf.ones([O])) as tf.Tensor1D,
    beta: variable(tf.zeros([O])) as tf.Tensor1D,
  }));
  const x = draw([1, H, W, 3], 1) as tf.Tensor4D, last = layers.length - 1;
  const forward = () =>
    layers.reduce((h, { filter, gamma, beta }, i) => {
      if (side === "own") {
        return i < last ? normRelu(conv2d(h, filter, null), gamma, beta) : conv2d(h, filter, beta);
      }
      const y = tf.conv2d(h, filter, 1, "same");
      return (i < last ? stockNormRelu(y, gamma, beta) : tf.add(y, beta)) as tf.Tensor4D;
    }, x);
  const loss = () => tf.mean(tf.squaredDifference(forward(), x)) as tf.Scalar;
  const variables = layers.flatMap(({ filter, gamma, beta }, i) =>
    i < last ? [filter, gamma, beta] : [filter, beta]
  );
  const trained = variables as tf.Tensor[] as tf.Variable[];
  const own = createAdam(trained), stock = tf.train.adam(0.001);
  const step = () => {
    const { value, grads } = tf.variableGrads(loss, trained);
    if (side === "own") own.step(trained.map(({ name }) => grads[name]!));
    else stock.applyGradients(grads as Record<string, tf.Variable>);
    const result = value.dataSync()[0]!;
    tf.dispose([value, grads]);
    return result;
  };
  return { step };
}

async function startStock(): Promise<void> {
  await import("@tensorflow/tfjs-backend-wasm");
  registerGradients();
  if (!await tf.setBackend("wasm")) throw new Error("Cannot start tfjs's wasm backend");
  installStockKernels();
}

const worker = self as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(answer: unknown): void;
};

worker.onmessage = async ({ data }) => {
  if (data.kind === "start") {
    side = data.side;
    if (side === "own") await useBackend("wasm");
    else await startStock();
    return worker.postMessage("started");
  }
  const key = `${data.H}x${data.W}`;
  const net = networks.get(key) ?? network(data.H, data.W);
  networks.set(key, net);
  const begin = cpu(), loss = net.step(), ms = cpu() - begin;
  const heap = (tf.backend() as unknown as { wasm: { asm: { memory: WebAssembly.Memory } } }).wasm.asm.memory;
  worker.postMessage({ ms, loss, heapBytes: heap.buffer.byteLength, tensors: tf.memory().numTensors });
};
