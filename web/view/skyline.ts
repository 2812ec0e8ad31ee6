/**
 * The skyline above the slider: how different the two parts are that would merge next, at every number of regions. Where
 * it falls steeply, a good number of regions ends.
 */
import type { MergeTree } from "../model/merge_tree.ts";
import { rem } from "./stage.ts";

/** Most regions that the slider offers. */
export const MOST_REGIONS = 200;

/** Draws it; without a tree, nothing. */
export function drawSkyline(
  canvas: HTMLCanvasElement,
  tree: MergeTree | undefined,
  regions: number,
  own: number,
): void {
  const ratio = Math.min(3, devicePixelRatio || 1);
  const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
  if (width === 0 || height === 0) return;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d")!;
  context.clearRect(0, 0, width, height);
  if (!tree) return;
  const style = getComputedStyle(canvas);
  const ink = style.getPropertyValue("--ink"), rest = style.getPropertyValue("--line-strong");
  const warm = style.getPropertyValue("--warm");
  // the thumb's centre goes from half a thumb to half a thumb before the end
  const inset = 0.8125 * rem() * ratio, span = width - 2 * inset;
  const most = Math.min(MOST_REGIONS, tree.count);
  const step = span / (MOST_REGIONS - 1), bar = Math.max(1, Math.min(step * 0.62, step - ratio));
  const floor = tree.heightOf(most) * 0.6;
  const top = Math.max(1e-6, tree.heightOf(2) - floor);
  for (let n = 2; n <= most; n++) {
    // the root: heights fall so fast that beyond the first few nothing would be seen
    const share = Math.sqrt(Math.max(0, tree.heightOf(n) - floor) / top);
    const tall = Math.max(2 * ratio, (height - 8 * ratio) * share);
    const x = inset + (n - 1) * step;
    context.globalAlpha = n <= regions ? 1 : 0.5;
    context.fillStyle = n === own ? warm : n <= regions ? ink : rest;
    context.fillRect(x - bar / 2, height - tall, n === own ? Math.max(bar, 2.5 * ratio) : bar, tall);
  }
  context.globalAlpha = 1;
}
