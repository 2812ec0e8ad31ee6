/**
 * Makes the pretrained weights of SuperAE, `lib/superae/pretrained_weights.ts`, from a folder of photographs. No label is
 * used.
 *
 *     deno task train --data ../shared/bsds500/images/train
 *
 * First L_r alone: encoder and decoder. Then generations of self-training (noisy student, Xie, Luong, Hovy and Le 2020,
 * doi:10.1109/CVPR42600.2020.01070): each photograph's hierarchy, made with the weights so far, says where boundaries are
 * (lib/hierarchy/pseudo_labels.ts), and the network learns them together with L_r, so that one embedding serves both. The
 * first generation's hierarchies have no boundary map yet, those of later ones have that of the generation before.
 * Seeded and resumable: training runs in rounds of 250 steps, each leaves its weights in the work folder, and the same
 * command goes on after the last whole round. Same images, seed and backend: same weights.
 */
import { parseArgs } from "node:util";
import { withBackend } from "../lib/backend/mod.ts";
import { srgbToLab } from "../lib/image/color.ts";
import { decodeImage } from "../lib/image/decode.ts";
import { createRandom } from "../lib/random.ts";
import { boundaryPseudoLabels, dscHierarchy, enlarged, Hierarchy } from "../lib/hierarchy/mod.ts";
import type { Image } from "../lib/image/image.ts";
import { resizeImage, resizeLabels } from "../lib/image/resize.ts";
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
  --boundaries N,N  rounds of 250 steps of each generation of self-training after them (default 24,72)
  --images N        only the first N photographs, by name
  --without K/N     leaves out every N-th photograph, from the K-th (0 to N - 1) on; wants a work folder of its own
  --lambda X        weight of the superpixel term (default 2)
  --seed N          draws weights and windows (default 0)
  --work FOLDER     state and loss chart (default out/train)
  --write FILE      where the weights go (default lib/superae/pretrained_weights.ts)`;

/** Windows in pairs see a photo's context at a sixth to a quarter of its cost; boundaries want more context. */
const STEPS = 250, WINDOWS = { autoencode: 160, boundaries: 192 };
/** SLIC superpixels of a photograph: a few hundred to a thousand is usual. */
const SUPERPIXELS = 600;
/** What Adam usually takes in networks of this depth; not tuned. */
const LEARNING_RATE = 0.002;
/** Brings the boundary loss, about 0.5, nearer to L_r, about 0.03; not tuned. */
const BOUNDARY_WEIGHT = 0.3;

type Phase = keyof typeof WINDOWS;

/**
 * Each photograph is learnt at these sizes, around the one at which it is seen (lib/hierarchy/enlarged.ts): things are
 * large in one picture and small in the next.
 */
const SCALES = [1, 1.35, 1.8];

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      autoencode: { type: "string", default: "12" },
      boundaries: { type: "string", default: "24,72" },
      images: { type: "string" },
      without: { type: "string" },
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
  const photographs = await readPhotographs(values.data, Number(values.images ?? Infinity), values.without);
  const seed = Number(values.seed);
  await claimFolder(values.work, { seed, without: values.without ?? "", photographs: photographs.length });
  const state = await readState(values.work, seed);
  const generations = values.boundaries.split(",").map(Number);
  const plan: [Phase, number][] = [["autoencode", Number(values.autoencode)]];
  for (const rounds of generations) plan.push(["boundaries", rounds]);
  let first = 0, images = photographs.flat();
  for (const [generation, [phase, rounds]] of plan.entries()) {
    // rounds of this phase that an earlier run has done
    const done = Math.max(0, state.losses.length / STEPS - first);
    if (generation > 0 && done < rounds) {
      const folder = `${values.work}/targets${generation}`;
      images = await addBoundaries(photographs, state.weights, folder, generation > 1);
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
            const name = generation > 0 ? `generation ${generation}` : phase;
            if (iteration % 5 === 0) progress(name, round, rounds, iteration, left, loss);
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

/** Which photographs, by their place in the order of names, "K/N" leaves: all but every N-th from the K-th on. */
function keptBy(without: string | undefined): (at: number) => boolean {
  if (without === undefined) return () => true;
  const [, k, n] = /^(\d+)\/(\d+)$/.exec(without) ?? [];
  if (!(Number(k) < Number(n))) {
    throw new RangeError(`Cannot train: want --without K/N with K below N, got ${without}`);
  }
  return (at) => at % Number(n) !== Number(k);
}

/** Photographs by name, each at every scale, with SLIC superpixels. */
async function readPhotographs(
  folder: string,
  most: number,
  without: string | undefined,
): Promise<TrainingImage[][]> {
  const isKept = keptBy(without);
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => /\.(jpe?g|png|gif)$/i.test(name)).sort()
    .filter((_, i) => isKept(i)).slice(0, most);
  if (names.length === 0) {
    throw new Error(`Cannot train: ${folder} holds no JPEG, PNG or GIF file to learn from`);
  }
  const photographs: TrainingImage[][] = [];
  for (const name of names) {
    const photograph = await decodeImage(await Deno.readFile(`${folder}/${name}`));
    photographs.push(SCALES.map((scale) => {
      const { width, height } = photograph;
      const image = resizeImage(photograph, Math.round(scale * width), Math.round(scale * height));
      const segments = Math.round(SUPERPIXELS * scale * scale);
      const superpixels = slic(srgbToLab(image), image.width, image.height, { segments });
      return { image, superpixels, superpixelCount: superpixels.reduce((a, b) => Math.max(a, b), 0) + 1 };
    }));
    show(`reading photographs ${photographs.length}/${names.length}`);
  }
  return photographs;
}

/**
 * All images with boundary pseudo-labels from the hierarchy of each photograph under the weights so far, which are made once
 * and kept in a folder. A photograph's other sizes have the same hierarchy, resized.
 */
async function addBoundaries(
  photographs: readonly TrainingImage[][],
  weights: SuperAEWeights,
  folder: string,
  withMap: boolean,
): Promise<TrainingImage[]> {
  await Deno.mkdir(folder, { recursive: true });
  const images: TrainingImage[] = [];
  for (const [i, sizes] of photographs.entries()) {
    let hierarchy: Hierarchy | undefined;
    for (const [j, { image, ...rest }] of sizes.entries()) {
      const file = `${folder}/${i}-${j}.bin`;
      let boundary: Uint8Array;
      try {
        boundary = await Deno.readFile(file);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        hierarchy ??= await teach(sizes[SCALES.indexOf(1)]!.image, weights, withMap);
        boundary = boundaryPseudoLabels(resizeHierarchy(hierarchy, image));
        await Deno.writeFile(`${file}.part`, boundary);
        await Deno.rename(`${file}.part`, file);
      }
      images.push({ image, ...rest, boundary });
    }
    show(`boundaries of hierarchies ${i + 1}/${photographs.length}`);
  }
  return images;
}

async function teach(image: Image, weights: SuperAEWeights, withMap: boolean): Promise<Hierarchy> {
  const seen = enlarged(image);
  const { smoothed, boundary } = await withBackend("wasm", () => applySuperAE(seen, weights));
  return dscHierarchy(seen, withMap ? { smoothed, boundary: boundary.data } : { smoothed }, { size: image });
}

/** The same tree over superpixels of another size. */
function resizeHierarchy({ superpixels, count, merges, ...from }: Hierarchy, to: Image): Hierarchy {
  const { width, height } = to;
  const resized = resizeLabels(superpixels, from.width, from.height, width, height);
  return new Hierarchy({ width, height, superpixels: resized, count, merges });
}

/**
 * Keeps a run from going on with the state of another: what a work folder holds belongs to one choice of photographs.
 *
 * @param folder The work folder.
 * @param run What the state depends on.
 * @throws {Error} When the folder was begun with other options.
 */
async function claimFolder(folder: string, run: Readonly<Record<string, string | number>>): Promise<void> {
  const file = `${folder}/run.json`, wanted = JSON.stringify(run);
  let known: string;
  try {
    known = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await Deno.writeTextFile(file, wanted);
  }
  if (known !== wanted) {
    throw new Error(
      `Cannot train: ${folder} holds the state of ${known}, this is ${wanted}; give another --work`,
    );
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
  phase: string,
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
