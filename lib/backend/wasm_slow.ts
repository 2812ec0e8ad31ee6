import * as tf from "@tensorflow/tfjs-core";
// placeholder kernels until the SIMD module is in
interface Wasm {
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
  makeOutput(shape: number[], dtype: string): tf.TensorInfo;
  incRef(dataId: object): void;
}
export function installSlow(): string[] {
  const put = (kernelName: string, kernelFunc: tf.KernelFunc) => {
    if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
  };
  put(tf.Identity, ({ inputs, backend }) => {
    const x = inputs.x!;
    (backend as Wasm).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
  put(tf.UnsortedSegmentSum, ({ inputs, backend, attrs }) => {
    const b = backend as Wasm, x = inputs.x!, ids = inputs.segmentIds!, n = attrs!.numSegments as number;
    const inner = x.shape.slice(ids.shape.length), C = tf.util.sizeFromShape(inner);
    const out = b.makeOutput([n, ...inner], "float32");
    const X = b.typedArrayFromHeap(x), I = b.typedArrayFromHeap(ids), o = b.typedArrayFromHeap(out).fill(0);
    for (let i = 0; i < I.length; i++) for (let c = 0; c < C; c++) o[I[i]! * C + c]! += X[i * C + c]!;
    return out;
  });
  put(tf.Conv2DBackpropFilter, ({ inputs, backend, attrs }) => {
    const b = backend as Wasm, x = inputs.x!, dy = inputs.dy!;
    const [K, , C, O] = attrs!.filterShape as [number, number, number, number],
      s = (attrs!.strides as number[])[0]!;
    const pad = (K - 1) / 2,
      [B, H, W] = x.shape as [number, number, number],
      OH = dy.shape[1]!,
      OW = dy.shape[2]!;
    const out = b.makeOutput([K, K, C, O], "float32");
    const X = b.typedArrayFromHeap(x), D = b.typedArrayFromHeap(dy), o = b.typedArrayFromHeap(out).fill(0);
    for (let n = 0; n < B; n++) {
      for (let oy = 0; oy < OH; oy++) {
        for (let ox = 0; ox < OW; ox++) {
          const q = ((n * OH + oy) * OW + ox) * O;
          for (let ky = 0; ky < K; ky++) {
            for (let kx = 0; kx < K; kx++) {
              const iy = oy * s + ky - pad, ix = ox * s + kx - pad;
              if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
              for (let c = 0; c < C; c++) {
                const v = X[((n * H + iy) * W + ix) * C + c]!, t = ((ky * K + kx) * C + c) * O;
                for (let k = 0; k < O; k++) o[t + k]! += v * D[q + k]!;
              }
            }
          }
        }
      }
    }
    return out;
  });
  return [tf.Identity, tf.UnsortedSegmentSum, tf.Conv2DBackpropFilter];
}
