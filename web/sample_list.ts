/** Photographs to try, served with the page; where they come from: static/samples/SOURCES.md. */

/** One sample. */
export interface Sample {
  /** Of its file, without extension. */
  readonly name: string;
  /** What it shows. */
  readonly title: string;
  /** Whose it is, and why it may be here. */
  readonly credit: string;
}

/** All of them; the first one is there when the page opens, cut beforehand with the default settings. */
export const SAMPLES: readonly [Sample, ...Sample[]] = [
  { name: "coffee", title: "Coffee at Pikolo Espresso Bar", credit: "Rachel Michetti, CC0" },
  { name: "astronaut", title: "Eileen Collins, astronaut", credit: "NASA, public domain" },
  { name: "rocket", title: "Falcon 9 before its launch", credit: "SpaceX, public domain" },
  { name: "chelsea", title: "Chelsea the cat", credit: "Stéfan van der Walt, CC0" },
  {
    name: "black-canyon",
    title: "Black Cañon, Colorado River, 1871",
    credit: "Timothy H. O’Sullivan, Getty Open Content, public domain",
  },
  {
    name: "french-alpine-landscape",
    title: "Alpine Landscape, 1865 to 1870",
    credit: "Adolphe Braun, Getty Open Content, public domain",
  },
];

/** Names of what `deno task build:samples` makes of a sample: the hierarchy and the smoothed picture, of the first alone. */
export const DERIVED = {
  thumb: (name: string) => `${name}.thumb.jpg`,
  hierarchy: (name: string) => `${name}.hierarchy.json`,
  smoothed: (name: string) => `${name}.smoothed.jpg`,
} as const;
