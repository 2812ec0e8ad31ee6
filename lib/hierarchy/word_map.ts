/**
 * A grid of words, of whichever kind: the form in which gradients, histograms and co-occurrence see an image.
 */

/** Words on a grid: the image itself or every second, fourth, ... pixel of it. */
export interface WordMap {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** (height, width) words, 0 to count - 1. */
  readonly words: Uint8Array;
  /** How many words there are, 1 to 256. */
  readonly count: number;
}

/**
 * Every second word of every second row.
 *
 * @param map Words on some grid.
 * @returns The same on the grid of half the resolution.
 */
export function halveWords(map: WordMap): WordMap {
  const width = (map.width + 1) >> 1, height = (map.height + 1) >> 1;
  const words = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < map.height; y += 2) {
    for (let x = 0, p = y * map.width; x < map.width; x += 2, p += 2) words[i++] = map.words[p]!;
  }
  return { ...map, width, height, words };
}
