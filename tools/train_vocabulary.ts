/**
 * Learns the hierarchy's textons by k-means on unlabelled photographs, and writes lib/hierarchy/vocabulary_data.ts. Same
 * photographs, same seed: same file.
 *
 *     deno task train:vocabulary --images ../shared/bsds500/images/train
 */
import { parseArgs } from "node:util";
import { kmeans } from "../lib/clustering/mod.ts";
import { localJets, TEXTON_CHANNELS, textonVectors } from "../lib/hierarchy/textons.ts";
import { encodeWords, TEXTON_STEP } from "../lib/hierarchy/vocabulary.ts";
import { lightnessOf } from "../lib/hierarchy/words.ts";
import { decodeImage, srgbToLab } from "../lib/image/mod.ts";
import { createRandom, type Random } from "../lib/random.ts";

/** Pixels drawn from each photograph: 200 photographs give 80,000 points, 2,500 a word. */
const SAMPLES = 400;
/** As many as the gradients' histograms have room for (64 in Martin et al. 2004). */
const TEXTONS = 32;

/** Appends randomly drawn rows of `vectors` to `samples`. */
function draw(samples: number[], vectors: Float32Array, D: number, random: Random): void {
  for (let n = 0; n < SAMPLES; n++) {
    const at = Math.floor(random() * (vectors.length / D)) * D;
    for (let d = 0; d < D; d++) samples.push(vectors[at + d]!);
  }
}

/** Centres of the drawn points. */
function words(samples: number[], D: number, clusters: number, random: Random): Float32Array {
  return kmeans(Float32Array.from(samples), samples.length / D, D, { clusters, iterations: 30, random })
    .centers;
}

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "../shared/bsds500/images/train" },
    seed: { type: "string", default: "0" },
  },
});
const random = createRandom(Number(values.seed));
const fine: number[] = [], coarse: number[] = [];
const names = [...Deno.readDirSync(values.images)].map(({ name }) => name)
  .filter((name) => name.endsWith(".jpg")).sort();
for (const name of names) {
  const image = await decodeImage(await Deno.readFile(`${values.images}/${name}`));
  const lab = srgbToLab(image);
  const [fineVectors, coarseVectors] = textonVectors(localJets(lightnessOf(lab), image.width, image.height));
  draw(fine, fineVectors, TEXTON_CHANNELS, random);
  draw(coarse, coarseVectors, TEXTON_CHANNELS, random);
  // a palette, long gone, was drawn here: its numbers are passed over, so that the textons stay those of all fits since
  for (let n = 0; n < SAMPLES; n++) random();
}
// deno-lint-ignore no-console -- a command reports what it did
console.log(`${names.length} photographs, ${fine.length / TEXTON_CHANNELS} samples of each kind`);
const file =
  `// Made by \`deno task train:vocabulary\` from ${names.length} photographs, seed ${values.seed}. Do not edit.

/** (${TEXTONS}, ${TEXTON_CHANNELS}) responses at scales 1 and 2. */
export const FINE_TEXTONS =
  "${encodeWords(words(fine, TEXTON_CHANNELS, TEXTONS, random), TEXTON_STEP)}";

/** (${TEXTONS}, ${TEXTON_CHANNELS}) responses at scales 2 and 3. */
export const COARSE_TEXTONS =
  "${encodeWords(words(coarse, TEXTON_CHANNELS, TEXTONS, random), TEXTON_STEP)}";
`;
await Deno.writeTextFile(new URL("../lib/hierarchy/vocabulary_data.ts", import.meta.url), file);
