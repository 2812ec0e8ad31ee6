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
  makeFile,
  OF_ALL_SCALES,
  partsOf,
  pixelsOf,
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
  readonly #fetch: (format: FormatName, regions?: number) => Promise<Blob>;

  /** @param fetch A file of the result as the service has it. */
  constructor(offer: () => Offer, fetch: (format: FormatName, regions?: number) => Promise<Blob>) {
    this.#offer = offer;
    this.#fetch = fetch;
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
        if (!link.href) return;
        event.preventDefault();
        link.setAttribute("aria-busy", "true");
        const take = link.hasAttribute("data-make") ? this.#make(format) : this.#bring(format);
        void take.finally(() => link.removeAttribute("aria-busy"));
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
        link.href = fileAddress(result.id!, format, scaleOf(format, cutting));
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

  /** From the service or, where that has nothing to give, made here if it can be. */
  async #bring(format: FormatName): Promise<void> {
    const { cutting, picture, result } = this.#offer();
    if (!cutting) return;
    try {
      save(await this.#fetch(format, scaleOf(format, cutting)), fileName(picture, cutting, format));
    } catch (error) {
      // without the service there is what the slider works with
      if (result && has(format, cutting, { ...result, id: "" })) return await this.#make(format);
      toast(`This file could not be fetched: ${(error as Error).message}`);
    }
  }

  async #make(format: FormatName): Promise<void> {
    const { cutting, picture, result, used } = this.#offer();
    if (!cutting || !picture || !result) return;
    try {
      const { merges, smoothed } = result, rgba = pixelsOf(picture);
      const file = await makeFile("file", {
        ...partsOf(cutting),
        ...(merges && { merges }),
        ...(smoothed instanceof ImageData && { smoothed: smoothed.data }),
        rgba,
        settings: { ...used, ...(cutting.tree ? { regions: cutting.regions } : {}) },
        format,
      }, [rgba.buffer]);
      save(new Blob([file], { type: FORMATS[format].mediaType }), fileName(picture, cutting, format));
    } catch (error) {
      toast(`This file could not be made: ${(error as Error).message}`);
    }
  }
}

/** Whether a result has a file: some only from a hierarchy, what was smoothed only where it still is. */
function has(format: FormatName, cutting: Cutting, result: PageResult | undefined): boolean {
  if (format === "smoothed.png") return Boolean(result?.id) || result?.smoothed instanceof ImageData;
  // without a hierarchy the page has the regions alone
  if (format === "superpixels.png") return Boolean(result?.id) || cutting.tree !== undefined;
  return cutting.tree !== undefined || !needsHierarchy(format);
}

/** At how many regions a file is asked for; those of all scales and methods without any have one. */
function scaleOf(format: FormatName, cutting: Cutting): number | undefined {
  return cutting.tree && !OF_ALL_SCALES.includes(format) ? cutting.regions : undefined;
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
