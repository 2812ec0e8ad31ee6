/**
 * Every option of `segment()` in one table: type, range, default, effect. The library, the command line, the HTTP schema
 * and the page are all made from it, so that none can drift from the others.
 */

/** A whole or real number option. */
export interface NumberOption {
  /** Whether it must be whole. */
  readonly type: "integer" | "number";
  /** Smallest value, allowed itself. */
  readonly min: number;
  /** Largest value, allowed itself. */
  readonly max: number;
  /** Value where none is given. */
  readonly default: number;
  /** A word or two for a form. */
  readonly title: string;
  /** What it does, which way it moves the result, values worth trying. */
  readonly description: string;
}

/** An option with a fixed list of values. */
export interface ChoiceOption<T extends string = string> {
  /** One out of a list. */
  readonly type: "choice";
  /** The list. */
  readonly values: readonly T[];
  /** Value where none is given. */
  readonly default: T;
  /** A word or two for a form. */
  readonly title: string;
  /** What each value does. */
  readonly description: string;
}

/** How the image is segmented. */
export type Method = "dsc" | "flat-dsc" | "slic" | "felzenszwalb" | "mean-shift";
/** How superpixels are made from the smoothed image. */
export type SuperpixelMethod = "slic" | "felzenszwalb" | "mean-shift";
/** How far gradients of the cut reach. */
export type Reach = "head" | "full";
/** Where tensors live. */
export type BackendName = "wasm" | "webgpu" | "cpu";
/** `auto` takes webgpu where a real GPU is present and the work is heavy, else wasm. */
export type BackendChoice = "auto" | BackendName;

/** The table. Names are those of the options object, the command line (`--partitions`) and the HTTP query. */
export const SEGMENT_OPTIONS = {
  method: {
    type: "choice",
    values: ["dsc", "flat-dsc", "slic", "felzenszwalb", "mean-shift"] as readonly Method[],
    default: "dsc" as Method,
    title: "Method",
    description:
      "dsc: the DSC hierarchy, every scale at once; flat-dsc: the paper's cut into a number of partitions; the others return the superpixels themselves.",
  },
  regions: {
    type: "integer",
    min: 0,
    max: 20000,
    default: 0,
    title: "Regions",
    description:
      "How many regions method dsc answers with; 0 lets the image decide. Any other number can be cut later, in milliseconds.",
  },
  superpixelMethod: {
    type: "choice",
    values: ["slic", "felzenszwalb", "mean-shift"] as readonly SuperpixelMethod[],
    default: "slic" as SuperpixelMethod,
    title: "Superpixels",
    description:
      "How flat-dsc makes superpixels of the smoothed image. slic: even sizes; felzenszwalb and mean-shift: follow content.",
  },
  superpixels: {
    type: "integer",
    min: 1,
    max: 20000,
    default: 600,
    title: "Superpixel count",
    description:
      "About how many superpixels every method but dsc makes; more follow finer detail and cost more. Try 200 to 1500.",
  },
  partitions: {
    type: "integer",
    min: 2,
    max: 256,
    default: 8,
    title: "Partitions K",
    description:
      "How many groups flat-dsc may use, each of one or many regions; more gives finer segments. Try 4 to 32.",
  },
  lambda: {
    type: "number",
    min: 0,
    max: 100,
    default: 2,
    title: "Smoothing lambda",
    description:
      "Weight of the superpixel K-means term of SuperAE in fine-tuning; larger smooths more texture away. Try 0.5 to 5.",
  },
  train: {
    type: "integer",
    min: 0,
    max: 10000,
    default: 0,
    title: "Fine-tuning steps",
    description:
      "Steps that fit SuperAE to this image before it is used, starting from the pretrained weights; about 0.1 s each.",
  },
  alpha: {
    type: "number",
    min: 0,
    max: 100,
    default: 0.05,
    title: "Pseudo-label weight alpha",
    description:
      "Of flat-dsc: weight of the pseudo-label cross-entropy L1; larger commits earlier to the current labels.",
  },
  beta: {
    type: "number",
    min: 0,
    max: 100,
    default: 1,
    title: "Cut weight beta",
    description:
      "Of flat-dsc: weight of the soft superpixel cut L2; larger favours cutting between dissimilar superpixels.",
  },
  iterations: {
    type: "integer",
    min: 0,
    max: 10000,
    default: 128,
    title: "Iterations",
    description: "Adam steps of flat-dsc's cut; 0 shows the starting point. Try 32 to 256.",
  },
  reach: {
    type: "choice",
    values: ["head", "full"] as readonly Reach[],
    default: "head" as Reach,
    title: "Gradient reach",
    description:
      "Of flat-dsc. head: superpixel features stay frozen, cheap; full: gradients reach the encoder, as in the paper, some 200 times the work.",
  },
  backend: {
    type: "choice",
    values: ["auto", "wasm", "webgpu", "cpu"] as readonly BackendChoice[],
    default: "auto" as BackendChoice,
    title: "Backend",
    description: "Where tensors live. auto: webgpu for full reach where a real GPU is present, else wasm.",
  },
  seed: {
    type: "integer",
    min: 0,
    max: 4294967295,
    default: 0,
    title: "Seed",
    description: "Same image, options, seed and backend: same labels.",
  },
} as const satisfies Record<string, NumberOption | ChoiceOption>;

/** Name of an option in {@linkcode SEGMENT_OPTIONS}. */
export type OptionName = keyof typeof SEGMENT_OPTIONS;

/** Options that travel (over HTTP, to workers, in cache keys): the table's, all optional, nothing but plain values. */
export type SegmentSettings = {
  -readonly [N in OptionName]?: (typeof SEGMENT_OPTIONS)[N] extends ChoiceOption<infer T> ? T : number;
};

/** The same with every default filled in. */
export type ResolvedSettings = Required<SegmentSettings>;
