/**
 * Registers the SIMD module's kernels with tfjs, over its own where it has them. A kernel that does not cover its input
 * hands it to the one it replaced, so the model's code knows nothing of all this.
 */
import * as tf from "@tensorflow/tfjs-core";
import { convGeometry } from "./conv_geometry.ts";
import { convolve, filterGradient, filterGradientByDefinition, inputGradient } from "./conv_kernels.ts";
import { type Heap, memoryOf, openHeap, refuseNullPointers, type WasmBackend } from "./heap.ts";
import { matMul } from "./matmul_kernels.ts";
import { instantiateKernels } from "./module.ts";
import {
  ADAM,
  CONV_FILTER_GRADIENT,
  CONV_INPUT_GRADIENT,
  NORM_RELU,
  NORM_RELU_GRADIENT,
  SPACE_TO_DEPTH,
} from "./names.ts";
import { normRelu, normReluGradient } from "./norm_kernels.ts";
import { depthToSpace, resizeBilinear, resizeBilinearGradient, spaceToDepth } from "./resample_kernels.ts";
import { adam, gather, segmentSum, sum } from "./row_kernels.ts";

type Inputs = Record<string, tf.TensorInfo>;

/** What a kernel computes, or undefined for the one it replaced. */
type Attempt = (inputs: Inputs, attributes: tf.NamedAttrMap) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** The heap in use; one to a backend, which one isolate has once. */
let heap: Heap | undefined;
let build: "relaxed" | "plain" | undefined;
const installed: string[] = [];

/**
 * Installs the kernels on tfjs's wasm backend, or changes their build.
 *
 * @param simd Which build.
 * @returns Names of the kernels replaced or added.
 */
export function installKernels(simd: "relaxed" | "plain"): readonly string[] {
  if (heap && build === simd) return installed;
  const backend = tf.backend() as unknown as WasmBackend;
  const kernels = instantiateKernels(simd, memoryOf(backend));
  build = simd;
  if (heap) {
    heap.kernels = kernels;
    return installed;
  }
  refuseNullPointers(backend);
  heap = openHeap(backend, kernels);
  installConvolutions(heap);
  installRows(heap);
  installResampling(heap);
  installNorm(heap);
  // tfjs's own copies, and every tensor kept for the backward pass goes through it
  install(tf.Identity, ({ x }) => {
    backend.incRef(x!.dataId);
    return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype };
  });
  return installed;
}

function install(kernelName: string, attempt: Attempt): void {
  const original = (tf.getKernel(kernelName, "wasm") as tf.KernelConfig | undefined)?.kernelFunc;
  if (original) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: (call) => {
      const result = attempt(call.inputs as Inputs, call.attrs ?? {});
      if (result) return result;
      if (original) return original(call);
      throw new RangeError(`Cannot run ${kernelName}: the wasm backend does not cover these shapes`);
    },
  });
  installed.push(kernelName);
}

function installConvolutions(heap: Heap): void {
  const float32 = (...tensors: tf.TensorInfo[]) => tensors.every(({ dtype }) => dtype === "float32");
  const forward = ({ x, filter, bias }: Inputs, attributes: tf.NamedAttrMap, relu: boolean) => {
    const g = convGeometry(x!.shape, filter!.shape, attributes);
    return g && float32(x!, filter!) ? convolve(heap, g, x!, filter!, bias, relu) : undefined;
  };
  const backwardInput = ({ dy, filter, y }: Inputs, attributes: tf.NamedAttrMap) => {
    const g = convGeometry(attributes.inputShape as number[], filter!.shape, attributes);
    return g && inputGradient(heap, g, dy!, filter!, y);
  };
  const backwardFilter = ({ x, dy, y }: Inputs, attributes: tf.NamedAttrMap) => {
    const g = convGeometry(x!.shape, attributes.filterShape as number[], attributes);
    return g && filterGradient(heap, g, x!, dy!, y);
  };
  install(tf.Conv2D, (inputs, attributes) => forward(inputs, attributes, false));
  install(tf.FusedConv2D, (inputs, attributes) => {
    const { activation } = attributes;
    if (activation !== "linear" && activation !== "relu") return undefined;
    return forward(inputs, attributes, activation === "relu");
  });
  install(tf.Conv2DBackpropInput, backwardInput);
  install(CONV_INPUT_GRADIENT, backwardInput);
  install(CONV_FILTER_GRADIENT, backwardFilter);
  install(tf.Conv2DBackpropFilter, (inputs, attributes) => {
    const gradients = backwardFilter(inputs, attributes);
    if (!gradients) return filterGradientByDefinition(heap, inputs.x!, inputs.dy!, attributes);
    (tf.backend() as tf.KernelBackend).disposeData(gradients[1].dataId);
    return gradients[0];
  });
  install(
    tf.BatchMatMul,
    ({ a, b }, { transposeA, transposeB }) =>
      matMul(heap, a!, b!, transposeA as boolean, transposeB as boolean),
  );
}

function installRows(heap: Heap): void {
  install(
    tf.UnsortedSegmentSum,
    ({ x, segmentIds }, { numSegments }) => segmentSum(heap, x!, segmentIds!, numSegments as number),
  );
  install(tf.GatherV2, ({ x, indices }, attributes) => gather(heap, x!, indices!, attributes));
  install(tf.Sum, ({ x }, attributes) => sum(heap, x!, attributes));
  install(ADAM, (inputs, attributes) => adam(heap, inputs, attributes));
}

function installResampling(heap: Heap): void {
  install(tf.ResizeBilinear, ({ images }, attributes) => resizeBilinear(heap, images!, attributes));
  install(
    tf.ResizeBilinearGrad,
    ({ images, dy }, attributes) => resizeBilinearGradient(heap, images!, dy!, attributes),
  );
  install(tf.DepthToSpace, ({ x }, attributes) => depthToSpace(heap, x!, attributes));
  install(SPACE_TO_DEPTH, ({ x }, attributes) => spaceToDepth(heap, x!, attributes));
}

function installNorm(heap: Heap): void {
  install(NORM_RELU, (inputs, { epsilon }) => normRelu(heap, inputs, epsilon as number));
  install(NORM_RELU_GRADIENT, (inputs) => normReluGradient(heap, inputs));
}
