/**
 * The figures that the paper prints (Lin, Zhong and Lu, arXiv:2103.06031), on BSDS500 test.
 */

/** SC, PRI and VI of the ablation, single figures. */
export type PrintedSingles = readonly [covering: number, rand: number, variation: number];

/** ODS and OIS of each metric; null where the paper prints a dash. */
export type PrintedFigures = readonly [
  coveringOds: number,
  coveringOis: number | null,
  randOds: number,
  randOis: number | null,
  variationOds: number,
  variationOis: number | null,
];

/** Table 2, the ablation. */
export const TABLE_2 = {
  IMG: [0.405, 0.761, 3.483],
  REC: [0.388, 0.756, 3.622],
  TEM: [0.453, 0.769, 3.019],
  L1: [0.477, 0.769, 2.471],
  L2: [0.488, 0.764, 2.315],
} as const satisfies Record<string, PrintedSingles>;

/** Table 3, kinds of superpixels: on the image, on the SuperAE image, after the cut. */
export const TABLE_3 = {
  "slic-image": [0.354, 0.402, 0.698, 0.726, 2.391, 2.306],
  "slic-superae": [0.376, 0.415, 0.710, 0.745, 2.360, 2.286],
  "slic-cut": [0.428, 0.485, 0.709, 0.742, 2.262, 2.079],
  "ms-image": [0.515, 0.535, 0.771, 0.805, 2.450, 2.429],
  "ms-superae": [0.497, 0.550, 0.777, 0.795, 2.162, 2.077],
  "ms-cut": [0.504, 0.543, 0.739, 0.762, 2.014, 1.849],
  "egb-image": [0.458, 0.467, 0.770, 0.775, 2.334, 2.325],
  "egb-superae": [0.491, 0.500, 0.774, 0.782, 2.190, 2.180],
  "egb-cut": [0.506, 0.548, 0.737, 0.779, 1.989, 1.853],
} as const satisfies Record<string, PrintedFigures>;

/** Table 4, clusterings of the same superpixels. */
export const TABLE_4 = {
  "kmeans-rgb": [0.340, 0.344, 0.708, 0.732, 3.156, 3.146],
  "kmeans-deep": [0.375, 0.382, 0.718, 0.739, 2.865, 2.859],
  "ncut-rgb": [0.414, 0.465, 0.717, 0.771, 2.308, 2.213],
  "ncut-deep": [0.386, 0.423, 0.704, 0.754, 2.433, 2.382],
  cut: [0.452, 0.505, 0.726, 0.778, 2.069, 2.002],
} as const satisfies Record<string, PrintedFigures>;

/** Table 5, methods of the field. */
export const TABLE_5 = {
  SLIC: [0.37, 0.38, 0.74, 0.75, 2.56, 2.50],
  NCuts: [0.45, 0.53, 0.78, 0.80, 2.23, 1.89],
  EGB: [0.52, 0.57, 0.80, 0.82, 2.21, 1.87],
  MS: [0.54, 0.58, 0.79, 0.81, 1.85, 1.64],
  "gPb-owt-ucm": [0.59, 0.65, 0.83, 0.86, 1.69, 1.48],
  "CAE-TVL": [0.51, 0.56, 0.79, 0.82, 2.11, 2.02],
  Backprop: [0.47, 0.50, 0.75, 0.77, 2.18, 2.15],
  "Mumford-Shah": [0.49, null, 0.71, null, 2.20, null],
  "W-Net": [0.57, 0.62, 0.81, 0.84, 1.76, 1.60],
  DSC: [0.56, 0.60, 0.80, 0.83, 1.82, 1.62],
} as const satisfies Record<string, PrintedFigures>;
