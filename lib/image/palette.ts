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

/** Values that each channel of the grid takes. */
const GRID = [0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255];

/** Least and greatest L of colours taken from the grid. */
const DARKEST = 20;
const LIGHTEST = 95;

/** Linear RGB as seen without the long (protanopia) or the medium (deuteranopia) cones, Vienot et al.'s one-plane model. */
const PROTANOPIA = [0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1] as const;
const DEUTERANOPIA = [0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1] as const;

let palette: Uint8Array | null = null;

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
  palette ??= makePalette();
  const colors = new Uint8Array(count * 3);
  for (let i = 0; i < colors.length; i++) colors[i] = palette[i % palette.length]!;
  return colors;
}

function makePalette(): Uint8Array {
  const candidates = candidateColors();
  const normal = srgbToLab(candidates);
  const protan = srgbToLab(simulate(candidates, PROTANOPIA));
  const deutan = srgbToLab(simulate(candidates, DEUTERANOPIA));
  // squared distance of each candidate to the nearest colour taken so far
  const nearest = new Float64Array(candidates.length / 3).fill(Infinity);
  const colors = new Uint8Array(PALETTE_SIZE * 3);
  for (let k = 0; k < PALETTE_SIZE; k++) {
    let taken = k; // the candidates begin with Okabe and Ito's
    if (k >= OKABE_ITO.length) {
      // ties go to the lowest index
      for (let i = taken = 0; i < nearest.length; i++) if (nearest[i]! > nearest[taken]!) taken = i;
    }
    const q = taken * 3;
    colors.set(candidates.subarray(q, q + 3), k * 3);
    for (let i = 0, p = 0; i < nearest.length; i++, p += 3) {
      const distance = Math.min(
        squaredDistance(normal, p, q),
        squaredDistance(protan, p, q),
        squaredDistance(deutan, p, q),
      );
      if (distance < nearest[i]!) nearest[i] = distance;
    }
  }
  return colors;
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
  for (const r of GRID) {
    for (const g of GRID) {
      for (const b of GRID) {
        const L = srgbToLab(Uint8Array.of(r, g, b))[0]!;
        if (L >= DARKEST && L <= LIGHTEST) colors.push(r, g, b);
      }
    }
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
