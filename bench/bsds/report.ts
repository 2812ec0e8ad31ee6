/**
 * What a run leaves behind: results.json with everything, images.csv and scales.csv for a spreadsheet.
 */
import { join } from "node:path";
import type { RegionScores } from "../../lib/metrics/region_scores.ts";
import { bootstrap, type Estimate } from "../../lib/metrics/statistics.ts";
import { FIGURE_NAMES, type RegionSummary, summarize } from "../../lib/metrics/summary.ts";
import { createRandom } from "../../lib/random.ts";
import type { Problem } from "./dataset.ts";
import { METHODS } from "./methods.ts";
import type { ImageResult, MethodConfig } from "./score_image.ts";

/** Results of one method over a data set. */
export interface MethodResults {
  readonly config: MethodConfig;
  readonly split: string;
  /** Scored images, by id. */
  readonly ids: readonly string[];
  readonly scores: readonly RegionScores[];
  /** undefined where no image was scored. */
  readonly summary: RegionSummary | undefined;
  /** Figures with standard errors; undefined where fewer than two images were scored. */
  readonly estimate: Estimate | undefined;
  readonly problems: readonly Problem[];
  /** Median milliseconds that the method took for an image, 0 without any. */
  readonly medianMilliseconds: number;
}

/** Sums up the results of a run's images, which must be in the order of their ids. */
export function collect(
  config: MethodConfig,
  split: string,
  results: readonly ImageResult[],
  found: readonly Problem[],
): MethodResults {
  const scored = results.filter((result) => result.scores !== undefined);
  const scores = scored.map((result) => result.scores!);
  const problems = results.flatMap(({ id, problem }) => problem ? [{ id, message: problem }] : []);
  const times = results.filter((result) => !result.problem).map((result) => result.milliseconds);
  times.sort((a, b) => a - b);
  return {
    config,
    split,
    ids: scored.map((result) => result.id),
    scores,
    summary: scores.length > 0 ? summarize(scores) : undefined,
    estimate: scores.length > 1 ? bootstrap(scores, { random: createRandom(config.seed) }) : undefined,
    problems: [...found, ...problems],
    medianMilliseconds: times[times.length >> 1] ?? 0,
  };
}

/** Writes the three files into a folder. */
export function writeReport(results: MethodResults, folder: string): void {
  const { config, split, ids, scores, summary, estimate, problems, medianMilliseconds } = results;
  const json = {
    method: config.method,
    title: METHODS[config.method]!.title,
    split,
    seed: config.seed,
    settings: config.settings,
    figures: estimate && Object.fromEntries(
      FIGURE_NAMES.map((name, i) => [name, { value: estimate.values[i], standardError: estimate.errors[i] }]),
    ),
    summary,
    problems,
    medianMilliseconds,
    images: ids.map((id, i) => ({ id, ...scores[i]! })),
  };
  Deno.writeTextFileSync(join(folder, "results.json"), JSON.stringify(json, null, 1) + "\n");
  if (!summary) return;
  Deno.writeTextFileSync(join(folder, "images.csv"), imagesCsv(ids, scores, summary));
  Deno.writeTextFileSync(join(folder, "scales.csv"), scalesCsv(METHODS[config.method]!.scaleName, summary));
}

function imagesCsv(ids: readonly string[], scores: readonly RegionScores[], summary: RegionSummary): string {
  const at = (optimum: { odsScale: number }) => summary.scales.indexOf(optimum.odsScale);
  const c = at(summary.covering), r = at(summary.randIndex), v = at(summary.variation);
  const rows = scores.map(({ covered, area, bestCovered, randIndex, variation }, i) => [
    ids[i],
    covered[c]! / area,
    Math.max(...covered) / area,
    bestCovered / area,
    randIndex[r],
    Math.max(...randIndex),
    variation[v],
    Math.min(...variation),
  ]);
  return csv([["image", ...FIGURE_NAMES], ...rows]);
}

function scalesCsv(scaleName: string, { scales, covering, randIndex, variation }: RegionSummary): string {
  const rows = scales.map((scale, t) => [
    scale,
    covering.perScale[t]!,
    randIndex.perScale[t]!,
    variation.perScale[t]!,
  ]);
  return csv([[scaleName, "SC", "PRI", "VI"], ...rows]);
}

/** RFC 4180, for cells without quotes. */
function csv(rows: readonly (readonly (string | number | undefined)[])[]): string {
  return rows.map((row) =>
    row.map((cell) => {
      const text = String(cell ?? "");
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    }).join(",") + "\r\n"
  ).join("");
}
