/** A loss curve as SVG: the mean over a few steps, and the range of those steps behind it. */
import { parse, View } from "vega";
import { compile } from "vega-lite";

/** As many points as a chart of 640 pixels can show. */
const POINTS = 320;

/** Draws losses against steps, logarithmic. */
export async function lossChart(losses: readonly number[]): Promise<string> {
  const size = Math.max(1, Math.ceil(losses.length / POINTS));
  const values = Array.from({ length: Math.ceil(losses.length / size) }, (_, i) => {
    const part = losses.slice(i * size, (i + 1) * size);
    const mean = part.reduce((sum, loss) => sum + loss, 0) / part.length;
    return { step: i * size + part.length, mean, least: Math.min(...part), most: Math.max(...part) };
  });
  const y = { type: "quantitative", scale: { type: "log" }, title: "loss" } as const;
  const x = { field: "step", type: "quantitative" } as const;
  const { spec } = compile({
    width: 640,
    height: 320,
    data: { values },
    layer: [
      {
        mark: { type: "area", color: "#ccc" },
        encoding: { x, y: { field: "least", ...y }, y2: { field: "most" } },
      },
      { mark: { type: "line", color: "#0072b2" }, encoding: { x, y: { field: "mean", ...y } } },
    ],
  });
  const view = new View(parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
