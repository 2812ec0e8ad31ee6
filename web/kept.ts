/**
 * Results that the service keeps, but not for ever. The same picture with the same settings is the same result, so whoever
 * has the picture can have it made again.
 */
import type { FormatName } from "../lib/formats/table.ts";
import { openPicture, type Picture } from "./picture.ts";
import { fetchFile, openResult, type PageResult, segmentOnServer, ServiceError } from "./service.ts";
import type { Settings } from "./settings_form.ts";

/** What a link leads to. */
export interface Linked {
  readonly picture: Picture;
  readonly result: PageResult;
  readonly settings: Settings;
}

/** What a link leads to; `gone` where the service keeps it no longer, `silent` where no answer comes. */
export async function openLinked(
  id: string,
  name: string,
  signal: AbortSignal,
): Promise<Linked | "gone" | "silent"> {
  try {
    const image = await fetchFile(id, "image.png", undefined, signal);
    const opened = await openResult(id, signal);
    // however large it is, the service has taken it
    const picture = await openPicture(image, name, { maxBytes: Infinity, maxPixels: Infinity });
    return { picture, ...opened };
  } catch (error) {
    return isGone(error) ? "gone" : "silent";
  }
}

/**
 * A file of a result, which is made again where it is gone.
 *
 * @param onGone Called before that.
 * @param onMade Called after it, with the result: of a picture that came from the service itself it has another name.
 */
export async function fetchKept(
  { id, picture, settings, format, regions }: {
    readonly id: string;
    readonly picture: Picture;
    readonly settings: Settings;
    readonly format: FormatName;
    readonly regions: number | undefined;
  },
  onGone: () => void,
  onMade: (result: PageResult) => void,
): Promise<Blob> {
  try {
    return await fetchFile(id, format, regions);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  onGone();
  const unseen = { signal: new AbortController().signal, onProgress() {}, onPreview() {} };
  const made = await segmentOnServer(picture.bytes, settings, unseen);
  onMade(made);
  return await fetchFile(made.id!, format, regions);
}

function isGone(error: unknown): boolean {
  return error instanceof ServiceError && (error.code === "not_found" || error.code === "job_canceled");
}
