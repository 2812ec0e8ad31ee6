/**
 * How long work reports where it is.
 */

/** The parts of a segmentation, in the order in which they run; a method uses some of them. */
export type Stage = "decode" | "superae" | "superpixels" | "features" | "cut" | "hierarchy" | "regions";

/** One report of progress. */
export interface Progress {
  /** The part that is running. */
  readonly stage: Stage;
  /** Share of the whole job that is done, 0 to 1; never falls. */
  readonly fraction: number;
  /** Iteration just finished, from 1, where the stage iterates. */
  readonly iteration?: number;
  /** Iterations in all, where the stage iterates. */
  readonly iterations?: number;
  /** Loss after that iteration, where there is one. */
  readonly loss?: number;
}

/** Receives progress; called often, so keep it cheap. What it throws ends the job. */
export type OnProgress = (progress: Progress) => void;
