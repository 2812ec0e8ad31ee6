/**
 * The report: every table and figure of the paper made again, in one Markdown file.
 */
import type { MetricsSpeed } from "../metrics_speed.ts";
import type { MethodResults } from "../bsds/report.ts";
import { TABLE_2, TABLE_3, TABLE_4, TABLE_5 } from "./printed.ts";
import type { RowName } from "./rows.ts";
import { comparisonTable, distanceTable, methodTable, type TableRow } from "./tables.ts";

/** What a report is made of. */
export interface ReportInput {
  readonly results: ReadonlyMap<RowName, MethodResults>;
  readonly split: string;
  /** Images of the split, and how many of them this run was given. */
  readonly imagesInSplit: number;
  readonly images: number;
  readonly seed: number;
  /** Names the code: version, commit. */
  readonly revision: string;
  readonly speed: MetricsSpeed;
  /** Markdown: how far from the printed figures, and why; written by hand. */
  readonly discussion: string;
}

/** Folder of the pictures, beside the report. */
export const PICTURES = "benchmark";

/** The report as Markdown. */
export function paperReport(input: ReportInput): string {
  const { results, split, images, imagesInSplit, seed, revision, speed, discussion } = input;
  const of = (name: RowName) => results.get(name);
  const subset = images < imagesInSplit
    ? `the first ${images} of the ${imagesInSplit} images`
    : `all ${images} images`;
  const bare = (name: RowName) => settingsText(of(name));
  return `# Benchmark

Made by \`deno task paper --data DIR --report docs\`; do not edit. ${subset[0]!.toUpperCase()}${
    subset.slice(1)
  } of
BSDS500 ${split}, seed ${seed}, ${revision}. No network saw a label; ten weights of the
hierarchy's criterion are fitted to how people segmented train.

Figures are ours ± their standard error (bootstrap over images, each resample choosing its scales anew), and in brackets
what the paper prints ([Lin, Zhong and Lu, arXiv:2103.06031](https://arxiv.org/abs/2103.06031)). The printed ones are of
BSDS500 test, ours of ${split}: compare with care. SC, Segmentation Covering, and PRI, Probabilistic Rand Index: higher is
better; VI, Variation of Information in bits: lower is better. ODS takes one scale for the whole set, OIS the best scale of
each image. Differences are paired, image by image; bold ones are two standard errors or more.

![Covering at ODS of every method, ours and printed](${PICTURES}/overview.svg)

## Table 2: what each part adds

The paper does not say from which superpixels and at which scale its single figures come. Ours are of Felzenszwalb-Huttenlocher
superpixels (EGB), each row at its own best scale (ODS): IMG on the photograph, REC on the image of an autoencoder trained on
reconstruction alone, TEM on that of SuperAE, + L1 after the cut with pseudo-labels alone, + L2 after the whole cut.

${
    methodTable(
      [
        { title: "IMG", ours: of("egb-image"), printed: TABLE_2.IMG },
        { title: "+ REC", ours: of("egb-reconstruction"), printed: TABLE_2.REC },
        { title: "+ TEM", ours: of("egb-superae"), printed: TABLE_2.TEM },
        { title: "+ L1", ours: of("egb-labels"), printed: TABLE_2.L1 },
        { title: "+ L2", ours: of("egb-cut"), printed: TABLE_2.L2 },
      ],
      "single",
    )
  }

${
    comparisonTable(
      [
        { title: "REC − IMG", first: of("egb-reconstruction"), second: of("egb-image") },
        { title: "TEM − REC", first: of("egb-superae"), second: of("egb-reconstruction") },
        { title: "L1 − TEM", first: of("egb-labels"), second: of("egb-superae") },
        { title: "L2 − L1", first: of("egb-cut"), second: of("egb-labels") },
      ],
      seed,
      "single",
    )
  }

## Table 3: superpixels

Superpixels of the photograph, of the SuperAE image, and after the cut of finer ones of the SuperAE image
(${
    bare("slic-cut")
  }). Swept: SLIC's number of segments, mean shift's range radius, EGB's scale, the cut's number of
partitions.

${methodTable(table3(of))}

${
    comparisonTable(
      (["slic", "ms", "egb"] as const).flatMap((kind) => [
        {
          title: `${KINDS[kind]}: SuperAE − image`,
          first: of(`${kind}-superae`),
          second: of(`${kind}-image`),
        },
        { title: `${KINDS[kind]}: DSC − SuperAE`, first: of(`${kind}-cut`), second: of(`${kind}-superae`) },
        { title: `${KINDS[kind]}: DSC − image`, first: of(`${kind}-cut`), second: of(`${kind}-image`) },
      ]),
      seed,
    )
  }

## Table 4: clusterings of the same superpixels

All of the same SLIC superpixels of the SuperAE image; k-means and normalized cut (NCut) by colours or by deep features.

${methodTable(table4(of))}

${
    comparisonTable(
      [
        { title: "k-means: deep − RGB", first: of("kmeans-deep"), second: of("kmeans-rgb") },
        { title: "NCut: deep − RGB", first: of("ncut-deep"), second: of("ncut-rgb") },
        { title: "DSC − k-means deep", first: of("slic-cut"), second: of("kmeans-deep") },
        { title: "DSC − NCut deep", first: of("slic-cut"), second: of("ncut-deep") },
      ],
      seed,
    )
  }

## Table 5: methods of the field

Rows without a ± are the paper's alone. ${
    of("hierarchy")
      ? "DSC hierarchy is this library's default method."
      : "Ours are those that this library has."
  }

${methodTable(table5(of))}

${
    comparisonTable(
      [
        { title: "DSC hierarchy − DSC, EGB", first: of("hierarchy"), second: of("egb-cut") },
        { title: "DSC hierarchy − EGB", first: of("hierarchy"), second: of("egb-image") },
        { title: "DSC hierarchy − MS", first: of("hierarchy"), second: of("ms-image") },
        { title: "DSC, EGB − EGB", first: of("egb-cut"), second: of("egb-image") },
        { title: "DSC, EGB − MS", first: of("egb-cut"), second: of("ms-image") },
      ],
      seed,
    )
  }

## Fig. 10: the cut at work

Partitions, and the regions that they give, before the first iteration and after 64 and 128.

![A photograph and its partitions after 0, 64 and 128 iterations](${PICTURES}/fig10.png)

## Fig. 11: loss and covering against iteration

${settingsText(of("iterations"))}.

![Losses fall over 128 iterations; covering beside them](${PICTURES}/fig11.svg)

## Fig. 12: pictures

Photograph, SuperAE image, its superpixels, regions of the cut into eight partitions; last the regions of the DSC hierarchy at
its default height, in their mean colours.

![A sheet of segmented photographs](${PICTURES}/fig12.png)

Photographs: Adolphe Braun, a French alpine landscape, about 1870; Timothy H. O'Sullivan, Black Cañon, Colorado River, 1871;
Peter Henry Emerson, sheep in a pastoral setting, 1888; Fédèle Azari, an airplane from above, 1929. All in the public domain,
digital images courtesy of the Getty's Open Content Program. The pictures of BSDS500 may not be published, so none is shown.

## How far the paper-faithful method is from the paper's figures, and why

${distanceTable([...table3(of), { ...table4(of).at(-1)!, title: "table 4: DSC" }])}

${discussion.trim()}

## Speed

Median time of a method for one image, with the time of what it shares with the methods before it (SuperAE, superpixels) counted
only once:

${speedList(results)}

Region metrics, ${speed.images} images, ${speed.superpixels} superpixels each, ${speed.thresholds} thresholds, on one core:
${seconds(speed.reading)} to read the ground truth, ${
    seconds(speed.scoring)
  } to score over the merge tree, where cutting and
counting anew at each threshold takes ${seconds(speed.cutting)}.

## Problems

${problems(results)}
`;
}

const KINDS = { slic: "SLIC", ms: "MS", egb: "EGB" } as const;
type Lookup = (name: RowName) => MethodResults | undefined;

function table3(of: Lookup): TableRow[] {
  return (["slic", "ms", "egb"] as const).flatMap((kind) => [
    { title: `${KINDS[kind]} on image`, ours: of(`${kind}-image`), printed: TABLE_3[`${kind}-image`] },
    { title: `${KINDS[kind]} on SuperAE`, ours: of(`${kind}-superae`), printed: TABLE_3[`${kind}-superae`] },
    { title: `${KINDS[kind]}, DSC`, ours: of(`${kind}-cut`), printed: TABLE_3[`${kind}-cut`] },
  ]);
}

function table4(of: Lookup): TableRow[] {
  return [
    { title: "k-means, RGB", ours: of("kmeans-rgb"), printed: TABLE_4["kmeans-rgb"] },
    { title: "k-means, deep", ours: of("kmeans-deep"), printed: TABLE_4["kmeans-deep"] },
    { title: "NCut, RGB", ours: of("ncut-rgb"), printed: TABLE_4["ncut-rgb"] },
    { title: "NCut, deep", ours: of("ncut-deep"), printed: TABLE_4["ncut-deep"] },
    { title: "DSC", ours: of("slic-cut"), printed: TABLE_4.cut },
  ];
}

function table5(of: Lookup): TableRow[] {
  const ours: Partial<Record<keyof typeof TABLE_5, RowName>> = {
    SLIC: "slic-image",
    NCuts: "ncut-rgb",
    EGB: "egb-image",
    MS: "ms-image",
    DSC: "egb-cut",
  };
  const rows: TableRow[] = Object.entries(TABLE_5).map(([title, printed]) => {
    const name = ours[title as keyof typeof TABLE_5];
    return { title: title === "DSC" ? "DSC, EGB" : title, printed, ours: name && of(name) };
  });
  return of("hierarchy") ? [...rows, { title: "DSC hierarchy", ours: of("hierarchy") }] : rows;
}

function settingsText(results: MethodResults | undefined): string {
  if (!results) return "not run";
  const { superpixels, alpha, beta, iterations, partitions } = results.config.settings;
  const parts = [
    `${superpixels} superpixels`,
    ...partitions === undefined ? [] : [`${partitions} partitions`],
    ...iterations === undefined || partitions !== undefined ? [] : [`${iterations} iterations`],
    `alpha ${alpha}`,
    `beta ${beta}`,
  ];
  return parts.join(", ");
}

function speedList(results: ReadonlyMap<RowName, MethodResults>): string {
  return Array.from(
    results,
    ([name, { config, medianMilliseconds }]) =>
      `- ${name}: ${seconds(medianMilliseconds)} for ${config.scales.length} scales`,
  ).join("\n");
}

function problems(results: ReadonlyMap<RowName, MethodResults>): string {
  const lines = new Set<string>();
  for (const [name, { problems }] of results) {
    for (const { id, message } of problems) lines.add(`- ${name}, ${id}: ${message}`);
  }
  return lines.size > 0
    ? [...lines].join("\n")
    : "None: every image was read, segmented and scored by every method.";
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}
