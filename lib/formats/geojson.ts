/**
 * Regions as a GeoJSON FeatureCollection (RFC 7946), in pixels rather than degrees: x to the right, y down, the origin at
 * the top left corner of the image. Neighbouring polygons share their vertices, so a GIS can rebuild the topology.
 */
import type { SegmentationData } from "../segmentation.ts";
import { tracePolygons } from "./polygons.ts";

/** A feature: one region. */
export interface RegionFeature {
  /** As RFC 7946 has it. */
  readonly type: "Feature";
  /** The region's label. */
  readonly id: number;
  /** Smallest box that holds the region, in pixels. */
  readonly bbox: readonly [left: number, top: number, right: number, bottom: number];
  /** Outer ring first, then holes. */
  readonly geometry: { readonly type: "Polygon"; readonly coordinates: number[][][] };
  /** What is known of the region; `color` is #rrggbb. */
  readonly properties: {
    readonly label: number;
    readonly area: number;
    readonly centroid: readonly number[];
    readonly color: string;
    readonly neighbors: readonly number[];
  };
}

/** A GeoJSON file of one image. */
export interface RegionCollection {
  /** As RFC 7946 has it. */
  readonly type: "FeatureCollection";
  /** The image. */
  readonly bbox: readonly [0, 0, width: number, height: number];
  /** One for each region, in the order of labels. */
  readonly features: readonly RegionFeature[];
}

/**
 * One feature for each region, in the order of labels. Rings are closed and follow RFC 7946's right-hand rule in the
 * numbers as written (the shoelace area of outer rings is positive).
 *
 * @param segmentation The segmentation.
 * @returns A FeatureCollection, ready for `JSON.stringify`.
 */
export function geoJson(segmentation: SegmentationData): RegionCollection {
  const { width, height, labels, regions } = segmentation;
  const polygons = tracePolygons(labels, width, height, regions.length);
  return {
    type: "FeatureCollection",
    bbox: [0, 0, width, height],
    features: regions.map(({ label, area, bbox: [x, y, w, h], centroid, color, neighbors }) => ({
      type: "Feature",
      id: label,
      bbox: [x, y, x + w, y + h],
      geometry: { type: "Polygon", coordinates: polygons[label]!.rings.map(closedRing) },
      properties: { label, area, centroid, color: hexColor(color), neighbors },
    })),
  };
}

/** An sRGB colour as `#rrggbb`. */
export function hexColor(color: readonly [number, number, number]): string {
  return `#${color.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function closedRing(ring: readonly number[]): number[][] {
  const positions: number[][] = [];
  for (let i = 0; i < ring.length; i += 2) positions.push([ring[i]!, ring[i + 1]!]);
  positions.push([ring[0]!, ring[1]!]);
  return positions;
}
