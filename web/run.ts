/** Where a picture is segmented: by the server or in this browser, each in place of the other where that one fails. */
import { toast } from "./chrome.ts";
import { createLocalEngine, isEngineFailure, type LocalEngine } from "./engine/client.ts";
import { type Following, type PageResult, segmentOnServer, ServiceError } from "./service.ts";
import type { Settings } from "./settings_form.ts";
import { byId } from "./view/stage.ts";

const engine: LocalEngine = createLocalEngine();

/** The one of the two choices that keeps pictures here. */
function hereInput(): HTMLInputElement {
  return byId("where").querySelector<HTMLInputElement>("input[value=here]")!;
}

/** Chooses this browser. */
export function chooseHere(): void {
  hereInput().click();
}

/** Offers to segment here where that works, and says what it means. */
export async function offerHere(): Promise<void> {
  const { ok, reason } = await engine.supported();
  const input = hereInput();
  input.disabled = !ok;
  const describe = () => {
    byId("where-note").textContent = !ok
      ? `Not in this browser: ${reason}. The picture goes to this server and nowhere else.`
      : input.checked
      ? "The picture stays here: nothing is uploaded. The engine is loaded once, half a megabyte."
      : "The picture goes to this server and nowhere else.";
  };
  describe();
  byId("where").addEventListener("change", () => {
    describe();
    // ahead of the first picture; what goes wrong shows with that picture
    if (input.checked) engine.prepare().catch(() => {});
  });
}

/** Segments where the page was told to, or on the other side where that one fails. */
export function segmentWhereChosen(
  bytes: Uint8Array<ArrayBuffer>,
  settings: Settings,
  following: Following,
): Promise<PageResult> {
  return (hereInput().checked ? segmentHere : segmentThere)(bytes, settings, following);
}

/** By the server; in this browser where no answer comes. */
async function segmentThere(
  bytes: Uint8Array<ArrayBuffer>,
  settings: Settings,
  following: Following,
): Promise<PageResult> {
  try {
    return await segmentOnServer(bytes, settings, following);
  } catch (error) {
    const gone = error instanceof ServiceError && error.code === "offline";
    if (!gone || !(await engine.supported()).ok) throw error;
    toast("The server does not answer: segmenting in this browser.");
    try {
      return await runHere(bytes, settings, following);
    } catch (failure) {
      throw isEngineFailure(failure) ? error : failure; // what the server's silence says is the more useful of the two
    }
  }
}

/** In this browser; by the server where that does not work. */
async function segmentHere(
  bytes: Uint8Array<ArrayBuffer>,
  settings: Settings,
  following: Following,
): Promise<PageResult> {
  try {
    return await runHere(bytes, settings, following);
  } catch (error) {
    if (!isEngineFailure(error) || following.signal.aborted) throw error;
    toast("It did not work in this browser: the server does it.");
    return await segmentOnServer(bytes, settings, following);
  }
}

async function runHere(
  bytes: Uint8Array<ArrayBuffer>,
  settings: Settings,
  { signal, onProgress, onPreview }: Following,
): Promise<PageResult> {
  onProgress({ stage: "load" });
  const { width, height, superpixels, hierarchy, labels, smoothed, timings } = await engine.segment(
    bytes,
    settings,
    {
      signal,
      onProgress({ preview, ...progress }) {
        onProgress(progress);
        if (preview) onPreview(withAlpha(preview.data, preview.width, preview.height));
      },
    },
  );
  let count = hierarchy?.count ?? 0;
  if (!hierarchy) { for (const label of labels) count = Math.max(count, label + 1); }
  return {
    width,
    height,
    superpixels: hierarchy ? superpixels : labels,
    count,
    ...(hierarchy && { merges: hierarchy }),
    ...(smoothed && { smoothed: withAlpha(smoothed, width, height) }),
    ...(timings.total !== undefined && { milliseconds: timings.total }),
  };
}

function withAlpha(rgb: Uint8Array, width: number, height: number): ImageData {
  const image = new ImageData(width, height);
  for (let p = 0, q = 0; q < rgb.length; p += 4, q += 3) {
    image.data[p] = rgb[q]!;
    image.data[p + 1] = rgb[q + 1]!;
    image.data[p + 2] = rgb[q + 2]!;
    image.data[p + 3] = 255;
  }
  return image;
}
