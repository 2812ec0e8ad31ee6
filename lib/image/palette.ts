/**
 * Colours for labels: told apart at a glance, by people with and without colour blindness, the same ones every time.
 *
 * The first eight are those of Okabe and Ito (Color Universal Design, 2008). Each further one is the colour, out of a
 * grid over sRGB, that lies farthest from all before it (Glasbey, van der Heijden, Toh and Gray 2007,
 * doi:10.1002/col.20327), where the distance of two colours is the least of their CIELAB distances as seen with normal
 * sight, protanopia and deuteranopia (Vienot, Brettel and Mollon 1999,
 * doi:10.1002/(SICI)1520-6378(199908)24:4<243::AID-COL5>3.0.CO;2-3).
 */
import { srgbToLab } from "./color.ts";

/** Colours there are; labels beyond them start again with the first. */
export const PALETTE_SIZE = 256;

const OKABE_ITO = [0xe69f00, 0x56b4e9, 0x009e73, 0xf0e442, 0x0072b2, 0xd55e00, 0xcc79a7, 0x000000];

/** Values that each channel of the grid takes, 0 to 255 in steps of 17. */
const GRID = 16;

/** Least and greatest L of colours taken from the grid. */
const DARKEST = 20;
const LIGHTEST = 95;

/** Linear RGB as seen without the long (protanopia) or the medium (deuteranopia) cones, Vienot et al.'s one-plane model. */
const PROTANOPIA = [0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1] as const;
const DEUTERANOPIA = [0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1] as const;

/**
 * The first colours of the palette.
 *
 * @param count How many, 1 or more; beyond 256 they repeat.
 * @returns (count, 3) interleaved sRGB bytes.
 * @throws {RangeError} `count` is not a whole number of 1 or more.
 *
 * @example
 * ```ts
 * import { labelPalette } from "./palette.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...labelPalette(2)], [230, 159, 0, 86, 180, 233]);
 * ```
 */
export function labelPalette(count: number): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`Cannot make palette: count must be a whole number of 1 or more, got ${count}`);
  }
  search ??= beginSearch();
  const distinct = Math.min(count, PALETTE_SIZE);
  while (search.found < distinct) findNext(search);
  const colors = new Uint8Array(count * 3);
  for (let i = 0; i < colors.length; i++) colors[i] = search.colors[i % (distinct * 3)]!;
  return colors;
}

/** How far the search for colours has come; it goes only as far as colours were asked for. */
interface Search {
  /** (n, 3) sRGB bytes to choose from, and their CIELAB values as three kinds of eye see them. */
  readonly candidates: Uint8Array;
  readonly normal: Float32Array;
  readonly protan: Float32Array;
  readonly deutan: Float32Array;
  /** (n) squared distance of each candidate to the nearest colour found so far. */
  readonly nearest: Float64Array;
  /** (256, 3) sRGB bytes, of which `found` colours are there. */
  readonly colors: Uint8Array;
  found: number;
}

let search: Search | null = null;

function beginSearch(): Search {
  const candidates = candidateColors();
  return {
    candidates,
    normal: srgbToLab(candidates),
    protan: srgbToLab(simulate(candidates, PROTANOPIA)),
    deutan: srgbToLab(simulate(candidates, DEUTERANOPIA)),
    nearest: new Float64Array(candidates.length / 3).fill(Infinity),
    colors: new Uint8Array(PALETTE_SIZE * 3),
    found: 0,
  };
}

function findNext(search: Search): void {
  const { candidates, normal, protan, deutan, nearest, colors, found } = search;
  let next = found; // the candidates begin with Okabe and Ito's
  if (found >= OKABE_ITO.length) {
    // ties go to the lowest index
    for (let i = next = 0; i < nearest.length; i++) if (nearest[i]! > nearest[next]!) next = i;
  }
  const q = next * 3;
  colors.set(candidates.subarray(q, q + 3), found * 3);
  search.found++;
  for (let i = 0, p = 0; i < nearest.length; i++, p += 3) {
    const distance = Math.min(
      squaredDistance(normal, p, q),
      squaredDistance(protan, p, q),
      squaredDistance(deutan, p, q),
    );
    if (distance < nearest[i]!) nearest[i] = distance;
  }
}

function squaredDistance(lab: Float32Array, p: number, q: number): number {
  const dL = lab[p]! - lab[q]!;
  const da = lab[p + 1]! - lab[q + 1]!;
  const db = lab[p + 2]! - lab[q + 2]!;
  return dL * dL + da * da + db * db;
}

/** Okabe and Ito's colours, then the grid without what is nearly black or white and so hard to tell by hue. */
function candidateColors(): Uint8Array {
  const colors: number[] = [];
  for (const color of OKABE_ITO) colors.push(color >> 16, (color >> 8) & 255, color & 255);
  const grid = Uint8Array.from({ length: 3 * GRID ** 3 }, (_, i) => {
    const color = Math.floor(i / 3);
    const level = i % 3 === 0 ? color / GRID ** 2 : i % 3 === 1 ? color / GRID : color;
    return (Math.floor(level) % GRID) * (255 / (GRID - 1));
  });
  const lab = srgbToLab(grid);
  for (let p = 0; p < grid.length; p += 3) {
    if (lab[p]! >= DARKEST && lab[p]! <= LIGHTEST) colors.push(grid[p]!, grid[p + 1]!, grid[p + 2]!);
  }
  return Uint8Array.from(colors);
}

/** sRGB bytes as a dichromat sees them. */
function simulate(colors: Uint8Array, matrix: readonly number[]): Uint8Array {
  const seen = new Uint8Array(colors.length);
  for (let p = 0; p < colors.length; p += 3) {
    const r = linear(colors[p]!);
    const g = linear(colors[p + 1]!);
    const b = linear(colors[p + 2]!);
    for (let c = 0; c < 3; c++) {
      seen[p + c] = companded(matrix[c * 3]! * r + matrix[c * 3 + 1]! * g + matrix[c * 3 + 2]! * b);
    }
  }
  return seen;
}

function linear(byte: number): number {
  const v = byte / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

function companded(light: number): number {
  const v = Math.min(1, Math.max(0, light));
  return Math.round(255 * (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055));
}
