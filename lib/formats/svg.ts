/**
 * Regions as an SVG drawing: one path each, filled with the region's mean colour, exact to the pixel. It opens in any
 * browser or drawing program, where every region can be picked and recoloured.
 */
import type { SegmentationData } from "../segmentation.ts";
import { hexColor } from "./geojson.ts";
import { tracePolygons } from "./polygons.ts";

/**
 * Draws every region, in the order of labels.
 *
 * @param segmentation The segmentation.
 * @returns An SVG document; path `r7` is region 7.
 */
export function regionsSvg(segmentation: SegmentationData): string {
  const { width, height, labels, regions } = segmentation;
  const polygons = tracePolygons(labels, width, height, regions.length);
  const paths = regions.map(({ label, color }) =>
    `<path id="r${label}" fill="${hexColor(color)}" d="${polygons[label]!.rings.map(ringPath).join("")}"/>`
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    // crisp edges: antialiased neighbours would let the background shine through along every border
    `<g fill-rule="evenodd" shape-rendering="crispEdges">`,
    ...paths,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

// all edges are horizontal or vertical, so one number each says where they go
function ringPath(ring: readonly number[]): string {
  let path = `M${ring[0]} ${ring[1]}`;
  for (let i = 2; i < ring.length; i += 2) {
    const dx = ring[i]! - ring[i - 2]!;
    path += dx !== 0 ? `h${dx}` : `v${ring[i + 1]! - ring[i - 1]!}`;
  }
  return `${path}z`;
}
