/**
 * How long work reports where it is.
 */

import type { Image } from "./image/image.ts";

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
  /**
   * A small picture of where it is, at most 96 pixels wide and high, now and then where previews were asked for: the image
   * as it was smoothed, then the regions found so far in their mean colours.
   */
  readonly preview?: Image;
}

/** Receives progress; called often, so keep it cheap. What it throws ends the job. */
export type OnProgress = (progress: Progress) => void;
