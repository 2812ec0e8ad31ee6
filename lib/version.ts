/**
 * What made a result. Results are identified by their input and by these two, so that a cache, however far away, never
 * serves one version's result for another's.
 */

/** Version of this package, as in deno.json. */
export const VERSION = "0.1.0";

/** Changes whenever equal input may give other labels: new pretrained weights, a changed algorithm. */
export const MODEL_VERSION = "3";
