/**
 * The weights that come with the library, learnt without labels from the 200 training photographs of BSDS500 by
 * `deno task train` (tools/train_superae.ts).
 */
import { PRETRAINED_WEIGHTS } from "./pretrained_weights.ts";
import { decodeWeights, type SuperAEWeights } from "./weights.ts";

let decoded: SuperAEWeights | undefined;

/** The pretrained weights; decoded once in an isolate. Treat them as read-only. */
export function pretrainedWeights(): SuperAEWeights {
  return decoded ??= decodeWeights(PRETRAINED_WEIGHTS);
}
