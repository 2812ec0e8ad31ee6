/** The panel of files, links and snippets. */
import { toast } from "./chrome.ts";
import type { Cutting } from "./model/cutting.ts";
import type { Picture } from "./picture.ts";
import { fileAddress, type PageResult } from "./service.ts";
import { element, type Settings } from "./settings_form.ts";
import {
  cliCommand,
  curlCommand,
  denoProgram,
  FILES,
  loadEncoders,
  OF_ALL_SCALES,
  save,
} from "./takeaway.ts";
import { byId } from "./view/stage.ts";
import { type FormatName, FORMATS, needsHierarchy } from "../lib/formats/table.ts";

/** What there is to take. */
export interface Offer {
  readonly picture: Picture | undefined;
  readonly result: PageResult | undefined;
  readonly cutting: Cutting | undefined;
  /** As the form has them, with the number of regions. */
  readonly settings: Settings;
  /** As the result was made. */
  readonly used: Settings;
  readonly link: string | undefined;
}

/** The panel. */
export class TakeAway {
  readonly #offer: () => Offer;

  constructor(offer: () => Offer) {
    this.#offer = offer;
    byId("copy-link").addEventListener("click", () => copy(this.#offer().link ?? "", "Link copied."));
    byId("copy-curl").addEventListener(
      "click",
      () => copy(byId("curl").textContent ?? "", "curl command copied."),
    );
    byId("copy-deno").addEventListener(
      "click",
      () => copy(byId("deno").textContent ?? "", "Program copied."),
    );
    for (const [format, title, kind] of FILES) {
      const item = element("li");
      const link = element("a", { title: FORMATS[format].description });
      link.dataset.format = format;
      link.append(title, element("small", { textContent: kind }));
      link.addEventListener("click", (event) => {
        if (!link.hasAttribute("data-make")) return;
        event.preventDefault();
        void this.#make(format);
      });
      item.append(link);
      byId("files").append(item);
    }
  }

  /** Shows what can be had now: from the service where it has the very same, else made here. */
  show(): void {
    const { result, cutting, picture, settings } = this.#offer();
    for (const link of byId("files").querySelectorAll("a")) {
      const format = link.dataset.format as FormatName;
      const there = cutting !== undefined && has(format, cutting, result);
      link.parentElement!.hidden = cutting !== undefined && !there;
      const served = there && result?.id && (!cutting.edited || OF_ALL_SCALES.includes(format));
      if (served) {
        const regions = cutting.tree && !OF_ALL_SCALES.includes(format) ? cutting.regions : undefined;
        link.href = fileAddress(result.id!, format, regions);
        link.download = fileName(picture, cutting, format);
        link.removeAttribute("data-make");
      } else if (there) {
        link.href = "#take-away";
        link.removeAttribute("download");
        link.dataset.make = "";
      } else {
        link.removeAttribute("href");
        delete link.dataset.make;
      }
    }
    const name = "photo.jpg";
    byId("curl").textContent = curlCommand(location.origin, settings, name);
    byId("deno").textContent = denoProgram(settings, name);
    byId("cli").textContent = cliCommand(settings, name);
    this.showLink();
  }

  /** Shows whether there is a link. */
  showLink(): void {
    const button = byId<HTMLButtonElement>("copy-link");
    const { link, result } = this.#offer();
    button.disabled = !link;
    button.title = link
      ? "Opens this result again, as you see it."
      : result
      ? "Made in this browser: nothing was uploaded, so there is nothing to link to."
      : "";
  }

  async #make(format: FormatName): Promise<void> {
    const { cutting, picture, result, used } = this.#offer();
    if (!cutting || !picture || !result) return;
    try {
      const { encode } = await loadEncoders();
      const { width, height, pixels, count } = cutting.map;
      const file = encode({
        width,
        height,
        labels: cutting.labelMap(),
        superpixels: pixels,
        superpixelCount: count,
        ...(result.merges && { merges: result.merges }),
        ...(result.smoothed instanceof ImageData && { smoothed: result.smoothed.data }),
        rgba: picture.canvas.getContext("2d")!.getImageData(0, 0, width, height).data,
        settings: { ...used, ...(cutting.tree ? { regions: cutting.regions } : {}) },
      }, format);
      save(new Blob([file], { type: FORMATS[format].mediaType }), fileName(picture, cutting, format));
    } catch (error) {
      toast(`This file could not be made: ${(error as Error).message}`);
    }
  }
}

/** Whether a result has a file: some only from a hierarchy, what was smoothed only where it still is. */
function has(format: FormatName, cutting: Cutting, result: PageResult | undefined): boolean {
  if (format === "smoothed.png") return result?.id !== undefined || result?.smoothed instanceof ImageData;
  // without a hierarchy the page has the regions alone
  if (format === "superpixels.png") return result?.id !== undefined || cutting.tree !== undefined;
  return cutting.tree !== undefined || !needsHierarchy(format);
}

function fileName(picture: Picture | undefined, cutting: Cutting, format: FormatName): string {
  return `${picture?.name ?? "picture"}-${cutting.count}${cutting.edited ? "-edited" : ""}.${format}`;
}

async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast("The browser does not let this page copy. The text is under “The same in your code”.");
  }
}
