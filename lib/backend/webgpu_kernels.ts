/**
 * Kernels of the webgpu backend that tfjs has in a form that does not fit. Its segment sum adds floats atomically, in
 * whatever order threads arrive, so that no two runs agree to the last bit; here every output sums its rows in order.
 */
import * as tf from "@tensorflow/tfjs-core";

/** What of `WebGPUBackend` is used here. */
interface WebgpuBackend {
  runWebGPUProgram(program: Program, inputs: tf.TensorInfo[], dtype: tf.DataType): tf.TensorInfo;
}

/** A shader as tfjs wants it. */
interface Program {
  readonly outputShape: number[];
  readonly shaderKey: string;
  readonly variableNames: string[];
  readonly workgroupSize: [number, number, number];
  readonly dispatchLayout: { readonly x: number[] };
  readonly dispatch: [number, number, number];
  readonly size: boolean;
  getUserCode(): string;
}

/** Outputs of one workgroup. */
const WORKGROUP = 64;
/** Most workgroups along one axis that every adapter allows. */
const MOST_WORKGROUPS = 65535;

/** Replaces the kernels. @returns Their names. */
export function installWebgpuKernels(): string[] {
  const { kernelFunc: original } = tf.getKernel(tf.UnsortedSegmentSum, "webgpu");
  tf.unregisterKernel(tf.UnsortedSegmentSum, "webgpu");
  tf.registerKernel({
    kernelName: tf.UnsortedSegmentSum,
    backendName: "webgpu",
    kernelFunc: (call) => {
      const { x, segmentIds } = call.inputs as Record<string, tf.TensorInfo>,
        count = call.attrs!.numSegments as number;
      const inner = x!.shape.slice(segmentIds!.shape.length), C = tf.util.sizeFromShape(inner);
      if (x!.dtype !== "float32" || count * C > MOST_WORKGROUPS * WORKGROUP) return original(call);
      const N = tf.util.sizeFromShape(segmentIds!.shape);
      const sums = (call.backend as WebgpuBackend).runWebGPUProgram(
        segmentSum(count, C),
        [{ ...x!, shape: [N, C] }, { ...segmentIds!, shape: [N] }],
        "float32",
      );
      return { ...sums, shape: [count, ...inner] };
    },
  });
  return [tf.UnsortedSegmentSum];
}

/** One thread to an output: it reads all N ids, which its neighbours read too, and the rows of its own segment. */
function segmentSum(count: number, C: number): Program {
  return {
    outputShape: [count, C],
    shaderKey: "dscSegmentSum",
    variableNames: ["x", "ids"],
    workgroupSize: [WORKGROUP, 1, 1],
    dispatchLayout: { x: [0, 1] },
    dispatch: [Math.ceil(count * C / WORKGROUP), 1, 1],
    size: true,
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          let C = uniforms.xShape[1];
          let segment = index / C;
          let c = index - segment * C;
          var total = 0.0;
          for (var n = 0; n < uniforms.xShape[0]; n = n + 1) {
            if (ids[n] == segment) { total = total + x[n * C + c]; }
          }
          setOutputAtIndex(index, total);
        }
      }`,
  };
}
