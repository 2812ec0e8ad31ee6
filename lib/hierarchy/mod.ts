/**
 * The DSC hierarchy: a segmentation at all scales, cut wherever it is wanted.
 *
 * @example
 * ```ts
 * import { dscHierarchy } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3) };
 * for (let p = 0; p < 1200; p++) if (p % 40 >= 20) image.data.fill(200, 3 * p, 3 * p + 3); // black | grey
 * const hierarchy = dscHierarchy(image);
 * assert.equal(new Set(hierarchy.at({ regions: 2 })).size, 2);
 * ```
 *
 * @module
 */
export { agglomerate, type AgglomerateOptions, type RegionGraph } from "./agglomerate.ts";
export { type CoOccurrence, coOccurrence } from "./co_occurrence.ts";
export { enlarged } from "./enlarged.ts";
export { type DeepCues, deepCues, dscHierarchy, type HierarchyOptions } from "./hierarchy.ts";
export { ANGLES, type GradientCue, type OrientedGradients, orientedGradients } from "./oriented_gradients.ts";
export { boundaryPseudoLabels } from "./pseudo_labels.ts";
export { Hierarchy, type HierarchyParts, type Scale } from "./tree.ts";
export { defaultVocabulary, type Vocabulary } from "./vocabulary.ts";
export { type Watershed, watershed } from "./watershed.ts";
export {
  type GradientWeight,
  HIERARCHY_WEIGHTS,
  type HierarchyWeights,
  type MergeCriterion,
} from "./weights.ts";
export type { WordMap } from "./word_map.ts";
export { GRADIENT_WORDS, REGION_WORDS } from "./words.ts";
