/** The page's address: what was made of which picture and how it is looked at, so that a link opens it again. */
import type { Settings } from "./settings_form.ts";

/** What an address says. */
export interface Address {
  /** A result of the service. */
  readonly id?: string | undefined;
  /** A sample of the page. */
  readonly sample?: string | undefined;
  readonly regions?: number | undefined;
  readonly view?: string | undefined;
  /** What was merged and split by hand, see `Cutting.edits`. */
  readonly edits?: string | undefined;
  readonly settings: Settings;
}

const MOST_EDITS = 1500;

/** Reads it. */
export function readAddress(search: string): Address {
  const { r: id, sample, regions, view, edits, ...settings } = Object.fromEntries(
    new URLSearchParams(search),
  );
  const number = Number(regions);
  return {
    id: id && /^[\w-]{8,64}$/.test(id) ? id : undefined,
    sample: sample && /^[a-z-]{3,40}$/.test(sample) ? sample : undefined,
    regions: Number.isInteger(number) && number > 0 ? number : undefined,
    view,
    edits,
    settings,
  };
}

/** Writes it. */
export function writeAddress({ id, sample, regions, view, edits, settings }: Address): string {
  const query = new URLSearchParams();
  if (id) query.set("r", id);
  // with the result's name, too: when that is gone, the picture is here
  if (sample) query.set("sample", sample);
  if (regions !== undefined) query.set("regions", String(regions));
  if (view && view !== "boundaries") query.set("view", view);
  // beyond this no address is sure to arrive
  if (edits && edits.length < MOST_EDITS) query.set("edits", edits);
  for (const [name, value] of Object.entries(settings)) query.set(name, String(value));
  const text = query.toString();
  return text ? `?${text}` : "";
}
