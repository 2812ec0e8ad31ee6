/**
 * `deno task bsds`: the BSDS500 region benchmark of one or more methods.
 */
import { processTerminal, type Terminal } from "../../cli/terminal.ts";
import { pairedBootstrap } from "../../lib/metrics/statistics.ts";
import { figures, formatFigures } from "../../lib/metrics/summary.ts";
import { createRandom } from "../../lib/random.ts";
import { WorkerPool } from "../../workers/pool.ts";
import { BENCH_HELP, type BenchOptions, parseBenchArgs } from "./args.ts";
import { type Dataset, type DatasetImage, listImages } from "./dataset.ts";
import { METHODS } from "./methods.ts";
import { isExported, openExport } from "./export.ts";
import { createBenchProgress, formatDuration } from "./progress.ts";
import { collect, type MethodResults, writeReport } from "./report.ts";
import type { BenchProtocol, ImageResult, MethodConfig } from "./score_image.ts";
import { codeDigest, openStore, type ResultStore } from "./store.ts";

/** Exit code when some image could not be done or scored. */
const EXIT_PROBLEMS = 1;

/**
 * Runs the benchmark and prints it.
 *
 * @param options What to run.
 * @param terminal Where to print.
 * @param signal Stops the run; what is done by then is kept.
 * @returns Results of each method.
 * @throws {Error} When there is no data set; the signal's reason when stopped.
 */
export async function runBench(
  options: BenchOptions,
  terminal: Pick<Terminal, "writeStdout" | "writeStderr" | "stderrIsTerminal" | "columns">,
  signal: AbortSignal,
): Promise<MethodResults[]> {
  const dataset = chosen(listImages(options.data, options.split), options.images);
  if (!dataset.scored && !options.exportFolder) {
    throw new Error(`Cannot score images: ${dataset.folder} comes without ground truth; give --export DIR`);
  }
  const code = codeDigest();
  const all: MethodResults[] = [];
  for (const method of options.methods) {
    const config = configOf(method, options);
    const store = openStore(options.out, dataset, config, code);
    const exportFolder = options.exportFolder &&
      openExport(options.exportFolder, options.methods.length > 1 ? method : "", store);
    const results = await runMethod(dataset, config, store, exportFolder, options.workers, terminal, signal);
    const summary = collect(config, options.split, results, dataset.problems);
    writeReport(summary, store.folder);
    all.push(summary);
    await terminal.writeStdout(describe(summary, all[0]!, store.folder, exportFolder));
  }
  return all;
}

function chosen(dataset: Dataset, count: number | undefined): Dataset {
  if (count === undefined) return dataset;
  const images = dataset.images.slice(0, count), ids = new Set(images.map((image) => image.id));
  return { ...dataset, images, problems: dataset.problems.filter((problem) => ids.has(problem.id)) };
}

function configOf(method: string, options: BenchOptions): MethodConfig {
  const { settings, scales } = METHODS[method]!;
  const changed = Object.entries(options.settings).filter(([name]) => Object.hasOwn(settings, name));
  return {
    method,
    settings: { ...settings, ...Object.fromEntries(changed) },
    scales: options.scales ?? scales,
    seed: options.seed,
  };
}

async function runMethod(
  dataset: Dataset,
  config: MethodConfig,
  store: ResultStore,
  exportFolder: string | undefined,
  workers: number,
  terminal: Pick<Terminal, "writeStderr" | "stderrIsTerminal" | "columns">,
  signal: AbortSignal,
): Promise<ImageResult[]> {
  const results = new Map<string, ImageResult>();
  const todo: DatasetImage[] = [];
  for (const image of dataset.images) {
    // in a data set with ground truth, an image without it is a problem that is known already
    if (dataset.scored && !image.groundTruth && !exportFolder) continue;
    const kept = store.load(image.id);
    if (kept && (!exportFolder || isExported(exportFolder, image.id))) results.set(image.id, kept);
    else todo.push(image);
  }
  if (todo.length > 0) {
    const total = todo.length + results.size;
    const progress = createBenchProgress(terminal, config.method, total, results.size);
    const pool = new WorkerPool<BenchProtocol>({
      module: new URL("./worker.ts", import.meta.url),
      size: Math.min(workers, todo.length),
      waitingLimit: todo.length,
      deadlineMs: Infinity,
    });
    try {
      await Promise.all(todo.map(async (image) => {
        const result = await pool.run("image", { image, config, exportFolder }, { signal }).catch((error) => {
          if (signal.aborted) throw error;
          // the isolate died under this image; the others go on in a new one
          return { id: image.id, scores: undefined, problem: error.message, milliseconds: 0 };
        });
        if (!result.problem) store.save(result);
        results.set(image.id, result);
        progress.step();
      }));
    } finally {
      progress.clear();
      await pool.close(0);
    }
  }
  return dataset.images.flatMap((image) => results.get(image.id) ?? []);
}

function describe(
  results: MethodResults,
  first: MethodResults,
  folder: string,
  exportFolder: string | undefined,
): string {
  const { config, split, summary, estimate, problems, medianMilliseconds } = results;
  const { title, scaleName } = METHODS[config.method]!;
  const lines = [""];
  for (const { id, message } of problems) lines.push(`problem: ${id}: ${message}`);
  const count = summary?.images ?? 0;
  lines.push(
    `${title}: ${count} ${split} images scored, ${problems.length} problems, median ${
      formatMilliseconds(medianMilliseconds)
    } an image`,
  );
  if (exportFolder) lines.push(`label maps: ${exportFolder}`);
  lines.push(`results: ${folder}`);
  if (summary) {
    const { covering, randIndex, variation } = summary;
    lines.push(
      `${scaleName} at ODS: SC ${covering.odsScale}, PRI ${randIndex.odsScale}, VI ${variation.odsScale}`,
    );
    lines.push(...comparison(results, first));
    lines.push(`standard errors: ${estimate ? formatFigures(estimate.errors) : "want two images or more"}`);
    lines.push(formatFigures(figures(summary)));
  }
  return lines.join("\n") + "\n";
}

/** How a later method differs from the first, on the images that both have. */
function comparison(results: MethodResults, first: MethodResults): string[] {
  if (results === first) return [];
  const ids = results.ids.filter((id) => first.ids.includes(id));
  if (ids.length < 2) return [];
  const of = ({ ids: own, scores }: MethodResults) => ids.map((id) => scores[own.indexOf(id)]!);
  const random = createRandom(results.config.seed);
  const { values, errors } = pairedBootstrap(of(results), of(first), { random });
  return [
    `minus ${first.config.method}: ${formatFigures(values)}`,
    `paired standard errors: ${formatFigures(errors)}`,
  ];
}

function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : formatDuration(milliseconds);
}

async function main(): Promise<number> {
  const terminal = processTerminal();
  const abort = new AbortController();
  Deno.addSignalListener("SIGINT", () => abort.abort(new Error("interrupted")));
  try {
    const options = parseBenchArgs(Deno.args);
    if (options === "help") {
      await terminal.writeStdout(BENCH_HELP);
      return 0;
    }
    const results = await runBench(options, terminal, abort.signal);
    return results.some(({ problems }) => problems.length > 0) ? EXIT_PROBLEMS : 0;
  } catch (error) {
    if (abort.signal.aborted) {
      terminal.writeStderr("Interrupted; the same command goes on from here.\n");
      return 130;
    }
    terminal.writeStderr(`bsds: ${error instanceof Error ? error.message : error}\n`);
    return error instanceof RangeError || error instanceof TypeError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main());
