/**
 * Oriented gradients from their definition: every half-window of every pixel is collected on its own, in doubles. Slow, the
 * oracle of lib/hierarchy/oriented_gradients.ts. It shares with it only what the definition leaves open: windows are laid
 * out on a copy of the words turned about the centre, nearest pixel, on a canvas that is symmetric about it. Nearest is
 * decided in 32-bit floats, in the order of the kernel: many pixels lie halfway, and rounding takes them to either side.
 */
import type { GradientCue } from "../../lib/hierarchy/oriented_gradients.ts";
import type { WordMap } from "../../lib/hierarchy/word_map.ts";

const { fround } = Math;

/** (A) maps of (height, width) sums over the cues. */
export function orientedGradientsReference(
  cues: readonly GradientCue[],
  width: number,
  height: number,
  angles: number,
): Float64Array[] {
  return Array.from({ length: angles }, (_, t) => {
    const sum = new Float64Array(width * height);
    for (const cue of cues) {
      // maps of one grid share a canvas, whose margin the largest window decides
      const shared = cues.filter(({ map }) => map.width === cue.map.width);
      const margin = 1 + Math.max(...shared.map(({ radius }) => radius));
      addCue(sum, width, height, cue, margin, Math.PI * t / angles);
    }
    return sum;
  });
}

function addCue(
  sum: Float64Array,
  width: number,
  height: number,
  { map, radius, weight }: GradientCue,
  margin: number,
  angle: number,
) {
  const step = map.width / width > 0.75 ? 1 : 0.5;
  const side = (along: number, across: number) =>
    Math.ceil(Math.abs(along * Math.cos(angle)) + Math.abs(across * Math.sin(angle))) + 2 + 2 * margin;
  const W = side(map.width, map.height), H = side(map.height, map.width);
  const c = fround(Math.cos(angle)), s = fround(Math.sin(angle));
  const centreX = (map.width - 1) / 2, centreY = (map.height - 1) / 2;
  const middleX = (W - 1) / 2, middleY = (H - 1) / 2;
  const wordAt = (x: number, y: number): number => { // -1 outside the image
    const dy = y - middleY;
    const rowX = fround(fround(centreX + 0.5 - fround(c * middleX)) - fround(s * dy));
    const rowY = fround(fround(centreY + 0.5 - fround(s * middleX)) + fround(c * dy));
    const u = Math.floor(fround(rowX + fround(c * x))), v = Math.floor(fround(rowY + fround(s * x)));
    return u < 0 || v < 0 || u >= map.width || v >= map.height ? -1 : map.words[v * map.width + u]!;
  };
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const dx = x * step - centreX, dy = y * step - centreY;
      const u = Math.floor(fround(fround(middleX + 0.5 + fround(c * dx)) + fround(s * dy)));
      const v = Math.floor(fround(fround(middleY + 0.5 - fround(s * dx)) + fround(c * dy)));
      const above = histogram(map), below = histogram(map);
      for (let k = 1; k <= radius; k++) {
        for (let i = -radius; i <= radius; i++) {
          above.add(wordAt(u + i, v - k));
          below.add(wordAt(u + i, v + k));
        }
      }
      sum[p]! += weight * chiSquare(above.shares(), below.shares());
    }
  }
}

function histogram({ count }: WordMap) {
  const bins = new Float64Array(count);
  let total = 0;
  return {
    add(word: number) {
      if (word < 0) return;
      total++;
      bins[word]!++;
    },
    shares: (): Float64Array | undefined => total > 0 ? bins.map((bin) => bin / total) : undefined,
  };
}

/** Half the sum of (g - h)^2 / (g + h); 0 where a half is empty. */
function chiSquare(g: Float64Array | undefined, h: Float64Array | undefined): number {
  if (!g || !h) return 0;
  let sum = 0;
  for (let i = 0; i < g.length; i++) {
    if (g[i]! + h[i]! > 0) sum += (g[i]! - h[i]!) ** 2 / (g[i]! + h[i]!);
  }
  return sum / 2;
}
