// The watershed by its definition: of all queued pixels the one at the lowest level goes first, and of those the one that
// was queued first, found by looking at all of them.

const LEVELS = 1024;

/** Basin of each pixel. */
export function watershedReference(gradient: Float32Array, width: number, height: number): Int32Array {
  const scale = (LEVELS - 1) / Math.max(...gradient);
  const levels = Array.from(gradient, (g) => Math.trunc(g * scale));
  const labels = new Int32Array(levels.length).fill(-1);
  const queue: { pixel: number; level: number }[] = [];
  minimaOf(levels, width, height).forEach((plateau, basin) => {
    for (const pixel of plateau) {
      labels[pixel] = basin;
      queue.push({ pixel, level: levels[pixel]! });
    }
  });
  while (queue.length > 0) {
    let first = 0;
    queue.forEach(({ level }, i) => first = level < queue[first]!.level ? i : first);
    const [{ pixel, level }] = queue.splice(first, 1) as [{ pixel: number; level: number }];
    for (const q of neighbours(pixel, width, height)) {
      if (labels[q]! >= 0) continue;
      labels[q] = labels[pixel]!;
      queue.push({ pixel: q, level: Math.max(level, levels[q]!) });
    }
  }
  return labels;
}

function minimaOf(levels: number[], width: number, height: number): number[][] {
  const seen = new Set<number>(), found: number[][] = [];
  for (let start = 0; start < levels.length; start++) {
    if (seen.has(start)) continue;
    const plateau = [start];
    seen.add(start);
    let lowest = true;
    for (const p of plateau) { // grows while it is walked
      for (const q of neighbours(p, width, height)) {
        if (levels[q]! < levels[start]!) lowest = false;
        if (levels[q] !== levels[start] || seen.has(q)) continue;
        seen.add(q);
        plateau.push(q);
      }
    }
    if (lowest) found.push(plateau);
  }
  return found;
}

/** Left, right, above, below. */
function neighbours(p: number, width: number, height: number): number[] {
  const x = p % width, y = Math.floor(p / width);
  return [
    ...(x > 0 ? [p - 1] : []),
    ...(x + 1 < width ? [p + 1] : []),
    ...(y > 0 ? [p - width] : []),
    ...(y + 1 < height ? [p + width] : []),
  ];
}
