/** The parts of `deno task paper`, on hand-made scores and on a data set of five tiny pictures. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { superAE } from "../bench/bsds/deep.ts";
import { listImages } from "../bench/bsds/dataset.ts";
import { METHODS } from "../bench/bsds/methods.ts";
import { collect, type MethodResults } from "../bench/bsds/report.ts";
import type { MethodConfig } from "../bench/bsds/score_image.ts";
import { parsePaperArgs } from "../bench/paper/args.ts";
import { drawChart, iterationChart, overviewChart } from "../bench/paper/charts.ts";
import { reconstructionWeights } from "../bench/paper/reconstruction.ts";
import { paperReport } from "../bench/paper/report.ts";
import { ROW_NAMES, rowConfigs, type RowName } from "../bench/paper/rows.ts";
import { runPaper } from "../bench/paper/run.ts";
import { sheet } from "../bench/paper/sheet.ts";
import { sweep } from "../bench/paper/sweep.ts";
import { comparisonTable, distanceTable, methodTable, table } from "../bench/paper/tables.ts";
import { readImageHeader } from "../lib/image/mod.ts";
import { scoreStack } from "../lib/metrics/region_scores.ts";
import { createRandom } from "../lib/random.ts";
import { decodeWeights } from "../lib/superae/mod.ts";
import { withDataset } from "./fixtures/bsds_dataset.ts";
import { withFolder } from "./fixtures/folder.ts";

const HALVES = Int32Array.of(0, 0, 1, 1), WHOLE = new Int32Array(4);
const CONFIG: MethodConfig = { method: "slic", settings: METHODS["slic"]!.settings, scales: [1], seed: 0 };

/** Results of three images; `maps` is what the method made of each. */
function resultsOf(maps: readonly Int32Array[], config: MethodConfig = CONFIG): MethodResults {
  const images = maps.map((map, i) => ({
    id: String(i),
    scores: scoreStack([map], [HALVES], config.scales),
    problem: undefined,
    milliseconds: 10,
  }));
  return collect(config, "val", images, []);
}

const PERFECT = resultsOf([HALVES, HALVES, HALVES]);
const MIXED = resultsOf([HALVES, WHOLE, HALVES]);

const quiet = () => {
  const lines: string[] = [];
  return {
    lines,
    terminal: {
      writeStderr: (text: string) => void lines.push(text),
      stderrIsTerminal: false,
      columns: () => 80,
    },
  };
};

Deno.test("parsePaperArgs() fills in defaults and refuses what it does not know", () => {
  const options = parsePaperArgs(["--data", "there"]);
  assert.ok(options !== "help");
  assert.deepEqual([options.split, options.seed, options.images], ["val", 0, undefined]);
  assert.equal(options.report, join("out", "paper"), "a trial run must not replace the repository's report");
  assert.equal(parsePaperArgs(["-h"]), "help");
  assert.throws(() => parsePaperArgs([]), /--data DIR is missing/);
  assert.throws(() => parsePaperArgs(["--data", "x", "--images", "1"]), /whole number from 2, got 1/);
  assert.throws(() => parsePaperArgs(["--data", "x", "--method", "slic"]), TypeError);
});

Deno.test("table() makes a pipe table whose cells keep their own bars", () => {
  assert.equal(table(["", "SC"], [["a|b", "1"]]), "|  | SC |\n| --- | --: |\n| a\\|b | 1 |");
});

Deno.test("methodTable() puts the printed figures in brackets behind ours with their standard errors", () => {
  const rows = methodTable([
    { title: "both", ours: PERFECT, printed: [0.5, null, 0.7, 0.8, 2, 1.5] },
    { title: "printed alone", printed: [0.5, 0.6, 0.7, 0.8, 2, 1.5] },
    { title: "ours alone", ours: PERFECT },
  ]).split("\n").slice(2);
  assert.match(rows[0]!, /^\| both \| 1\.000 ± 0\.000 \(0\.50\) \| 1\.000 ± 0\.000 \(–\) \|/);
  assert.match(rows[0]!, /0\.000 ± 0\.000 \(1\.50\) \|$/);
  assert.equal(rows[1], "| printed alone | (0.50) | (0.60) | (0.70) | (0.80) | (2.00) | (1.50) |");
  assert.match(rows[2]!, /^\| ours alone \| 1\.000 ± 0\.000 \| /);
});

Deno.test("methodTable() shows one figure for each metric where the paper does", () => {
  const [head, , row] = methodTable([{ title: "IMG", ours: PERFECT, printed: [0.405, 0.7, 3.483] }], "single")
    .split("\n");
  assert.equal(head, "|  | SC | PRI | VI |");
  assert.equal(row, "| IMG | 1.000 ± 0.000 (0.405) | 1.000 ± 0.000 (0.700) | 0.000 ± 0.000 (3.483) |");
});

Deno.test("comparisonTable() pairs images, marks what is two standard errors off, leaves out what was not run", () => {
  const rows = comparisonTable([
    { title: "same", first: PERFECT, second: PERFECT },
    { title: "better", first: PERFECT, second: MIXED },
    { title: "absent", first: PERFECT, second: undefined },
  ], 0).split("\n").slice(2);
  assert.equal(rows.length, 2);
  assert.match(rows[0]!, /^\| same \| \+0\.000 ± 0\.000 \|/);
  assert.match(rows[1]!, /^\| better \| \+0\.167 ± 0\.1/); // WHOLE covers half: (1 + .5 + 1) / 3
  assert.doesNotMatch(rows[1]!, /\*\*/, "one image of three is no evidence");
  const worse = resultsOf([WHOLE, WHOLE, WHOLE]);
  assert.match(
    comparisonTable([{ title: "worse", first: worse, second: PERFECT }], 0),
    /\*\*−0\.500 ± 0\.000\*\*/,
  );
});

Deno.test("distanceTable() subtracts the printed figures", () => {
  const text = distanceTable([
    { title: "ours", ours: MIXED, printed: [0.9, null, 0.7, 0.8, 2, 1.5] },
    { title: "printed alone", printed: [0.5, 0.6, 0.7, 0.8, 2, 1.5] },
  ]);
  assert.match(text, /\| ours \| −0\.067 ± 0\.1\d\d \| – \|/);
  assert.doesNotMatch(text, /printed alone/);
});

Deno.test("sheet() scales pictures to their cells on white", () => {
  const black = { width: 2, height: 1, data: new Uint8Array(6) };
  const tall = { width: 1, height: 2, data: new Uint8Array(6).fill(100) };
  const { width, height, data } = sheet([[black, tall], [black]], 4);
  assert.deepEqual([width, height], [4 + 6 + 4, 8 + 6 + 2]);
  const at = (x: number, y: number) => data[(y * width + x) * 3];
  assert.deepEqual([at(0, 0), at(0, 3), at(5, 0), at(10, 7), at(0, 15), at(13, 15)], [
    0,
    255,
    255,
    100,
    0,
    255,
  ]);
  assert.throws(() => sheet([[]], 4), RangeError);
});

Deno.test("drawChart() writes SVG, and PNG of twice its size with letters in it", async () => {
  const spec = {
    width: 60,
    height: 40,
    data: { values: [{ x: 1, y: 1 }] },
    mark: "point",
    encoding: { x: { field: "x", type: "quantitative", title: "iteration" } },
  } as const;
  const { svg, png } = await drawChart(spec);
  assert.match(svg, /^<svg[^>]* width="(\d+)"/);
  assert.match(svg, /iteration<\/text>/);
  const width = Number(/ width="(\d+)"/.exec(svg)![1]);
  assert.equal(readImageHeader(png).width, 2 * width);
  const mute = await drawChart({ ...spec, encoding: { x: { ...spec.encoding.x, title: " " } } });
  assert.ok(png.length > mute.png.length, "the title's letters take bytes");
});

Deno.test("rowConfigs() names methods and settings that exist, and one network for all but the ablation", () => {
  const rows = rowConfigs(3, "weights.txt");
  for (const [name, { method, settings, scales, seed }] of rows) {
    assert.ok((ROW_NAMES as readonly string[]).includes(name));
    const known = METHODS[method];
    assert.ok(known, `${name}: ${method}`);
    assert.deepEqual(Object.keys(settings).sort(), Object.keys(known.settings).sort(), name);
    assert.deepEqual([scales, seed], [known.scales, 3]);
    const weights = name === "egb-reconstruction" ? "weights.txt" : "pretrained";
    assert.ok(settings.weights === undefined || settings.weights === weights, name);
  }
  const { superpixels } = rows.get("slic-cut")!.settings;
  for (const name of ["kmeans-rgb", "kmeans-deep", "ncut-rgb", "ncut-deep"] as const) {
    const { settings } = rows.get(name)!;
    assert.deepEqual([settings.superpixels, settings.superpixelsOn], [superpixels, "superae"], name);
  }
});

Deno.test("superAE() runs once for an image and a network", async () => {
  const image = { width: 16, height: 16, data: new Uint8Array(768).fill(90) };
  const first = superAE(image, "pretrained");
  assert.equal(superAE(image, "pretrained"), first);
  assert.equal((await first).smoothed.width, 16);
});

Deno.test("flat-dsc gives a label map for each scale; stopped at its last iteration it is the same", async () => {
  const data = new Uint8Array(32 * 32 * 3).map((_, p) => (p % 96 < 48 ? 30 : 220) + (p * 7) % 13);
  const image = { width: 32, height: 32, data };
  const context = { random: createRandom(0), seed: 0, signal: AbortSignal.timeout(60_000) };
  const changed = { superpixels: 30 };
  const run = (name: string, settings: Record<string, number>, scales: number[]) =>
    METHODS[name]!.segment(image, { ...METHODS[name]!.settings, ...changed, ...settings }, scales, context);
  const whole = await run("flat-dsc", { iterations: 16 }, [2, 3]);
  const stopped = await run("flat-dsc-iterations", { partitions: 3 }, [0, 16]);
  assert.ok(whole.kind === "maps" && stopped.kind === "maps");
  assert.deepEqual([whole.maps.length, stopped.maps.length], [2, 2]);
  assert.deepEqual(stopped.maps[1], whole.maps[1]);
  const [two] = whole.maps;
  assert.notEqual(two![16 * 32], two![16 * 32 + 31], "the halves are told apart");
});

Deno.test(
  "reconstructionWeights() trains once, without labels or superpixels, and names the file for its content",
  withDataset(async (root) => {
    Deno.renameSync(join(root, "images", "val"), join(root, "images", "train"));
    const training = { iterations: 2, batchSize: 1, cropSize: 16, lambda: 0 };
    const out = join(root, "weights"), signal = AbortSignal.timeout(60_000);
    const path = await reconstructionWeights(root, out, () => {}, signal, training);
    assert.match(path, /superae-lambda0-[0-9a-f]{8}-[0-9a-f]{8}\.txt$/);
    const weights = decodeWeights(Deno.readTextFileSync(path).trim());
    assert.ok(weights["down0"]!.filter.some((value) => value !== 0));
    Deno.removeSync(join(root, "images", "train", "0.png"));
    Deno.writeFileSync(join(root, "images", "train", "0.png"), new Uint8Array(3)); // not read again
    assert.equal(await reconstructionWeights(root, out, () => {}, signal, training), path);
  }),
);

Deno.test(
  "sweep() does each image by all configurations, keeps them, and names what it could not do",
  withDataset(async (root) => {
    Deno.writeFileSync(join(root, "images", "val", "4.png"), new Uint8Array(3));
    const settings = { ...METHODS["felzenszwalb"]!.settings, minSize: 40 };
    const configs = new Map<string, MethodConfig>([
      ["a", { method: "felzenszwalb", settings, scales: [50, 900], seed: 0 }],
      ["b", { method: "slic", settings: METHODS["slic"]!.settings, scales: [4], seed: 0 }],
    ]);
    const options = { split: "val", workers: 1, out: join(root, "out"), code: "code" };
    const run = async () => {
      const { terminal, lines } = quiet();
      const signal = AbortSignal.timeout(60_000);
      return { results: await sweep(listImages(root, "val"), configs, options, terminal, signal), lines };
    };
    const first = await run();
    assert.deepEqual([...first.results.keys()], ["a", "b"]);
    const { ids, problems, estimate } = first.results.get("a")!;
    assert.deepEqual(ids, ["0", "1", "2", "3"]);
    assert.deepEqual(problems.map(({ id }) => id), ["4"]);
    assert.equal(estimate!.values[0], 1);
    for (const id of ids) Deno.writeFileSync(join(root, "images", "val", `${id}.png`), new Uint8Array(3));
    const again = await run();
    assert.deepEqual(again.results.get("b")!.scores, first.results.get("b")!.scores, "nothing is read again");
    assert.match(again.lines[0]!, /paper {2}5\/5 images/, "only the broken image is tried again");
  }),
);

Deno.test(
  "runPaper() refuses a data set that it cannot score",
  () =>
    withFolder(async (folder) => {
      const options = parsePaperArgs(["--data", join(folder, "none")]);
      assert.ok(options !== "help");
      const { terminal } = quiet();
      await assert.rejects(runPaper(options, terminal, AbortSignal.timeout(5000)), /there is no folder/);
    }),
);

Deno.test("paperReport() holds every table and figure, with rows that were not run left to the printed", async () => {
  const results = new Map<RowName, MethodResults>([["egb-image", MIXED], ["egb-superae", PERFECT]]);
  const speed = {
    images: 100,
    superpixels: 1000,
    thresholds: 99,
    reading: 100,
    scoring: 2000,
    cutting: 90_000,
    difference: 0,
  };
  const report = paperReport({
    results,
    split: "val",
    imagesInSplit: 100,
    images: 3,
    seed: 0,
    revision: "revision x",
    speed,
    discussion: "Because.",
  });
  for (
    const title of ["Table 2", "Table 3", "Table 4", "Table 5", "Fig. 10", "Fig. 11", "Fig. 12", "How far"]
  ) {
    assert.ok(report.includes(`\n## ${title}`), title);
  }
  assert.match(report, /The first 3 of the 100 images of\s+BSDS500 val, seed 0, revision x/);
  assert.match(report, /\| EGB on image \| 0\.833 ± 0\.1\d\d \(0\.458\)/);
  assert.match(report, /\| gPb-owt-ucm \| \(0\.59\)/);
  assert.match(report, /\| EGB: SuperAE − image \| \+0\.167/);
  assert.match(report, /2\.00 s to score over the merge tree/);
  assert.match(report, /Because\./);
  assert.doesNotMatch(report, /undefined|NaN/);
  const overview = await overviewChart([{ title: "EGB", ours: MIXED, printed: 0.458 }]);
  assert.match(overview.svg, /printed \(test\)/);
  const points = [1, 2].map((iteration) => ({ iteration, total: 1 / iteration, pseudoLabel: 1, cut: 0.5 }));
  const { svg } = await iterationChart({ title: "a photograph", points }, MIXED);
  assert.match(svg, /Covering, 3 images of val/);
});
