/**
 * Kernels of the cpu backend that tfjs has wrong or quadratic: the gradient of bilinear resizing takes rows for columns
 * on inputs that are not square, and the segment sum compares every row with every segment.
 */
import * as tf from "@tensorflow/tfjs-core";

/** What of `MathBackendCPU` is used here. */
interface CpuBackend {
  data: { get(dataId: object): { values: Float32Array | Int32Array } };
  makeTensorInfo(shape: number[], dtype: "float32", values: Float32Array): tf.TensorInfo;
}

/** Replaces the kernels, once or again. @returns Their names. */
export function installCpuKernels(): string[] {
  replace(tf.UnsortedSegmentSum, unsortedSegmentSum);
  replace(tf.ResizeBilinearGrad, resizeBilinearGrad);
  return [tf.UnsortedSegmentSum, tf.ResizeBilinearGrad];
}

function replace(kernelName: string, kernelFunc: tf.KernelFunc): void {
  if (tf.getKernel(kernelName, "cpu")) tf.unregisterKernel(kernelName, "cpu");
  tf.registerKernel({ kernelName, backendName: "cpu", kernelFunc });
}

const unsortedSegmentSum: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const cpu = backend as CpuBackend, x = inputs.x!, ids = inputs.segmentIds!;
  const count = attrs!.numSegments as number;
  const from = cpu.data.get(x.dataId).values, segment = cpu.data.get(ids.dataId).values;
  const N = tf.util.sizeFromShape(ids.shape),
    inner = x.shape.slice(ids.shape.length),
    C = tf.util.sizeFromShape(inner);
  const sums = new Float32Array(count * C);
  for (let n = 0, p = 0; n < N; n++, p += C) {
    const j = segment[n]!;
    if (j < 0 || j >= count) continue; // TensorFlow drops them
    for (let c = 0, q = j * C; c < C; c++) sums[q + c]! += from[p + c]!;
  }
  return cpu.makeTensorInfo([count, ...inner], "float32", sums);
};

const resizeBilinearGrad: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const cpu = backend as CpuBackend, images = inputs.images!, dy = inputs.dy!;
  const [B, H, W, C] = images.shape as [number, number, number, number];
  const OH = dy.shape[1]!, OW = dy.shape[2]!, corners = attrs!.alignCorners as boolean;
  const from = cpu.data.get(dy.dataId).values, dx = new Float32Array(B * H * W * C);
  const rowStep = corners && OH > 1 ? (H - 1) / (OH - 1) : H / OH;
  const columnStep = corners && OW > 1 ? (W - 1) / (OW - 1) : W / OW;
  for (let b = 0, p = 0; b < B; b++) {
    for (let y = 0; y < OH; y++) {
      const sy = y * rowStep, top = Math.floor(sy), bottom = Math.min(top + 1, H - 1), fy = sy - top;
      for (let x = 0; x < OW; x++, p += C) {
        const sx = x * columnStep, left = Math.floor(sx), right = Math.min(left + 1, W - 1), fx = sx - left;
        const tl = ((b * H + top) * W + left) * C, tr = ((b * H + top) * W + right) * C;
        const bl = ((b * H + bottom) * W + left) * C, br = ((b * H + bottom) * W + right) * C;
        for (let c = 0; c < C; c++) {
          const g = from[p + c]!;
          dx[tl + c]! += g * (1 - fy) * (1 - fx);
          dx[tr + c]! += g * (1 - fy) * fx;
          dx[bl + c]! += g * fy * (1 - fx);
          dx[br + c]! += g * fy * fx;
        }
      }
    }
  }
  return cpu.makeTensorInfo(images.shape, "float32", dx);
};
