/**
 * The layers of SuperAE, the superpixelwise autoencoder (Lin, Zhong and Lu, arXiv:2103.06031), as one table.
 *
 * The paper leaves the network open. Ours is a small feature pyramid (Lin et al. 2017, doi:10.1109/CVPR.2017.106): four
 * levels at 1/2 to 1/16 of the resolution see 3 to about 90 pixels around each point, and are summed top-down into one
 * embedding at half resolution. Nothing runs at full resolution but the last pixel shuffle, which is what makes a photo
 * of 481x321 cost 2.9 GFLOP rather than 20. Every 3x3 convolution pads symmetrically, so that sample (y, x) of level s
 * sits exactly on input pixel (y * 2^s, x * 2^s) and upsampling needs no half-pixel shift.
 *
 * Widths are multiples of 8, the register tile of the SIMD kernels, but for the two outputs.
 */

/** One convolution: a (size, size, input, output) filter and a bias. */
export interface Layer {
  readonly name: string;
  /** 1 or 3. */
  readonly size: 1 | 3;
  readonly input: number;
  readonly output: number;
  readonly stride: 1 | 2;
  readonly activation: "relu" | "none";
}

/** D, channels of the embedding. */
export const EMBEDDING_CHANNELS = 24;

/** Levels of the pyramid: width at 1/2, 1/4, 1/8, 1/16 of the resolution. */
export const LEVEL_WIDTHS: readonly number[] = [24, 40, 56, 64];

/** Image sides are padded to a multiple of this before the encoder, so that every level halves exactly. */
export const SIDE_MULTIPLE = 16;

/** Encoder: `down` and `conv` of each level, its `lateral` into the pyramid, and the `embed` that makes F. */
export const ENCODER: readonly Layer[] = [
  ...LEVEL_WIDTHS.flatMap((width, level): Layer[] => [
    conv3(`down${level}`, level === 0 ? 3 : LEVEL_WIDTHS[level - 1]!, width, 2),
    conv3(`conv${level}`, width, width),
    {
      name: `lateral${level}`,
      size: 1,
      input: width,
      output: EMBEDDING_CHANNELS,
      stride: 1,
      activation: "none",
    },
  ]),
  { ...conv3("embed", EMBEDDING_CHANNELS, EMBEDDING_CHANNELS), activation: "none" },
];

/** Decoder: from the embedding to the four sub-pixels of x^R. */
export const DECODER: readonly Layer[] = [
  conv3("decode0", EMBEDDING_CHANNELS, 32),
  { ...conv3("decode1", 32, 12), activation: "none" },
];

/** Boundary head: log-odds that a half-resolution pixel lies on a boundary of the hierarchy (self-training). */
export const BOUNDARY_HEAD: readonly Layer[] = [
  conv3("boundary0", EMBEDDING_CHANNELS, 16),
  { ...conv3("boundary1", 16, 1), activation: "none" },
];

/** All layers in the order in which weights are stored. */
export const LAYERS: readonly Layer[] = [...ENCODER, ...DECODER, ...BOUNDARY_HEAD];

function conv3(name: string, input: number, output: number, stride: 1 | 2 = 1): Layer {
  return { name, size: 3, input, output, stride, activation: "relu" };
}
