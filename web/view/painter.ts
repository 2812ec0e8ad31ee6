/**
 * Pixels for the screen. What depends on the picture alone is found once: the superpixel of each screen pixel, and the
 * pixels at which superpixels meet. A cut is then painted through a table of colours, one entry for each superpixel, and
 * lines by walking the meeting pixels: a few milliseconds at a megapixel, so that the slider is followed at every frame.
 */
import { labelPalette } from "../../lib/image/palette.ts";
import type { CutRegion, Cutting } from "../model/cutting.ts";

/** What fills the regions. */
export type Fill = "mean" | "labels" | "contours";

// little-endian words of R, G, B, A, as every machine with a browser has them
const rgba = (r: number, g: number, b: number, a: number) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** Lines are bright on one side and dark on the other, so that they show on any picture. */
const BRIGHT = rgba(255, 214, 64, 255);
const DARK = rgba(20, 16, 8, 165);
const HOVER = rgba(255, 255, 255, 70);
const SELECTED = rgba(0, 114, 178, 120);
const SELECTED_EDGE = rgba(255, 255, 255, 255);
const WHITE = rgba(255, 255, 255, 255);

/** Paints one segmentation at one size. */
export class Painter {
  readonly width: number;
  readonly height: number;
  /** (h, w) superpixel of each screen pixel. */
  readonly #pixels: Int32Array;
  /** Screen pixels whose right or lower neighbour is of another superpixel. */
  readonly #meetings: Int32Array;
  readonly #cutting: Cutting;
  readonly #thick: boolean;
  #contours: Uint32Array | undefined;

  /** @param thick Lines two pixels wide, for screens with small pixels. */
  constructor(cutting: Cutting, width: number, height: number, thick: boolean) {
    this.#cutting = cutting;
    this.width = width;
    this.height = height;
    this.#thick = thick;
    this.#pixels = cutting.map.resized(width, height);
    this.#meetings = findMeetings(this.#pixels, width);
  }

  /** Superpixel at a screen pixel. */
  superpixelAt(x: number, y: number): number {
    return this.#pixels[y * this.width + x]!;
  }

  /** Fills every region. */
  fill(out: Uint32Array, fill: Fill, regions: readonly CutRegion[]): void {
    if (fill === "contours") {
      out.set(this.#contours ??= this.#paintContours());
      return;
    }
    const colors = fill === "mean" ? meanColors(regions) : labelColors(this.#cutting.colors);
    const { labels } = this.#cutting;
    const table = Uint32Array.from(labels, (label) => colors[label]!);
    const pixels = this.#pixels;
    for (let p = 0; p < out.length; p++) out[p] = table[pixels[p]!]!;
  }

  /** Draws the lines between regions. */
  lines(out: Uint32Array): void {
    out.fill(0);
    const { labels } = this.#cutting, pixels = this.#pixels, width = this.width, size = pixels.length;
    const meetings = this.#meetings, thick = this.#thick;
    for (let i = 0; i < meetings.length; i++) {
      const p = meetings[i]!, label = labels[pixels[p]!]!;
      const right = p % width + 1 < width ? p + 1 : p, below = p + width < size ? p + width : p;
      if (labels[pixels[right]!] !== label) {
        out[p] = BRIGHT;
        if (thick) out[right] = BRIGHT;
        const beyond = thick && right % width + 1 < width ? right + 1 : right;
        if (out[beyond] === 0) out[beyond] = DARK;
      }
      if (labels[pixels[below]!] !== label) {
        out[p] = BRIGHT;
        if (thick) out[below] = BRIGHT;
        const beyond = thick && below + width < size ? below + width : below;
        if (out[beyond] === 0) out[beyond] = DARK;
      }
    }
  }

  /** Marks the region under the pointer and the selected ones. */
  marks(out: Uint32Array, hovered: number, selected: ReadonlySet<number>): void {
    out.fill(0);
    if (hovered < 0 && selected.size === 0) return;
    const { labels } = this.#cutting, pixels = this.#pixels, width = this.width, size = pixels.length;
    const table = Uint32Array.from(
      labels,
      (label) => selected.has(label) ? SELECTED : label === hovered ? HOVER : 0,
    );
    for (let p = 0; p < size; p++) out[p] = table[pixels[p]!]!;
    if (selected.size === 0) return;
    const meetings = this.#meetings;
    for (let i = 0; i < meetings.length; i++) {
      const p = meetings[i]!, inside = selected.has(labels[pixels[p]!]!);
      const right = p % width + 1 < width ? p + 1 : p, below = p + width < size ? p + width : p;
      for (const q of [right, below]) {
        if (selected.has(labels[pixels[q]!]!) !== inside) out[p] = out[q] = SELECTED_EDGE;
      }
    }
  }

  /** The ultrametric contour map: the darker a line, the longer it lasts as regions merge. */
  #paintContours(): Uint32Array {
    const { tree } = this.#cutting, pixels = this.#pixels, width = this.width, size = pixels.length;
    const out = new Uint32Array(size).fill(WHITE);
    const known = new Map<number, number>();
    const meetings = this.#meetings;
    const inkOf = (s: number, t: number): number => {
      if (s === t) return 0;
      const pair = s < t ? s * this.#cutting.map.count + t : t * this.#cutting.map.count + s;
      let ink = known.get(pair);
      if (ink === undefined) {
        ink = tree ? Math.min(1, tree.meetHeight(s, t)) : 1;
        known.set(pair, ink);
      }
      return ink;
    };
    const darken = (p: number, ink: number) => {
      const shade = Math.round(255 * (1 - ink));
      if (shade < (out[p]! & 255)) out[p] = rgba(shade, shade, shade, 255);
    };
    for (let i = 0; i < meetings.length; i++) {
      const p = meetings[i]!, s = pixels[p]!;
      const right = p % width + 1 < width ? p + 1 : p, below = p + width < size ? p + width : p;
      const across = inkOf(s, pixels[right]!), down = inkOf(s, pixels[below]!);
      darken(p, Math.max(across, down));
      // lines that last are wider, so that they show at a glance
      if (across > 0.5 || this.#thick) darken(right, across);
      if (down > 0.5 || this.#thick) darken(below, down);
    }
    return out;
  }
}

function findMeetings(pixels: Int32Array, width: number): Int32Array {
  const found: number[] = [];
  for (let p = 0; p < pixels.length; p++) {
    const s = pixels[p]!;
    if (
      (p % width + 1 < width && pixels[p + 1] !== s) || (p + width < pixels.length && pixels[p + width] !== s)
    ) found.push(p);
  }
  return Int32Array.from(found);
}

function meanColors(regions: readonly CutRegion[]): Uint32Array {
  return Uint32Array.from(regions, ({ color: [r, g, b] }) => rgba(r, g, b, 255));
}

/** Each region in a colour of its own, told apart by every kind of eye. */
export function labelColors(numbers: Int32Array): Uint32Array {
  // no more colours than are asked for: to find all of them takes long enough to be felt
  let most = 0;
  for (const number of numbers) most = Math.max(most, number % 256);
  const palette = labelPalette(most + 1);
  return Uint32Array.from(numbers, (number) => {
    const c = 3 * (number % 256);
    return rgba(palette[c]!, palette[c + 1]!, palette[c + 2]!, 255);
  });
}
