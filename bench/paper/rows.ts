/**
 * What is run for the paper's tables: each configuration once, whichever tables show it.
 */
import { METHODS, type MethodSettings } from "../bsds/methods.ts";
import type { MethodConfig } from "../bsds/score_image.ts";

/** Names of the configurations. */
export const ROW_NAMES = [
  "slic-image",
  "slic-superae",
  "slic-cut",
  "ms-image",
  "ms-superae",
  "ms-cut",
  "egb-image",
  "egb-reconstruction",
  "egb-superae",
  "egb-labels",
  "egb-cut",
  "kmeans-rgb",
  "kmeans-deep",
  "ncut-rgb",
  "ncut-deep",
  "iterations",
  "hierarchy",
] as const;

/** Name of a configuration. */
export type RowName = typeof ROW_NAMES[number];

/**
 * @param seed Of every method.
 * @param reconstruction File of weights trained without the superpixel term.
 * @returns Every configuration by name.
 */
export function rowConfigs(seed: number, reconstruction: string): Map<RowName, MethodConfig> {
  // the clusterings of table 4 share the superpixels of the cut
  const same = { superpixels: METHODS["flat-dsc"]!.settings.superpixels!, superpixelsOn: "superae" };
  const rows: Record<RowName, readonly [method: string, settings?: MethodSettings]> = {
    "slic-image": ["slic"],
    "slic-superae": ["slic-superae"],
    "slic-cut": ["flat-dsc", { superpixelMethod: "slic" }],
    "ms-image": ["mean-shift"],
    "ms-superae": ["mean-shift-superae"],
    "ms-cut": ["flat-dsc", { superpixelMethod: "mean-shift" }],
    "egb-image": ["felzenszwalb"],
    "egb-reconstruction": ["felzenszwalb-superae", { weights: reconstruction }],
    "egb-superae": ["felzenszwalb-superae"],
    "egb-labels": ["flat-dsc", { superpixelMethod: "felzenszwalb", beta: 0 }],
    "egb-cut": ["flat-dsc", { superpixelMethod: "felzenszwalb" }],
    "kmeans-rgb": ["kmeans-rgb", same],
    "kmeans-deep": ["kmeans-deep", same],
    "ncut-rgb": ["ncut-rgb", same],
    "ncut-deep": ["ncut-deep", same],
    iterations: ["flat-dsc-iterations", { superpixelMethod: "felzenszwalb" }],
    hierarchy: ["dsc"],
  };
  return new Map(ROW_NAMES.map((name) => {
    const [method, changed] = rows[name];
    const { settings, scales } = METHODS[method]!;
    return [name, { method, settings: { ...settings, ...changed }, scales, seed }];
  }));
}
