/**
 * The paper's tables in Markdown: our figures with their standard errors, the printed ones in brackets behind them, and
 * paired differences beneath.
 */
import { pairedBootstrap } from "../../lib/metrics/statistics.ts";
import type { Figures } from "../../lib/metrics/summary.ts";
import { createRandom } from "../../lib/random.ts";
import type { MethodResults } from "../bsds/report.ts";
import type { PrintedFigures, PrintedSingles } from "./printed.ts";

/** One row: ours, printed, or both. */
export interface TableRow {
  readonly title: string;
  readonly ours?: MethodResults | undefined;
  readonly printed?: PrintedFigures | PrintedSingles | undefined;
}

/** A row that says how much the first method is ahead of the second. */
export interface ComparisonRow {
  readonly title: string;
  readonly first: MethodResults | undefined;
  readonly second: MethodResults | undefined;
}

/** Columns of tables 3 to 5, as places in Figures; "SC best" has none. */
const FULL = {
  places: [0, 1, 3, 4, 5, 6],
  names: ["SC ODS", "SC OIS", "PRI ODS", "PRI OIS", "VI ODS", "VI OIS"],
};
/** Columns of table 2, which prints one figure for each metric. */
const SINGLE = { places: [0, 3, 5], names: ["SC", "PRI", "VI"] };

/**
 * A table of methods.
 *
 * @param rows Methods; a row without ours shows the printed figures alone.
 * @param columns `full`: ODS and OIS of each metric; `single`: ODS alone.
 * @returns Markdown.
 */
export function methodTable(rows: readonly TableRow[], columns: "full" | "single" = "full"): string {
  const { places, names } = columns === "full" ? FULL : SINGLE;
  return table(
    ["", ...names],
    rows.map(({ title, ours, printed }) => [
      title,
      ...places.map((place, i) =>
        cell(ours?.estimate?.values[place], ours?.estimate?.errors[place], printed?.[i], digitsOf(printed))
      ),
    ]),
  );
}

/** Ours ± its standard error (printed). */
function cell(
  value: number | undefined,
  error: number | undefined,
  printed: number | null | undefined,
  digits: number,
): string {
  const ours = value === undefined ? "" : `${value.toFixed(3)} ± ${error!.toFixed(3)}`;
  if (printed === undefined) return ours;
  return `${ours} (${printed === null ? "–" : printed.toFixed(digits)})`.trim();
}

/** Digits that the paper prints in a row: two in table 5, else three. */
function digitsOf(printed: TableRow["printed"]): number {
  const two = (value: number | null) =>
    value === null || Math.abs(value * 100 - Math.round(value * 100)) < 1e-9;
  return printed?.every(two) ? 2 : 3;
}

/**
 * A table of paired differences.
 *
 * @param rows Pairs of methods; those that were not run, or share fewer than two images, are left out.
 * @param seed Of the bootstrap.
 * @param columns As in {@linkcode methodTable}.
 * @returns Markdown; differences of two standard errors or more are bold.
 */
export function comparisonTable(
  rows: readonly ComparisonRow[],
  seed: number,
  columns: "full" | "single" = "full",
): string {
  const { places, names } = columns === "full" ? FULL : SINGLE;
  const lines = rows.flatMap(({ title, first, second }) => {
    const found = first && second && difference(first, second, seed);
    if (!found) return [];
    return [[
      title,
      ...places.map((place) => {
        const value = found.values[place]!, error = found.errors[place]!;
        const text = `${signed(value)} ± ${error.toFixed(3)}`;
        return Math.abs(value) >= 2 * error && value !== 0 ? `**${text}**` : text;
      }),
    ]];
  });
  return table(["difference", ...names], lines);
}

/** First minus second on the images that both have; undefined where these are fewer than two. */
export function difference(
  first: MethodResults,
  second: MethodResults,
  seed: number,
): { values: Figures; errors: Figures } | undefined {
  const ids = first.ids.filter((id) => second.ids.includes(id));
  if (ids.length < 2) return undefined;
  const of = ({ ids: own, scores }: MethodResults) => ids.map((id) => scores[own.indexOf(id)]!);
  return pairedBootstrap(of(first), of(second), { random: createRandom(seed) });
}

/** How far ours are from the printed figures, with the standard errors of ours. */
export function distanceTable(rows: readonly TableRow[]): string {
  return table(
    ["ours minus printed", ...FULL.names],
    rows.flatMap(({ title, ours, printed }) => {
      const estimate = ours?.estimate;
      if (!estimate || printed?.length !== 6) return [];
      return [[
        title,
        ...FULL.places.map((place, i) => {
          const other = printed[i];
          if (other === null || other === undefined) return "–";
          return `${signed(estimate.values[place]! - other)} ± ${estimate.errors[place]!.toFixed(3)}`;
        }),
      ]];
    }),
  );
}

function signed(value: number): string {
  const text = value.toFixed(3);
  return value < 0 || text.startsWith("-") ? text.replace("-", "−") : `+${text}`;
}

/** Markdown's pipe table; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map((_, i) => i === 0 ? "---" : "--:");
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
