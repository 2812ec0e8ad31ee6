/** Which regions are selected, what is known of them, and what can be done with them. */
import { toast } from "./chrome.ts";
import type { ExportProtocol } from "./export_protocol.ts";
import type { CutRegion, Cutting } from "./model/cutting.ts";
import type { Picture } from "./picture.ts";
import { element } from "./settings_form.ts";
import { makeFile, partsOf, pixelsOf, save } from "./takeaway.ts";
import { byId, type RegionAction, type Stage } from "./view/stage.ts";

/** What the selection works with. */
export interface SelectionContext {
  /** The cut changed. */
  readonly onEdit: () => void;
  readonly picture: () => Picture | undefined;
}

/** What the files of a selection are made of. */
type SelectedParts = ExportProtocol["mask"]["job"];

/** The selection. */
export interface Selection {
  /** Works on another cutting from now on, or on none. */
  attach(cutting: Cutting | undefined): void;
  act(action: RegionAction): void;
  /** Tells about the region pointed at; -1 for none. */
  describe(label: number): void;
  show(): void;
  merge(): void;
  split(): void;
  clear(): void;
}

/** Wires the row of buttons under the picture. */
export function openSelection(stage: Stage, { onEdit, picture }: SelectionContext): Selection {
  const { selected } = stage;
  const hint = byId("selection-text").innerHTML;
  let cutting: Cutting | undefined;

  const several = byId<HTMLInputElement>("several");
  const say = (text: string) => byId("say").textContent = text;

  const select = (label: number, add: boolean) => {
    const had = selected.has(label);
    if (!add) selected.clear();
    if (had && (add || selected.size === 0)) selected.delete(label);
    else selected.add(label);
    stage.marks();
    show();
    const region = stage.regions[label];
    if (region) say(`${had ? "Deselected" : "Selected"} ${words(region)}`);
  };

  /** Does something that may be refused in words. */
  const attempt = (work: () => readonly number[], done: string) => {
    try {
      const labels = work();
      selected.clear();
      for (const label of labels) selected.add(label);
      onEdit();
      say(`${done}. ${cutting!.count} regions.`);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      toast(error.message);
    }
  };

  const mergeAll = (labels: readonly number[]) => attempt(() => [cutting!.merge(labels)], "Merged");
  const splitOne = (label: number) => attempt(() => cutting!.split(label), "Split");

  const words = ({ label, area }: CutRegion) =>
    `region ${label + 1} of ${cutting!.count}, ${share(area)} of the picture.`;

  const share = (area: number) => {
    const percent = 100 * area / (cutting!.map.width * cutting!.map.height);
    return `${
      percent >= 10 ? percent.toFixed(0) : percent >= 0.095 ? percent.toFixed(1) : percent.toFixed(2)
    } %`;
  };

  const show = () => {
    const some = selected.size > 0;
    const enable = (id: string, on: boolean) => byId<HTMLButtonElement>(id).disabled = !on;
    enable("merge", selected.size > 1);
    enable("split", selected.size === 1);
    enable("cutout", some);
    enable("mask", some);
    enable("clear", some);
    const text = byId("selection-text");
    if (!some || !cutting) {
      text.innerHTML = hint; // our own markup, as it stood in the page
      return;
    }
    const area = [...selected].reduce((sum, label) => sum + (stage.regions[label]?.area ?? 0), 0);
    const name = selected.size === 1 ? `Region ${[...selected][0]! + 1}` : `${selected.size} regions`;
    text.replaceChildren(
      element("b", { textContent: name }),
      ` · ${share(area)} · ${area.toLocaleString("en")} pixels`,
    );
  };

  const describe = (label: number) => {
    const chip = byId("chip");
    const region = stage.regions[label];
    chip.hidden = !region || !cutting;
    if (!region || !cutting) return;
    const swatch = element("i");
    swatch.style.background = `rgb(${region.color.join(" ")})`;
    const [r, g, b] = region.color;
    const neighbors = cutting.neighborsOf(label).length;
    const text = element("span", {
      textContent: `${share(region.area)} · ${region.area.toLocaleString("en")} px · ${neighbors} neighbour${
        neighbors === 1 ? "" : "s"
      }`,
    });
    const more = element("span", {
      className: "more",
      textContent: `rgb ${r} ${g} ${b}${region.pinned ? " · by hand" : ""}`,
    });
    chip.replaceChildren(swatch, element("b", { textContent: `Region ${label + 1}` }), text, more);
    if (document.activeElement === byId("layers")) say(words(region));
  };

  /** Makes a file of the selection and gives it to the browser to keep. */
  const leave = async (
    what: string,
    make: (parts: SelectedParts, of: Picture) => ReturnType<typeof makeFile>,
  ) => {
    const of = picture();
    if (!cutting || !of) return;
    try {
      const file = await make({ ...partsOf(cutting), selected: [...selected] }, of);
      save(new Blob([file], { type: "image/png" }), `${of.name}.${what}.png`);
    } catch (error) {
      toast(`This file could not be made: ${(error as Error).message}`);
    }
  };
  byId("mask").addEventListener("click", () => leave("mask", (parts) => makeFile("mask", parts)));
  byId("cutout").addEventListener("click", () =>
    leave("cut-out", (parts, of) => {
      const rgba = pixelsOf(of);
      return makeFile("cutOut", { ...parts, rgba }, [rgba.buffer]);
    }));

  const selection: Selection = {
    attach(next) {
      cutting = next;
      selected.clear();
      byId("chip").hidden = true;
      show();
    },
    act({ label, kind }) {
      if (!cutting) return;
      if (kind === "split") splitOne(label);
      else if (kind !== "merge") select(label, kind === "add" || several.checked);
      else if (selected.size === 0 || (selected.size === 1 && selected.has(label))) {
        select(label, false);
        selected.add(label);
        stage.marks();
        show();
        toast("Now the region to merge it with: Shift-click it, or walk there and press M.");
      } else mergeAll([...selected, label]);
    },
    describe,
    show,
    merge: () => cutting && mergeAll([...selected]),
    split: () => {
      if (selected.size === 1) splitOne([...selected][0]!);
      else if (cutting) toast("Select one region to split.");
    },
    clear() {
      selected.clear();
      stage.marks();
      show();
    },
  };
  byId("merge").addEventListener("click", selection.merge);
  byId("split").addEventListener("click", selection.split);
  byId("clear").addEventListener("click", selection.clear);
  return selection;
}
