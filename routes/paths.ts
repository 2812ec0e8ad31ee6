/**
 * Addresses of the service's resources.
 */
import type { FormatName } from "../lib/formats/table.ts";

/** Path of a segmentation, or of one of its forms. */
export function pathOf(id: string, format?: FormatName): string {
  return `/v1/segmentations/${id}${format ? `/${format}` : ""}`;
}
