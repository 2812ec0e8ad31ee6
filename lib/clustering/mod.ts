/**
 * Clustering of superpixels: weighted k-means, normalized cut and the eigenvectors that it needs.
 *
 * @module
 */

export { type AffinityOptions, featureAffinity } from "./affinity.ts";
export { type Eigenpairs, type SymmetricProduct, topEigenvectors, topEigenvectorsOf } from "./eigen.ts";
export { type Kmeans, kmeans, type KmeansOptions } from "./kmeans.ts";
export { ncut, type NcutOptions, ncutSweep, ncutValue } from "./ncut.ts";
export { createRandom, type Random } from "../random.ts";
