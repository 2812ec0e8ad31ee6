/**
 * Gradients of the operations that the networks use. tfjs-core registers none by itself (they come with tfjs-layers, which
 * costs about 100 ms to import), so the few that are needed are here. Each is checked against finite differences in
 * tests/backend_gradients_test.ts.
 *
 * A gradient returns a NEW tensor, never `dy` itself: a tensor with two owners cannot be freed early.
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradientOfFusedConv2d } from "./conv_gradient.ts";
import { NORM_RELU, NORM_RELU_GRADIENT, SPACE_TO_DEPTH } from "./kernels/names.ts";

type Thunks = Record<string, () => tf.Tensor>;

/** Gradient of one operation: dy, the saved tensors and the attributes to one thunk for each input. */
type Gradient = (dy: tf.Tensor, saved: tf.Tensor[], attributes: tf.NamedAttrMap) => Thunks;

let registered = false;

/** Registers all gradients of this file, once in an isolate. */
export function registerGradients(): void {
  if (registered) return;
  registered = true;
  registerShape();
  registerArithmetic();
  registerUnary();
  registerReductions();
  registerProducts();
  tf.registerGradient(gradientOfFusedConv2d);
}

function register(
  kernelName: string,
  inputsToSave: string[],
  gradient: Gradient,
  outputsToSave: boolean[] = [],
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave,
    outputsToSave,
    gradFunc: (dy, saved, attributes) => gradient(dy as tf.Tensor, saved, attributes),
  });
}

/** Sums `dy` over the axes along which an input of this shape was broadcast. */
function unbroadcast(dy: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, shape);
}

/** (outer, axis, inner) sizes of a shape around one axis. */
function aroundAxis(shape: number[], axis: number): [number, number, number] {
  const size = (dims: number[]) => tf.util.sizeFromShape(dims);
  return [size(shape.slice(0, axis)), shape[axis]!, size(shape.slice(axis + 1))];
}

function registerShape(): void {
  register(tf.Identity, [], (dy) => ({ x: () => tf.clone(dy) }));
  register(tf.Cast, [], (dy) => ({ x: () => tf.clone(dy) }));
  register(tf.Reshape, ["x"], (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }));
  register(tf.ExpandDims, ["input"], (dy, [input]) => ({ input: () => tf.reshape(dy, input!.shape) }));
  register(tf.Transpose, [], (dy, _, { perm }) => ({
    x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])),
  }));
  register(tf.Slice, ["x"], (dy, [x], attributes) => {
    const begin = attributes.begin as number[], shape = x!.shape;
    return {
      x: () => tf.pad(dy, begin.map((b, i) => [b, shape[i]! - b - dy.shape[i]!] as [number, number])),
    };
  });
  register(tf.PadV2, ["x"], (dy, [x], { paddings }) => ({
    x: () => tf.slice(dy, (paddings as [number, number][]).map(([before]) => before), x!.shape),
  }));
  register(tf.Tile, ["x"], (dy, [x], { reps }) => ({
    // (n) tiled r times is (r, n): sum over every r
    x: () => {
      const split = (reps as number[]).flatMap((r, i) => [r, x!.shape[i]!]);
      return tf.reshape(tf.sum(tf.reshape(dy, split), x!.shape.map((_, i) => 2 * i)), x!.shape);
    },
  }));
  register(tf.Select, ["condition"], (dy, [condition]) => ({
    condition: () => tf.zerosLike(tf.cast(condition!, "float32")),
    t: () => tf.mul(dy, tf.cast(condition!, "float32")),
    e: () => tf.mul(dy, tf.cast(tf.logicalNot(condition!), "float32")),
  }));
  registerJoins();
}

function registerJoins(): void {
  tf.registerGradient({
    kernelName: tf.Concat,
    saveAllInputs: true,
    gradFunc: (dy, saved, attributes) => {
      const { axis } = attributes as { axis: number };
      const at = tf.util.parseAxisParam(axis, saved[0]!.shape)[0]!;
      const thunks: Thunks = {};
      let start = 0;
      saved.forEach((input, i) => {
        const begin = input.shape.map((_, k) => k === at ? start : 0);
        thunks[i] = () => tf.slice(dy as tf.Tensor, begin, input.shape);
        start += input.shape[at]!;
      });
      return thunks;
    },
  });
  tf.registerGradient({
    kernelName: tf.Pack,
    saveAllInputs: true,
    gradFunc: (dy, saved, attributes) => {
      const stacked = dy as tf.Tensor, at = (attributes as { axis: number }).axis;
      return Object.fromEntries(saved.map((input, i) => {
        const begin = stacked.shape.map((_, k) => k === at ? i : 0);
        const size = stacked.shape.map((n, k) => k === at ? 1 : n);
        return [i, () => tf.reshape(tf.slice(stacked, begin, size), input.shape)];
      }));
    },
  });
}

function registerArithmetic(): void {
  register(tf.Add, ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(dy, a!.shape),
    b: () => unbroadcast(dy, b!.shape),
  }));
  register(tf.Sub, ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(dy, a!.shape),
    b: () => unbroadcast(tf.neg(dy), b!.shape),
  }));
  register(tf.Multiply, ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(tf.mul(dy, b!), a!.shape),
    b: () => unbroadcast(tf.mul(dy, a!), b!.shape),
  }));
  register(tf.RealDiv, ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(tf.div(dy, b!), a!.shape),
    b: () => unbroadcast(tf.neg(tf.div(tf.mul(dy, a!), tf.square(b!))), b!.shape),
  }));
  register(tf.SquaredDifference, ["a", "b"], (dy, [a, b]) => {
    const half = () => tf.mul(dy, tf.mul(2, tf.sub(a!, b!)));
    return { a: () => unbroadcast(half(), a!.shape), b: () => unbroadcast(tf.neg(half()), b!.shape) };
  });
  // where a = b the gradient goes to a alone, so that the two shares always add up to dy
  register(tf.Maximum, ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(tf.mul(dy, tf.cast(tf.greaterEqual(a!, b!), "float32")), a!.shape),
    b: () => unbroadcast(tf.mul(dy, tf.cast(tf.less(a!, b!), "float32")), b!.shape),
  }));
  register(tf.Minimum, ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(tf.mul(dy, tf.cast(tf.lessEqual(a!, b!), "float32")), a!.shape),
    b: () => unbroadcast(tf.mul(dy, tf.cast(tf.greater(a!, b!), "float32")), b!.shape),
  }));
  // of a constant exponent only: the base's logarithm is not defined for the rest
  register(tf.Pow, ["a", "b"], (dy, [a, b]) => ({
    a: () => unbroadcast(tf.mul(dy, tf.mul(b!, tf.pow(a!, tf.sub(b!, 1)))), a!.shape),
  }));
}

function registerUnary(): void {
  register(tf.Neg, [], (dy) => ({ x: () => tf.neg(dy) }));
  register(tf.Square, ["x"], (dy, [x]) => ({ x: () => tf.mul(dy, tf.mul(x!, 2)) }));
  register(tf.Sqrt, [], (dy, [y]) => ({ x: () => tf.div(dy, tf.mul(y!, 2)) }), [true]);
  register(tf.Rsqrt, ["x"], (dy, [x, y]) => ({ x: () => tf.neg(tf.div(tf.mul(dy, y!), tf.mul(x!, 2))) }), [
    true,
  ]);
  register(tf.Reciprocal, [], (dy, [y]) => ({ x: () => tf.neg(tf.mul(dy, tf.square(y!))) }), [true]);
  register(tf.Exp, [], (dy, [y]) => ({ x: () => tf.mul(dy, y!) }), [true]);
  register(tf.Log, ["x"], (dy, [x]) => ({ x: () => tf.div(dy, x!) }));
  register(tf.Log1p, ["x"], (dy, [x]) => ({ x: () => tf.div(dy, tf.add(x!, 1)) }));
  register(tf.Abs, ["x"], (dy, [x]) => ({ x: () => tf.mul(dy, tf.sign(x!)) }));
  register(tf.Relu, [], (dy, [y]) => ({ x: () => tf.mul(dy, tf.step(y!)) }), [true]);
  register(
    tf.LeakyRelu,
    ["x"],
    (dy, [x], { alpha }) => ({ x: () => tf.mul(dy, tf.step(x!, alpha as number)) }),
  );
  register(tf.Sigmoid, [], (dy, [y]) => ({ x: () => tf.mul(dy, tf.mul(y!, tf.sub(1, y!))) }), [true]);
  register(tf.Tanh, [], (dy, [y]) => ({ x: () => tf.mul(dy, tf.sub(1, tf.square(y!))) }), [true]);
  register(tf.Softplus, ["x"], (dy, [x]) => ({ x: () => tf.mul(dy, tf.sigmoid(x!)) }));
  register(tf.ClipByValue, ["x"], (dy, [x], { clipValueMin, clipValueMax }) => ({
    x: () => {
      const inside = tf.logicalAnd(
        tf.greaterEqual(x!, clipValueMin as number),
        tf.lessEqual(x!, clipValueMax as number),
      );
      return tf.mul(dy, tf.cast(inside, "float32"));
    },
  }));
  // piecewise constant: nothing flows through
  for (const name of [tf.Step, tf.Sign, tf.Floor, tf.Round]) {
    register(name, [], (dy) => ({
      x: () => tf.zerosLike(dy),
    }));
  }
}

/** `dy` of a reduction, with the reduced axes back as size 1. */
function keepDims(dy: tf.Tensor, shape: number[], axis: number | number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, shape);
  return tf.reshape(dy, shape.map((n, i) => axes.includes(i) ? 1 : n));
}

/** `tf.broadcastTo` by way of an addition: Tile, which it is made of, is ten times slower on wasm. */
function broadcast(x: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.add(tf.zeros(shape), x);
}

function registerReductions(): void {
  const axisOf = (attributes: tf.NamedAttrMap) => attributes.axis as number | number[];
  register(tf.Sum, ["x"], (dy, [x], attributes) => ({
    x: () => broadcast(keepDims(dy, x!.shape, axisOf(attributes)), x!.shape),
  }));
  register(tf.Mean, ["x"], (dy, [x], attributes) => ({
    x: () => broadcast(keepDims(tf.mul(dy, dy.size / x!.size), x!.shape, axisOf(attributes)), x!.shape),
  }));
  // among equal maxima each gets the whole gradient, as in tfjs-layers
  register(tf.Max, ["x"], (dy, [x, y], attributes) => ({
    x: () => {
      const axis = attributes.reductionIndices as number | number[];
      const winners = tf.equal(x!, keepDims(y!, x!.shape, axis));
      return tf.mul(keepDims(dy, x!.shape, axis), tf.cast(winners, "float32"));
    },
  }), [true]);
  register(tf.Softmax, [], (dy, [y], attributes) => ({
    logits: () => {
      const weighted = tf.mul(dy, y!);
      return tf.sub(weighted, tf.mul(tf.sum(weighted, [attributes.dim as number], true), y!));
    },
  }), [true]);
}

function registerProducts(): void {
  register(tf.BatchMatMul, ["a", "b"], (dy, [a, b], { transposeA, transposeB }) => {
    const product = (p: tf.Tensor, q: tf.Tensor, tp: boolean, tq: boolean) => tf.matMul(p, q, tp, tq);
    return {
      a: () =>
        transposeA
          ? product(b!, dy, transposeB as boolean, true)
          : product(dy, b!, false, !(transposeB as boolean)),
      b: () =>
        transposeB
          ? product(dy, a!, true, transposeA as boolean)
          : product(a!, dy, !(transposeA as boolean), false),
    };
  });
  register(tf.GatherV2, ["x", "indices"], (dy, [x, indices], { axis, batchDims }) => ({
    x: () => {
      const shape = x!.shape, at = tf.util.parseAxisParam(axis as number, shape)[0]!;
      if (at !== 0 || batchDims) {
        throw new RangeError(`Cannot differentiate gather: axis must be 0, got ${at}`);
      }
      const [, rows, inner] = aroundAxis(shape, 0);
      const flat = tf.reshape(dy, [indices!.size, inner]);
      return tf.reshape(tf.unsortedSegmentSum(flat, tf.reshape(indices!, [indices!.size]), rows), shape);
    },
    indices: () => tf.zerosLike(indices!),
  }));
  register(
    tf.UnsortedSegmentSum,
    ["segmentIds"],
    (dy, [ids]) => ({ x: () => tf.gather(dy, ids as tf.Tensor1D) }),
  );
  register(tf.ResizeBilinear, ["images"], (dy, [images], attributes) => ({
    images: () =>
      tf.engine().runKernel(tf.ResizeBilinearGrad, { images: images!, dy }, attributes) as tf.Tensor,
  }));
  register(tf.DepthToSpace, ["x"], (dy, [x], { blockSize }) => ({
    x: () => {
      const [B, H, W, C] = x!.shape as [number, number, number, number], s = blockSize as number;
      if (tf.getKernel(SPACE_TO_DEPTH, tf.getBackend())) {
        return tf.engine().runKernel(SPACE_TO_DEPTH, { x: dy }, { blockSize: s }) as tf.Tensor;
      }
      return tf.reshape(tf.transpose(tf.reshape(dy, [B, H, s, W, C / s]), [0, 1, 3, 2, 4]), x!.shape);
    },
  }));
  register(NORM_RELU, ["x", "gamma"], (dys, [x, gamma, y, statistics]) => {
    const dy = (dys as unknown as tf.Tensor[])[0]!;
    const [dx, dgamma, dbeta] = tf.engine().runKernel(NORM_RELU_GRADIENT, {
      x: x!,
      y: y!,
      dy,
      gamma: gamma!,
      statistics: statistics!,
    }) as tf.Tensor[];
    tf.dispose([x!, y!]);
    return { x: () => tf.clone(dx!), gamma: () => tf.clone(dgamma!), beta: () => tf.clone(dbeta!) };
  }, [true, true]);
}
