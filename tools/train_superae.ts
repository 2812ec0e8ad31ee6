/**
 * Makes the pretrained weights of SuperAE, `lib/superae/pretrained_weights.ts`, from a folder of photographs. No label is
 * used.
 *
 *     deno task train --data ../shared/bsds500/images/train
 *
 * Two phases. First L_r alone: encoder and decoder. Then self-training: each photograph's hierarchy, made with the weights
 * so far, says where boundaries are (lib/hierarchy/pseudo_labels.ts), and the network learns them together with L_r, so that one
 * embedding serves both. Seeded and resumable: training runs in rounds of 250 steps, each leaves its weights in the work
 * folder, and the same command goes on after the last whole round. Same images, seed and backend: same weights.
 */
import { parseArgs } from "node:util";
import { withBackend } from "../lib/backend/mod.ts";
import { srgbToLab } from "../lib/image/color.ts";
import { decodeImage } from "../lib/image/decode.ts";
import { createRandom } from "../lib/random.ts";
import { boundaryPseudoLabels, dscHierarchy } from "../lib/hierarchy/mod.ts";
import {
  applySuperAE,
  encodeWeights,
  initialWeights,
  type SuperAEWeights,
  type TrainingImage,
  trainSuperAE,
} from "../lib/superae/mod.ts";
import { slic } from "../lib/superpixels/slic.ts";
import { lossChart } from "./loss_chart.ts";
import { flattenWeights, unflattenWeights } from "./weights_file.ts";

const USAGE = `Usage: deno task train --data FOLDER [options]

  --data FOLDER     JPEG, PNG or GIF photographs, such as BSDS500's images/train
  --autoencode N    rounds of 250 steps on L_r alone (default 12)
  --boundaries N    rounds of 250 steps of self-training after them (default 40)
  --images N        only the first N photographs, by name
  --lambda X        weight of the superpixel term (default 2)
  --seed N          draws weights and windows (default 0)
  --work FOLDER     state and loss chart (default out/train)
  --write FILE      where the weights go (default lib/superae/pretrained_weights.ts)`;

/** Windows in pairs see a photo's context at a sixth to a quarter of its cost; boundaries want more context. */
const STEPS = 250, WINDOWS = { autoencode: 160, boundaries: 192 };
/** What Adam usually takes in networks of this depth; not tuned. */
const LEARNING_RATE = 0.002;
/** Brings the boundary loss, about 0.5, nearer to L_r, about 0.03; not tuned. */
const BOUNDARY_WEIGHT = 0.3;

type Phase = keyof typeof WINDOWS;

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      autoencode: { type: "string", default: "12" },
      boundaries: { type: "string", default: "40" },
      images: { type: "string" },
      lambda: { type: "string", default: "2" },
      seed: { type: "string", default: "0" },
      work: { type: "string", default: "out/train" },
      write: { type: "string", default: "lib/superae/pretrained_weights.ts" },
    },
  });
  if (!values.data) {
    // deno-lint-ignore no-console -- a command speaks to its user
    console.error(USAGE);
    Deno.exit(2);
  }
  await Deno.mkdir(values.work, { recursive: true });
  const images = await readImages(values.data, Number(values.images ?? Infinity));
  const seed = Number(values.seed), state = await readState(values.work, seed);
  const plan: [Phase, number][] = [["autoencode", Number(values.autoencode)], [
    "boundaries",
    Number(values.boundaries),
  ]];
  let first = 0;
  for (const [phase, rounds] of plan) {
    // rounds of this phase that an earlier run has done
    const done = Math.max(0, state.losses.length / STEPS - first);
    if (phase === "boundaries" && done < rounds) {
      await readTargets(images, state.weights, `${values.work}/targets`);
    }
    for (let round = done; round < rounds; round++) {
      // the rate falls linearly over the phase; each round starts Adam's moments anew: its bias correction makes up for it
      const rate = (at: number) => LEARNING_RATE * Math.max(1 - at / rounds, 0.01);
      const started = performance.now();
      const { weights, losses } = await withBackend("wasm", () =>
        trainSuperAE(images, {
          iterations: STEPS,
          batchSize: 2,
          cropSize: WINDOWS[phase],
          weights: state.weights,
          lambda: Number(values.lambda),
          boundaryWeight: phase === "boundaries" ? BOUNDARY_WEIGHT : 0,
          learningRate: rate(round),
          finalLearningRate: rate(round + 1),
          augment: true,
          seed: seed * 1000 + first + round + 1,
          onIteration: ({ iteration, loss }) => {
            const left = (performance.now() - started) / iteration * (STEPS * (rounds - round) - iteration) /
              1000;
            if (iteration % 5 === 0) progress(phase, round, rounds, iteration, left, loss);
          },
        }));
      state.weights = weights;
      state.losses.push(...losses);
      await writeState(values.work, state);
      await Deno.writeTextFile(`${values.work}/loss.svg`, await lossChart(state.losses));
    }
    first += rounds;
  }
  await Deno.writeTextFile(values.write, weightsModule(state.weights));
  // deno-lint-ignore no-console -- a command speaks to its user
  console.log(`\nWeights in ${values.write}, loss chart in ${values.work}/loss.svg`);
}

interface TrainingState {
  weights: SuperAEWeights;
  losses: number[];
}

/** Photographs by name, with SLIC superpixels. */
async function readImages(folder: string, most: number): Promise<TrainingImage[]> {
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) =>
    /\.(jpe?g|png|gif)$/i.test(name)
  );
  if (names.length === 0) throw new Error(`Cannot train: ${folder} holds no JPEG, PNG or GIF file`);
  const images: TrainingImage[] = [];
  for (const name of names.sort().slice(0, most)) {
    const image = await decodeImage(await Deno.readFile(`${folder}/${name}`));
    const superpixels = slic(srgbToLab(image), image.width, image.height, { segments: 600 });
    images.push({ image, superpixels, superpixelCount: superpixels.reduce((a, b) => Math.max(a, b), 0) + 1 });
    show(`reading photographs ${images.length}/${Math.min(most, names.length)}`);
  }
  return images;
}

/** Adds boundary pseudo-labels to the images, from their hierarchies under the weights so far; made once, kept in a folder. */
async function readTargets(images: TrainingImage[], weights: SuperAEWeights, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [i, { image, ...rest }] of images.entries()) {
    const file = `${folder}/${i}.bin`;
    let boundary: Uint8Array;
    try {
      boundary = await Deno.readFile(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      const { smoothed } = await withBackend("wasm", () => applySuperAE(image, weights));
      boundary = boundaryPseudoLabels(dscHierarchy(image, { smoothed }));
      await Deno.writeFile(`${file}.part`, boundary);
      await Deno.rename(`${file}.part`, file);
    }
    images[i] = { image, ...rest, boundary };
    show(`boundaries of hierarchies ${i + 1}/${images.length}`);
  }
}

async function readState(folder: string, seed: number): Promise<TrainingState> {
  try {
    const losses: number[] = JSON.parse(await Deno.readTextFile(`${folder}/losses.json`));
    const bytes = await Deno.readFile(`${folder}/weights.bin`);
    return { weights: unflattenWeights(new Float32Array(bytes.buffer)), losses };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { weights: initialWeights(createRandom(seed)), losses: [] };
  }
}

async function writeState(folder: string, { weights, losses }: TrainingState): Promise<void> {
  // losses say how many rounds are done: they go last, so that an interrupted write repeats a round and skips none
  await Deno.writeFile(`${folder}/weights.bin.part`, new Uint8Array(flattenWeights(weights).buffer));
  await Deno.rename(`${folder}/weights.bin.part`, `${folder}/weights.bin`);
  await Deno.writeTextFile(`${folder}/losses.json.part`, JSON.stringify(losses));
  await Deno.rename(`${folder}/losses.json.part`, `${folder}/losses.json`);
}

function weightsModule(weights: SuperAEWeights): string {
  return `/** Weights of SuperAE, made by \`deno task train\`; see encodeWeights in weights.ts for the format. Generated. */
// deno-fmt-ignore-file
export const PRETRAINED_WEIGHTS =
  "${encodeWeights(weights)}";
`;
}

function progress(
  phase: Phase,
  round: number,
  rounds: number,
  iteration: number,
  left: number,
  loss: number,
): void {
  const minutes = `${Math.floor(left / 60)}:${String(Math.floor(left % 60)).padStart(2, "0")}`;
  show(`${phase} ${round + 1}/${rounds} step ${iteration}/${STEPS} loss ${loss.toFixed(4)} left ${minutes}`);
}

function show(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`\r${line.padEnd(80)}`));
}
