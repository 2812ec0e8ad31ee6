/**
 * Region metrics for image segmentation: Segmentation Covering, Probabilistic Rand Index and Variation of Information, for
 * label maps and whole hierarchies, with the semantics of the official BSDS500 benchmark, and its files.
 *
 * @module
 */

export { type Contingency, contingency } from "./contingency.ts";
export { type ContourMap, contourMapTree, cutContourMap, type SuperpixelTree } from "./contour_map.ts";
export { readContourMap, readGroundTruth, readSegs } from "./bsds_files.ts";
export { cutTree } from "./cut_tree.ts";
export { scoreHierarchy } from "./hierarchy_scores.ts";
export { type LabelMaps, type Labels, type MergeTree } from "./label_map.ts";
export {
  type MatlabCell,
  type MatlabData,
  type MatlabNumeric,
  type MatlabStruct,
  type MatlabText,
  type MatlabUnsupported,
  type MatlabValue,
  readMatlab,
  type ReadMatlabOptions,
} from "./matlab.ts";
export {
  type OfficialReport,
  officialReport,
  officialThresholds,
  roundOfficially,
} from "./official_report.ts";
export { type RegionScore, type RegionScores, scoreLabels, scoreStack } from "./region_scores.ts";
export { bootstrap, type BootstrapOptions, type Estimate, pairedBootstrap } from "./statistics.ts";
export {
  FIGURE_NAMES,
  type Figures,
  figures,
  formatFigures,
  type Optimum,
  type RegionSummary,
  summarize,
} from "./summary.ts";
export { scoreSuperpixels, type SuperpixelScore, type SuperpixelScoreOptions } from "./superpixel_scores.ts";
export { createRandom, type Random } from "../random.ts";
