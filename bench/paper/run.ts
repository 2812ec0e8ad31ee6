/**
 * `deno task paper`: the paper's tables and figures, made again beside those that it prints.
 */
import { join } from "node:path";
import { processTerminal, type Terminal } from "../../cli/terminal.ts";
import { encodePng } from "../../lib/image/png.ts";
import { VERSION } from "../../lib/version.ts";
import { type Dataset, listImages } from "../bsds/dataset.ts";
import type { MethodResults } from "../bsds/report.ts";
import { codeDigest } from "../bsds/store.ts";
import { measureMetricsSpeed } from "../metrics_speed.ts";
import { PAPER_HELP, type PaperOptions, parsePaperArgs } from "./args.ts";
import { type Chart, iterationChart, overviewChart } from "./charts.ts";
import { paperPictures } from "./pictures.ts";
import { TABLE_3, TABLE_4 } from "./printed.ts";
import { reconstructionWeights } from "./reconstruction.ts";
import { paperReport, PICTURES } from "./report.ts";
import { rowConfigs, type RowName } from "./rows.ts";
import { sweep } from "./sweep.ts";

/** Exit code when some image could not be done or scored. */
const EXIT_PROBLEMS = 1;
const ROOT = new URL("../../", import.meta.url);

/**
 * Runs all of it and writes the report.
 *
 * @param options What to run.
 * @param terminal Where progress is shown.
 * @param signal Stops the run; what is done by then is kept.
 * @returns Path of the report, and the results.
 * @throws {Error} When there is no data set or fewer than two images with ground truth; the signal's reason when stopped.
 */
export async function runPaper(
  options: PaperOptions,
  terminal: Pick<Terminal, "writeStderr" | "stderrIsTerminal" | "columns">,
  signal: AbortSignal,
): Promise<{ path: string; results: ReadonlyMap<RowName, MethodResults> }> {
  const { data, split, seed, workers, out } = options;
  const whole = listImages(data, split);
  const dataset: Dataset = { ...whole, images: whole.images.slice(0, options.images) };
  const scored = dataset.images.filter(({ groundTruth }) => groundTruth).length;
  if (scored < 2) {
    throw new Error(
      `Cannot make tables: want two or more images with ground truth in ${dataset.folder}, got ${scored}`,
    );
  }
  const say = (text: string) => terminal.writeStderr(`${text}\n`);
  const code = codeDigest();
  const reconstruction = await reconstructionWeights(data, join("out", "paper"), say, signal);
  const configs = rowConfigs(seed, reconstruction);
  const results = await sweep(dataset, configs, { split, workers, out, code }, terminal, signal);

  say("timing the metrics");
  const speed = await measureMetricsSpeed(data, split);
  signal.throwIfAborted();
  say("drawing");
  const pictures = await paperPictures(seed, signal);
  const folder = join(options.report, PICTURES);
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeFileSync(join(folder, "fig10.png"), encodePng(pictures.figure10));
  Deno.writeFileSync(join(folder, "fig12.png"), encodePng(pictures.figure12));
  writeChart(folder, "fig11", await iterationChart(pictures.curve, results.get("iterations")!));
  writeChart(folder, "overview", await overviewChart(overview(results)));

  const path = join(options.report, "benchmark.md");
  const report = paperReport({
    results,
    split,
    imagesInSplit: whole.images.length,
    images: dataset.images.length,
    seed,
    revision: `version ${VERSION}, revision ${revision()}, code and weights ${code.slice(0, 12)}`,
    speed,
    discussion: await Deno.readTextFile(new URL("discussion.md", import.meta.url)),
  });
  Deno.writeTextFileSync(`${path}.part`, report);
  Deno.renameSync(`${path}.part`, path);
  return { path, results };
}

function writeChart(folder: string, name: string, { svg, png }: Chart): void {
  Deno.writeTextFileSync(join(folder, `${name}.svg`), svg + "\n");
  Deno.writeFileSync(join(folder, `${name}.png`), png);
}

function overview(results: ReadonlyMap<RowName, MethodResults>) {
  const rows: [string, RowName, number?][] = [
    ["SLIC on image", "slic-image", TABLE_3["slic-image"][0]],
    ["SLIC on SuperAE", "slic-superae", TABLE_3["slic-superae"][0]],
    ["DSC of SLIC", "slic-cut", TABLE_3["slic-cut"][0]],
    ["MS on image", "ms-image", TABLE_3["ms-image"][0]],
    ["MS on SuperAE", "ms-superae", TABLE_3["ms-superae"][0]],
    ["DSC of MS", "ms-cut", TABLE_3["ms-cut"][0]],
    ["EGB on image", "egb-image", TABLE_3["egb-image"][0]],
    ["EGB on SuperAE", "egb-superae", TABLE_3["egb-superae"][0]],
    ["DSC of EGB", "egb-cut", TABLE_3["egb-cut"][0]],
    ["k-means, RGB", "kmeans-rgb", TABLE_4["kmeans-rgb"][0]],
    ["k-means, deep", "kmeans-deep", TABLE_4["kmeans-deep"][0]],
    ["NCut, RGB", "ncut-rgb", TABLE_4["ncut-rgb"][0]],
    ["NCut, deep", "ncut-deep", TABLE_4["ncut-deep"][0]],
    ...results.has("hierarchy") ? [["DSC hierarchy", "hierarchy"] as [string, RowName]] : [],
  ];
  return rows.map(([title, name, printed]) => ({ title, ours: results.get(name), printed }));
}

/** The commit, where this is a clone; what git itself would say, without running it. */
function revision(): string {
  try {
    const head = Deno.readTextFileSync(new URL(".git/HEAD", ROOT)).trim();
    const commit = head.startsWith("ref: ")
      ? Deno.readTextFileSync(new URL(`.git/${head.slice(5)}`, ROOT)).trim()
      : head;
    return commit.slice(0, 10);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return "unknown";
    throw error;
  }
}

async function main(): Promise<number> {
  const terminal = processTerminal();
  const abort = new AbortController();
  Deno.addSignalListener("SIGINT", () => abort.abort(new Error("interrupted")));
  try {
    const options = parsePaperArgs(Deno.args);
    if (options === "help") {
      await terminal.writeStdout(PAPER_HELP);
      return 0;
    }
    const { path, results } = await runPaper(options, terminal, abort.signal);
    const problems = Array.from(results.values()).some(({ problems }) => problems.length > 0);
    await terminal.writeStdout(`${path}${problems ? ", with problems listed at its end" : ""}\n`);
    return problems ? EXIT_PROBLEMS : 0;
  } catch (error) {
    if (abort.signal.aborted) {
      terminal.writeStderr("Interrupted; the same command goes on from here.\n");
      return 130;
    }
    terminal.writeStderr(`paper: ${error instanceof Error ? error.message : error}\n`);
    return error instanceof RangeError || error instanceof TypeError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main());
