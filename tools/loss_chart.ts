/** A loss curve as SVG: every step in grey, its running mean over it. */
import { parse, View } from "vega";
import { compile } from "vega-lite";

/** Draws losses against steps, logarithmic. */
export async function lossChart(losses: readonly number[]): Promise<string> {
  let mean = losses[0] ?? 0;
  const values = losses.map((loss, i) => ({ step: i + 1, loss, mean: mean += 0.02 * (loss - mean) }));
  const y = { type: "quantitative", scale: { type: "log" }, title: "loss" } as const;
  const x = { field: "step", type: "quantitative" } as const;
  const { spec } = compile({
    width: 640,
    height: 320,
    data: { values },
    layer: [
      {
        mark: { type: "line", color: "#bbb", strokeWidth: 0.5 },
        encoding: { x, y: { field: "loss", ...y } },
      },
      { mark: { type: "line", color: "#0072b2" }, encoding: { x, y: { field: "mean", ...y } } },
    ],
  });
  const view = new View(parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
