/**
 * The ablation's network: SuperAE trained on its reconstruction term alone (lambda 0), as the pretrained weights are in
 * all else but the number of steps. Made once and kept.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { withBackend } from "../../lib/backend/mod.ts";
import { decodeImage } from "../../lib/image/decode.ts";
import { encodeWeights, type TrainingImage, type TrainOptions, trainSuperAE } from "../../lib/superae/mod.ts";
import { listImages } from "../bsds/dataset.ts";

/** As tools/train_superae.ts; 1,000 steps bring reconstruction to where it hardly falls. */
const TRAINING = {
  lambda: 0,
  iterations: 1000,
  learningRate: 0.002,
  finalLearningRate: 0.00002,
  batchSize: 2,
  cropSize: 160,
  augment: true,
  seed: 0,
} satisfies TrainOptions;

/**
 * Weights of SuperAE without the superpixel term, from the data set's train split.
 *
 * @param data Folder of the data set.
 * @param out Where the file is kept.
 * @param show Told how far training is.
 * @param signal Stops training; nothing is kept.
 * @param options Another training, for tests.
 * @returns Path of the file. Its name ends with a digest of its content, so that a result names its weights.
 */
export async function reconstructionWeights(
  data: string,
  out: string,
  show: (text: string) => void,
  signal: AbortSignal,
  options: TrainOptions = TRAINING,
): Promise<string> {
  const { images } = listImages(data, "train");
  const key = digest(JSON.stringify({ options, images: images.map(({ id }) => id) }));
  const prefix = `superae-lambda0-${key}-`;
  Deno.mkdirSync(out, { recursive: true });
  for (const { name } of Deno.readDirSync(out)) {
    if (name.startsWith(prefix) && name.endsWith(".txt")) return join(out, name);
  }
  const pictures: TrainingImage[] = [];
  for (const { path } of images) {
    signal.throwIfAborted();
    const image = await decodeImage(await Deno.readFile(path));
    // the term that looks at superpixels has no weight: any will do
    const superpixels = new Int32Array(image.width * image.height);
    pictures.push({ image, superpixels, superpixelCount: 1 });
  }
  const { weights } = await withBackend("wasm", () =>
    trainSuperAE(pictures, {
      ...options,
      signal,
      onIteration: ({ iteration, iterations, loss }) => {
        if (iteration % 100 === 0) {
          show(
            `training without the superpixel term: step ${iteration} of ${iterations}, loss ${
              loss.toFixed(4)
            }`,
          );
        }
      },
    }));
  const text = encodeWeights(weights);
  const path = join(out, `${prefix}${digest(text)}.txt`);
  Deno.writeTextFileSync(`${path}.part`, text + "\n");
  Deno.renameSync(`${path}.part`, path);
  return path;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
