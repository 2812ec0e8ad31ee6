/**
 * Segmentations as files: PNG, JSON, COCO, GeoJSON, SVG.
 *
 * @example
 * ```ts
 * import { FORMATS } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(FORMATS["regions.svg"].mediaType, "image/svg+xml");
 * ```
 *
 * @module
 */
export { type CocoAnnotation, type CocoFile, cocoFile, type CocoRle, encodeMasks } from "./coco.ts";
export { encodeFormat, type FormatOptions } from "./encode.ts";
export { geoJson, type RegionCollection, type RegionFeature } from "./geojson.ts";
export { type RegionPolygon, tracePolygons } from "./polygons.ts";
export { boundariesPng, type HierarchyJson, hierarchyJson } from "./hierarchy.ts";
export { decodeRuns, encodeRuns, type RegionsJson, regionsJson } from "./regions_json.ts";
export { regionsSvg } from "./svg.ts";
export { FORMAT_NAMES, type FormatInfo, type FormatName, FORMATS, formatsOf, isFormatName } from "./table.ts";
