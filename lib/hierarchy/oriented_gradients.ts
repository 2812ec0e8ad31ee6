/**
 * Oriented gradients of local histograms (Martin, Fowlkes and Malik 2004, doi:10.1109/TPAMI.2004.1273918; at several
 * scales: Arbelaez, Maire, Fowlkes and Malik 2011, doi:10.1109/TPAMI.2010.161): how different are the histograms of words
 * (textons) on the two sides of a line through a pixel, for lines of several directions?
 *
 * The half-discs of the papers are half-squares here, (2 r + 1) by r pixels on a rotated copy of the image, because those
 * histograms slide: a window costs its column that enters and the one that leaves, whatever its size. This is the
 * hierarchy's hot spot, hence SIMD (kernels/assembly/oriented_gradients.ts); tests/reference/oriented_gradients.ts
 * computes every window from its definition.
 */
import { runSteps, type Steps } from "../steps.ts";
import { createLayout } from "../wasm_memory.ts";
import { loadKernels } from "./kernels/module.ts";
import type { WordMap } from "./word_map.ts";

/** One term of the sum of gradients. */
export interface GradientCue {
  /** The words whose histograms are compared, at most 32. */
  readonly map: WordMap;
  /** Half the side of the window, in samples of the map, 1 to 11. */
  readonly radius: number;
  /** What the distance, 0 to 1, is multiplied by. */
  readonly weight: number;
}

/** Gradients by direction. */
export interface OrientedGradients {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Direction t is that of a line at pi t / length; each (height, width), the weighted sum over cues. */
  readonly angles: readonly Float32Array[];
}

/**
 * Directions. Half-squares are as selective as their shape, about 30 degrees: eight directions miss none, and six scored
 * the same within the noise (docs/experiments.md).
 */
export const ANGLES = 8;

/** Most words of a map: four vectors of eight 16-bit lanes. */
const MOST_WORDS = 32;
const LANES = 8;
/** Largest half-window: its bins stay below 2^14, and two of them below 2^15. */
const MOST_RADIUS = 11;

/**
 * Sums the gradients of several cues in each direction. Four cues at a half and a quarter of the
 * resolution of a 649x433 photograph take about 0.04 s on one core.
 *
 * @param cues Maps whose grid is the result's, or every second, fourth, ... sample of it.
 * @param width Columns of the result.
 * @param height Rows of the result.
 * @param angles How many directions. @default 8
 * @returns One map for each direction.
 * @throws {TypeError} When a map is not the result's grid or a coarser one, or has another length than its size.
 * @throws {RangeError} When a radius or a number of words is out of its range.
 *
 * @example
 * ```ts
 * import { orientedGradients } from "./oriented_gradients.ts";
 * import assert from "node:assert/strict";
 *
 * const words = Uint8Array.from({ length: 64 }, (_, i) => i % 8 < 4 ? 0 : 1); // left half, right half
 * const map = { width: 8, height: 8, words, count: 2 };
 * const { angles } = orientedGradients([{ map, radius: 2, weight: 1 }], 8, 8);
 * assert(angles[4]![4 * 8 + 4]! > 0.9); // across the border
 * assert(angles[0]![4 * 8 + 4]! < 0.1); // along it
 * ```
 */
export function orientedGradients(
  cues: readonly GradientCue[],
  width: number,
  height: number,
  angles: number = ANGLES,
): OrientedGradients {
  return runSteps(orientedGradientSteps(cues, width, height, angles));
}

/**
 * {@linkcode orientedGradients}, a step for each direction.
 *
 * @param cues As there.
 * @param width As there.
 * @param height As there.
 * @param angles As there.
 * @returns Steps to the maps.
 */
export function* orientedGradientSteps(
  cues: readonly GradientCue[],
  width: number,
  height: number,
  angles: number = ANGLES,
): Steps<OrientedGradients> {
  check(cues, width, height);
  const levels = byGrid(cues.filter((cue) => cue.weight !== 0), width, height);
  const plan = layOut(levels, width, height);
  const { exports, memory } = loadKernels(plan.bytes);
  const bytes = new Uint8Array(memory.buffer);
  for (const level of levels) {
    for (const { map, words, rows, bins, firstBin } of level.maps) {
      bytes.set(map.words, words);
      new Int16Array(memory.buffer, rows).set(histogramRows(map, firstBin, bins));
    }
  }
  const result: Float32Array[] = [];
  for (let t = 0; t < angles; t++) {
    const c = Math.cos(Math.PI * t / angles), s = Math.sin(Math.PI * t / angles);
    bytes.fill(0, plan.out, plan.out + 4 * width * height);
    for (const { width: W, height: H, margin, shift, maps } of levels) {
      bytes.fill(0, plan.sums, plan.columns);
      const { canvas, index, spans, columns, sums } = plan;
      exports.turn(W, H, c, s, margin, index, spans);
      for (const { words, rows, bins, outside, cues } of maps) {
        exports.rotate(words, W, H, c, s, margin, index, spans, outside, canvas);
        for (const { radius, weight } of cues) {
          exports.slide(
            canvas,
            W,
            H,
            c,
            s,
            margin,
            spans,
            radius,
            rows,
            outside,
            bins,
            weight,
            columns,
            sums,
          );
        }
      }
      exports.unrotate(plan.sums, W, H, c, s, margin, plan.out, width, height, shift);
    }
    result.push(new Float32Array(memory.buffer, plan.out, width * height).slice());
    yield (t + 1) / angles;
  }
  return { width, height, angles: result };
}

/** The maps of one grid, which share a canvas for each direction. */
interface Level {
  readonly width: number;
  readonly height: number;
  /** The grid has every 2^shift-th sample of the result's. */
  readonly shift: number;
  /** Canvas border, one more than the largest radius. */
  margin: number;
  readonly maps: PlacedMap[];
}

interface PlacedMap {
  readonly map: WordMap;
  readonly cues: GradientCue[];
  /** The bins that its words reach: the first, and how many, in eights. */
  readonly firstBin: number;
  readonly bins: number;
  /** The word of what lies outside the image. */
  readonly outside: number;
  /** Where its words and histogram rows lie in the module's memory. */
  words: number;
  rows: number;
}

function byGrid(cues: readonly GradientCue[], width: number, height: number): Level[] {
  const levels: Level[] = [];
  for (const cue of cues) {
    const { map, radius } = cue;
    const shift = shiftOf(map, width, height);
    let level = levels.find((level) => level.shift === shift);
    if (!level) levels.push(level = { width: map.width, height: map.height, shift, margin: 0, maps: [] });
    level.margin = Math.max(level.margin, radius + 1);
    let placed = level.maps.find((placed) => placed.map === map);
    if (!placed) {
      level.maps.push(
        placed = { map, cues: [], ...usedBins(map), outside: map.count, words: 0, rows: 0 },
      );
    }
    placed.cues.push(cue);
  }
  return levels;
}

/** How often the result's grid is halved to give the map's; -1 if never. */
function shiftOf(map: WordMap, width: number, height: number): number {
  for (let shift = 0; shift < 8; shift++) {
    const step = 1 << shift;
    if (map.width === Math.ceil(width / step) && map.height === Math.ceil(height / step)) return shift;
  }
  return -1;
}

/** The bins that the words of a map reach, from the first of eight to the last: few in a grey image. */
function usedBins({ words, count }: WordMap): { firstBin: number; bins: number } {
  let least = count - 1, most = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word < least) least = word;
    if (word > most) most = word;
  }
  const firstBin = least & -LANES;
  return { firstBin, bins: Math.ceil((most + 1 - firstBin) / LANES) * LANES };
}

/** Where everything lies in memory. */
interface Plan {
  readonly out: number;
  readonly canvas: number;
  readonly index: number;
  readonly spans: number;
  readonly sums: number;
  readonly columns: number;
  readonly bytes: number;
}

function layOut(levels: readonly Level[], width: number, height: number): Plan {
  const { take, bytes } = createLayout();
  let side = 0;
  for (const level of levels) {
    for (const placed of level.maps) {
      placed.words = take(placed.map.words.length);
      placed.rows = take(2 * (placed.map.count + 1) * placed.bins);
    }
    // a canvas is largest at some angle between: the diagonal bounds both of its sides
    side = Math.max(side, Math.ceil(Math.hypot(level.width, level.height)) + 3 + 2 * level.margin);
  }
  const out = take(4 * width * height);
  // sides are |W cos| + |H sin| and |W sin| + |H cos|, each at most the diagonal
  const canvas = take(side * side), index = take(4 * side * side), spans = take(16 * side);
  const sums = take(4 * side * side), columns = take((MOST_RADIUS + 3) * side * 2 * MOST_WORDS);
  return { out, canvas, index, spans, sums, columns, bytes: bytes() };
}

/** What one pixel of each word adds to a histogram: (count + 1, bins) 64 in its own bin; the last row is what lies outside. */
function histogramRows({ count }: WordMap, firstBin: number, bins: number): Int16Array {
  const rows = new Int16Array((count + 1) * bins);
  for (let bin = 0; bin < Math.min(bins, count - firstBin); bin++) rows[(firstBin + bin) * bins + bin] = 64;
  return rows;
}

function check(cues: readonly GradientCue[], width: number, height: number): void {
  for (const { map, radius } of cues) {
    if (!Number.isInteger(radius) || radius < 1 || radius > MOST_RADIUS) {
      throw new RangeError(
        `Cannot measure gradients: radius must be an integer from 1 to ${MOST_RADIUS}, got ${radius}`,
      );
    }
    if (!Number.isInteger(map.count) || map.count < 1 || map.count > MOST_WORDS) {
      throw new RangeError(`Cannot measure gradients: words must be 1 to ${MOST_WORDS}, got ${map.count}`);
    }
    if (map.words.length !== map.width * map.height || shiftOf(map, width, height) < 0) {
      throw new TypeError(
        `Cannot measure gradients: a map of ${map.width}x${map.height} with ${map.words.length} words does not ` +
          `fit a result of ${width}x${height}`,
      );
    }
  }
}
