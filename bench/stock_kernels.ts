/**
 * The best that tfjs's own wasm kernels can do, to measure ours against: the missing and the slow kernels of training are
 * composed of fast ones, and batch normalisation gets a gradient by hand. 3x3 convolutions of stride 1 with a border only.
 */
import * as tf from "@tensorflow/tfjs-core";

interface Backend {
  readonly dataIdMap: {
    get(dataId: object): { id: number; memoryOffset: number };
    delete(dataId: object): void;
  };
  readonly wasm: { readonly tfjs: { disposeData(id: number): void } };
  makeOutput(shape: number[], dtype: string, memoryOffset?: number): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
  disposeData(dataId: object): void;
  incRef(dataId: object): void;
}

type Kernel = (
  backend: Backend,
  inputs: Record<string, tf.TensorInfo>,
  attributes: tf.NamedAttrMap,
) => tf.TensorInfo;

/** Rows of an image whose shifted views are multiplied at once. */
const ROWS = 8;

const run = (name: string, backend: Backend, inputs: Record<string, tf.TensorInfo>, attrs: tf.NamedAttrMap) =>
  tf.getKernel(name, "wasm").kernelFunc({ inputs, backend, attrs }) as tf.TensorInfo;

function replace(kernelName: string, kernel: Kernel): void {
  if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) =>
      kernel(backend as Backend, inputs as Record<string, tf.TensorInfo>, attrs ?? {}),
  });
}

/** Installs the kernels and the gradient of `tf.conv2d` on the wasm backend in use. */
export function installStockKernels(): void {
  replace(tf.Identity, (backend, { x }) => {
    backend.incRef(x!.dataId);
    return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype };
  });
  installProduct();
  replace(tf.Conv2DBackpropInput, inputGradient);
  replace(tf.Conv2DBackpropFilter, filterGradient);
  tf.registerGradient({
    kernelName: tf.Conv2D,
    inputsToSave: ["x", "filter"],
    gradFunc: (dy, saved, attributes) => {
      const [x, filter] = saved as [tf.Tensor, tf.Tensor], g = dy as tf.Tensor;
      const engine = tf.engine();
      return {
        x: () =>
          engine.runKernel(tf.Conv2DBackpropInput, { dy: g, filter }, {
            ...attributes,
            inputShape: x.shape,
          }) as tf.Tensor,
        filter: () =>
          engine.runKernel(tf.Conv2DBackpropFilter, { x, dy: g }, {
            ...attributes,
            filterShape: filter.shape,
          }) as tf.Tensor,
      };
    },
  });
}

/** XNNPACK multiplies plain matrices only: transposing first is five times faster than tfjs's scalar loop. */
function installProduct(): void {
  const original = tf.getKernel(tf.BatchMatMul, "wasm").kernelFunc;
  replace(tf.BatchMatMul, (backend, { a, b }, attributes) => {
    const made: tf.TensorInfo[] = [];
    const plain = (x: tf.TensorInfo, transposed: unknown) => {
      if (!transposed) return x;
      const rank = x.shape.length, perm = x.shape.map((_, i) => i < rank - 2 ? i : 2 * rank - 3 - i);
      const turned = run(tf.Transpose, backend, { x }, { perm });
      made.push(turned);
      return turned;
    };
    const inputs = { a: plain(a!, attributes.transposeA), b: plain(b!, attributes.transposeB) };
    const out = original({
      inputs,
      backend,
      attrs: { transposeA: false, transposeB: false },
    }) as tf.TensorInfo;
    made.forEach(({ dataId }) => backend.disposeData(dataId));
    return out;
  });
}

/** dx is the convolution of dy with the filter turned by 180 degrees and its channels swapped. */
const inputGradient: Kernel = (backend, { dy, filter }, attributes) => {
  const turned = run(tf.Reverse, backend, { x: filter! }, { dims: [0, 1] });
  const swapped = run(tf.Transpose, backend, { x: turned }, { perm: [0, 1, 3, 2] });
  const dx = run(tf.Conv2D, backend, { x: dy!, filter: swapped }, { ...attributes, dilations: [1, 1] });
  backend.disposeData(turned.dataId);
  backend.disposeData(swapped.dataId);
  return dx;
};

/** Nine transposed, shifted views of a few rows of x, stacked, times the same rows of dy. */
const filterGradient: Kernel = (backend, { x, dy }, { filterShape }) => {
  const [B, H, W, C] = x!.shape as [number, number, number, number], O = dy!.shape[3]!, wide = W + 2;
  const border: [number, number][] = [[0, 0], [1, 2], [1, 1], [0, 0]]; // one row more, so that shifted views stay inside
  const padded = run(tf.PadV2, backend, { x: x! }, { paddings: border, constantValue: 0 });
  const right: [number, number][] = [[0, 0], [0, 0], [0, 2], [0, 0]]; // zeros kill what a view wraps around
  const dyPadded = run(tf.PadV2, backend, { x: dy! }, { paddings: right, constantValue: 0 });
  const sums = backend.makeOutput(filterShape as number[], "float32");
  backend.typedArrayFromHeap(sums).fill(0);
  for (let b = 0; b < B; b++) {
    for (let y = 0; y < H; y += ROWS) {
      const K = Math.min(ROWS, H - y) * wide;
      const stacked = backend.makeOutput([9 * C, K], "float32");
      for (let t = 0; t < 9; t++) {
        const at = ((b * (H + 3) + y + Math.floor(t / 3)) * wide + t % 3) * C;
        const shifted = view(backend, padded, at, [K, C]);
        const turned = run(tf.Transpose, backend, { x: shifted }, { perm: [1, 0] });
        backend.typedArrayFromHeap(stacked).set(backend.typedArrayFromHeap(turned), t * C * K);
        backend.disposeData(turned.dataId);
        dropView(backend, shifted);
      }
      const rows = view(backend, dyPadded, (b * H + y) * wide * O, [K, O]);
      const product = run(tf.BatchMatMul, backend, { a: stacked, b: rows }, {});
      const from = backend.typedArrayFromHeap(product), to = backend.typedArrayFromHeap(sums);
      for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
      dropView(backend, rows);
      [product, stacked].forEach(({ dataId }) => backend.disposeData(dataId));
    }
  }
  [padded, dyPadded].forEach(({ dataId }) => backend.disposeData(dataId));
  return sums;
};

/** A tensor on another's memory. */
function view(backend: Backend, source: tf.TensorInfo, offset: number, shape: number[]): tf.TensorInfo {
  return backend.makeOutput(shape, "float32", backend.dataIdMap.get(source.dataId).memoryOffset + 4 * offset);
}

/** Forgets a view and leaves its memory alone. */
function dropView(backend: Backend, { dataId }: tf.TensorInfo): void {
  backend.wasm.tfjs.disposeData(backend.dataIdMap.get(dataId).id);
  backend.dataIdMap.delete(dataId);
}

/** Batch normalisation and relu of stock operations; channel sums are products with a row of ones. */
export const stockNormRelu = tf.customGrad((...values) => {
  const [x, gamma, beta, save] = values as unknown as [tf.Tensor4D, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
  const C = x.shape[3], N = x.size / C;
  const columnMeans = (t: tf.Tensor) =>
    tf.reshape(tf.matMul(tf.fill([1, N], 1 / N), tf.reshape(t, [N, C])), [C]);
  const centred = tf.sub(x, columnMeans(x));
  const inverse = tf.rsqrt(tf.add(columnMeans(tf.square(centred)), 1e-5));
  const y = tf.relu(tf.add(tf.mul(centred, tf.mul(gamma, inverse)), beta));
  save([centred, y, gamma, inverse]);
  const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
    const [centred, y, gamma, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const g = tf.mul(dy, tf.step(y)), scale = tf.mul(gamma, inverse);
    const mean = columnMeans(g), product = tf.mul(columnMeans(tf.mul(g, centred)), inverse);
    const inner = tf.mul(centred, tf.mul(tf.mul(scale, inverse), product));
    return [
      tf.sub(tf.sub(tf.mul(g, scale), inner), tf.mul(scale, mean)),
      tf.mul(product, N),
      tf.mul(mean, N),
    ];
  };
  return { value: y, gradFunc };
});
