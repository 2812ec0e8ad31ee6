/** Which convolutions the SIMD module covers: 3x3 with a border of one, and 1x1, both with stride 1 or 2. */
import * as tf from "@tensorflow/tfjs-core";

/** Sizes of a covered convolution. */
export interface ConvGeometry {
  readonly size: 1 | 3;
  readonly stride: 1 | 2;
  /** Images. */
  readonly B: number;
  readonly H: number;
  readonly W: number;
  /** Input channels. */
  readonly C: number;
  readonly OH: number;
  readonly OW: number;
  /** Output channels. */
  readonly O: number;
}

/** The geometry, or undefined where the module does not cover it. */
export function convGeometry(
  x: number[],
  filter: number[],
  attributes: tf.NamedAttrMap,
): ConvGeometry | undefined {
  const { strides, pad, dimRoundingMode, dilations = 1, dataFormat = "NHWC" } = attributes as Record<
    string,
    tf.Attribute
  >;
  const [size, width] = filter;
  if (dataFormat !== "NHWC" || size !== width || (size !== 1 && size !== 3)) return undefined;
  const info = tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides as number | [number, number],
    dilations as number | [number, number],
    pad as "same" | "valid" | number,
    dimRoundingMode as "floor" | "round" | "ceil",
  );
  const { strideHeight: stride, padInfo: { top, left } } = info, edge = (size - 1) / 2;
  if ((stride !== 1 && stride !== 2) || stride !== info.strideWidth || top !== edge || left !== edge) {
    return undefined;
  }
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) return undefined;
  const {
    batchSize: B,
    inHeight: H,
    inWidth: W,
    inChannels: C,
    outHeight: OH,
    outWidth: OW,
    outChannels: O,
  } = info;
  if (OH !== Math.ceil(H / stride) || OW !== Math.ceil(W / stride)) return undefined;
  return { size, stride, B, H, W, C, OH, OW, O };
}
