/** Region metrics straight from their definitions, by full tables and pairs of pixels: slow, and the oracle of lib/metrics. */

export function covering(labels: ArrayLike<number>, annotators: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (const annotator of annotators) {
    for (const region of distinct(annotator)) {
      let best = 0, area = 0;
      for (const segment of distinct(labels)) {
        let both = 0, either = 0;
        for (let p = 0; p < labels.length; p++) {
          const inRegion = annotator[p] === region, inSegment = labels[p] === segment;
          if (inRegion && inSegment) both++;
          if (inRegion || inSegment) either++;
        }
        best = Math.max(best, both / either);
      }
      for (let p = 0; p < annotator.length; p++) if (annotator[p] === region) area++;
      sum += area * best;
    }
  }
  return sum / (labels.length * annotators.length);
}

export function randIndex(labels: ArrayLike<number>, annotators: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (const annotator of annotators) {
    let agree = 0, pairs = 0;
    for (let p = 0; p < labels.length; p++) {
      for (let q = 0; q < p; q++) {
        pairs++;
        if ((labels[p] === labels[q]) === (annotator[p] === annotator[q])) agree++;
      }
    }
    sum += agree / pairs;
  }
  return sum / annotators.length;
}

export function variation(labels: ArrayLike<number>, annotators: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (const annotator of annotators) {
    const joint = entropy(Array.from(annotator, (label, p) => `${label},${labels[p]}`));
    const information = entropy(Array.from(labels)) + entropy(Array.from(annotator)) - joint;
    sum += entropy(Array.from(labels)) + entropy(Array.from(annotator)) - 2 * information;
  }
  return sum / annotators.length;
}

function distinct(labels: ArrayLike<number>): Set<number> {
  return new Set(Array.from(labels));
}

function entropy<T>(symbols: T[]): number {
  const counts = new Map<T, number>();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count / symbols.length * Math.log2(count / symbols.length);
  return bits;
}
