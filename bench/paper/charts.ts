/**
 * Charts by vega-lite, as SVG and as PNG, without a browser: vega draws SVG by itself, resvg's WebAssembly rasterises it
 * with a font of its own, so that charts look alike on every machine.
 */
import font from "dejavu-fonts-ttf/ttf/DejaVuSans.ttf" with { type: "bytes" };
import boldFont from "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf" with { type: "bytes" };
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import resvgWasm from "@resvg/resvg-wasm/index_bg.wasm" with { type: "bytes" };
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { LossPoint } from "../../lib/dsc/mod.ts";
import type { MethodResults } from "../bsds/report.ts";
import { bootstrap } from "../../lib/metrics/statistics.ts";
import { createRandom } from "../../lib/random.ts";

/** A chart in both forms. */
export interface Chart {
  readonly svg: string;
  readonly png: Uint8Array<ArrayBuffer>;
}

const FONT = "DejaVu Sans";
/** Pixels of the PNG for one of the chart: sharp on screens of twice the density. */
const PNG_SCALE = 2;

let ready: Promise<void> | undefined;

/** Draws a specification. */
export async function drawChart(spec: TopLevelSpec): Promise<Chart> {
  const config = { font: FONT, background: "white", ...spec.config };
  const view = new View(parse(compile({ ...spec, config } as TopLevelSpec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  await (ready ??= initWasm(resvgWasm));
  const renderer = new Resvg(svg, {
    fitTo: { mode: "zoom", value: PNG_SCALE },
    font: { fontBuffers: [font, boldFont], defaultFontFamily: FONT, sansSerifFamily: FONT },
  });
  const rendered = renderer.render();
  const png = new Uint8Array(rendered.asPng());
  rendered.free();
  renderer.free();
  return { svg, png };
}

/** Losses of the cut against iteration, for one photograph. */
export interface LossCurve {
  readonly title: string;
  readonly points: readonly LossPoint[];
}

/** Fig. 11: the losses of one photograph, and the covering of the split, against iteration. */
export function iterationChart(curve: LossCurve, results: MethodResults): Promise<Chart> {
  const losses = curve.points.flatMap(({ iteration, total, pseudoLabel, cut }) => [
    { iteration, loss: "L_s = α L1 + β L2", value: total },
    { iteration, loss: "L1, pseudo-labels", value: pseudoLabel },
    { iteration, loss: "L2, cut", value: cut },
  ]);
  const coverings = results.scores.length < 2 ? [] : results.scores[0]!.scales.map((iteration, t) => {
    const alone = results.scores.map((score) => ({
      ...score,
      scales: [iteration],
      covered: [score.covered[t]!],
      randIndex: [score.randIndex[t]!],
      variation: [score.variation[t]!],
    }));
    const { values, errors } = bootstrap(alone, { random: createRandom(results.config.seed) });
    return { iteration, value: values[0], low: values[0] - errors[0], high: values[0] + errors[0] };
  });
  const x = { field: "iteration", type: "quantitative", title: "iteration" } as const;
  return drawChart({
    hconcat: [
      {
        title: `Losses, ${curve.title}`,
        width: 300,
        height: 220,
        data: { values: losses },
        mark: { type: "line", strokeWidth: 2 },
        encoding: {
          x,
          y: { field: "value", type: "quantitative", title: "loss" },
          color: {
            field: "loss",
            type: "nominal",
            title: null,
            scale: { range: COLORS },
            legend: { orient: "bottom", columns: 1 },
          },
        },
      },
      {
        title: `Covering, ${results.scores.length} images of ${results.split}`,
        width: 300,
        height: 220,
        data: { values: coverings },
        layer: [
          {
            mark: { type: "errorband", opacity: 0.2, color: COLORS[0]! },
            encoding: { x, y: { field: "low", ...COVERING }, y2: { field: "high" } },
          },
          {
            mark: { type: "line", point: true, color: COLORS[0]! },
            encoding: { x, y: { field: "value", ...COVERING } },
          },
        ],
      },
    ],
  });
}

const COVERING = {
  type: "quantitative",
  title: "SC, ± one standard error",
  scale: { zero: false },
} as const;

/** Of Okabe and Ito, told apart with any kind of colour vision. */
const COLORS = ["#0072b2", "#e69f00", "#009e73"];

/** A method's covering, ours and printed. */
export interface OverviewRow {
  readonly title: string;
  readonly ours: MethodResults | undefined;
  readonly printed: number | undefined;
}

/** Covering at ODS of every method, ours with its standard error, beside the printed one. */
export function overviewChart(rows: readonly OverviewRow[]): Promise<Chart> {
  const values = rows.flatMap(({ title, ours, printed }) => {
    const value = ours?.estimate?.values[0], error = ours?.estimate?.errors[0] ?? 0;
    return [
      ...value === undefined
        ? []
        : [{ title, source: "ours", value, low: value - 2 * error, high: value + 2 * error }],
      ...printed === undefined ? [] : [{ title, source: "printed (test)", value: printed }],
    ];
  });
  const y = { field: "title", type: "nominal", sort: rows.map(({ title }) => title), title: null } as const;
  const axis = {
    type: "quantitative",
    title: "SC at ODS; bars: two standard errors",
    scale: { zero: false },
  } as const;
  return drawChart({
    width: 420,
    height: { step: 20 },
    data: { values },
    layer: [
      {
        transform: [{ filter: "datum.source === 'ours'" }],
        mark: { type: "rule", strokeWidth: 2, color: COLORS[0]! },
        encoding: { y, x: { field: "low", ...axis }, x2: { field: "high" } },
      },
      {
        mark: { type: "point", filled: true, size: 70, opacity: 1 },
        encoding: {
          y,
          x: { field: "value", ...axis },
          color: { field: "source", type: "nominal", title: null, scale: { range: COLORS } },
          shape: { field: "source", type: "nominal", title: null },
        },
      },
    ],
    config: { axisY: { labelLimit: 300 } },
  });
}
