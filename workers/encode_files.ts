/**
 * Files of a segmentation, at its own scale or another, with the addresses under which the service has them.
 */
import { OptionError } from "../lib/errors.ts";
import { encodeFormat } from "../lib/formats/encode.ts";
import { type FormatName, formatsOf } from "../lib/formats/table.ts";
import type { Scale } from "../lib/hierarchy/tree.ts";
import { Segmentation, type SegmentationData } from "../lib/segmentation.ts";
import type { EncodedFiles, Resource } from "./segment_protocol.ts";

/** Encodes each of the forms. */
export function encodeFiles(
  segmentation: SegmentationData,
  formats: readonly FormatName[],
  resource: Resource | undefined,
): EncodedFiles {
  const options = resource ? { members: membersOf(segmentation, resource) } : {};
  return Object.fromEntries(formats.map((format) => [format, encodeFormat(segmentation, format, options)]));
}

/**
 * The same image at another scale.
 *
 * @throws {OptionError} if there is no hierarchy to cut.
 */
export function cutAgain(segmentation: SegmentationData, scale: Scale): SegmentationData {
  if (segmentation.merges) return new Segmentation(segmentation).at(scale);
  const [[name, value]] = Object.entries(scale) as [[string, number]];
  const { method } = segmentation.settings;
  throw new OptionError(
    "invalid_option",
    name,
    String(value),
    `nothing: method ${method} makes no hierarchy to cut again`,
  );
}

function membersOf(segmentation: SegmentationData, { id, path, query }: Resource) {
  const files = formatsOf(segmentation).map((name) => [name, `${path}/${name}${query}`]);
  return { id, url: `${path}${query}`, files: Object.fromEntries(files) };
}
