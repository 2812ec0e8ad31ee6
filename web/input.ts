/** Files, drops, pastes, the tools over the picture, and keys. */
import { openKeys } from "./chrome.ts";
import { recall, remember } from "./memory.ts";
import type { Selection } from "./selection.ts";
import type { ScaleControl } from "./view/scale.ts";
import { byId, type Stage, type View, VIEWS } from "./view/stage.ts";

/** What input leads to. */
export interface Commands {
  readonly stage: Stage;
  readonly scale: ScaleControl;
  readonly selection: Selection;
  readonly setView: (view: View) => void;
  readonly take: (file: File, name: string) => void;
  readonly segment: () => void;
  /** Ends what is running or, where nothing is, clears the selection. */
  readonly cancel: () => void;
  readonly reset: () => void;
}

/** Listens from now on. */
export function listen(commands: Commands): void {
  const { stage, scale, selection, setView, take, segment, cancel, reset } = commands;
  const file = byId<HTMLInputElement>("file");
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen) take(chosen, chosen.name);
    file.value = "";
  });
  addEventListener("paste", (event) => {
    const pasted = [...event.clipboardData?.files ?? []].find(({ type }) => type.startsWith("image/"));
    if (pasted) take(pasted, pasted.name);
  });
  let depth = 0; // dragenter and dragleave come for every element on the way
  const dragging = (change: number) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dragging", depth > 0);
  };
  addEventListener("dragenter", (event) => {
    if (event.dataTransfer?.types.includes("Files")) dragging(1);
  });
  addEventListener("dragleave", () => dragging(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    dragging(-depth);
    const dropped = event.dataTransfer?.files[0];
    if (dropped) take(dropped, dropped.name);
  });
  byId("cancel").addEventListener("click", cancel);
  byId("again").addEventListener("click", segment);
  byId("reset").addEventListener("click", reset);
  const lines = byId<HTMLInputElement>("lines"), compare = byId<HTMLInputElement>("compare");
  const opacity = byId<HTMLInputElement>("opacity");
  const look = () => {
    stage.lines = lines.checked;
    stage.compare = compare.checked;
    stage.opacity = Number(opacity.value) / 100;
    stage.update();
  };
  for (const input of [lines, compare, opacity]) input.addEventListener("input", look);
  const toggle = (input: HTMLInputElement) => {
    input.checked = !input.checked;
    look();
  };
  const everywhere = singleKeys();
  addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("dialog, select, input[type=number], input[type=text]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
      event.preventDefault();
      return key === "y" || event.shiftKey ? scale.redo() : scale.undo();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key.length === 1 && !everywhere.checked && !target.closest("#layers")) return;
    const view = VIEWS[Number(key) - 1]?.[0];
    if (view) setView(view);
    else if (key === "?") openKeys();
    else if (key === "z") stage.zoom.by(event.shiftKey ? 1 / 1.6 : 1.6);
    else if (key === "0") stage.zoom.reset();
    else if (key === "+" || key === "=") scale.step(1);
    else if (key === "-") scale.step(-1);
    else if (key === "a") scale.own();
    else if (key === "l") toggle(lines);
    else if (key === "c") toggle(compare);
    else if (key === "o") file.click();
    else if (key === "m") selection.merge();
    else if (key === "s") selection.split();
    else if (key === "Escape") cancel();
    else return;
    event.preventDefault();
  });
}

/** Whether single keys work everywhere, or on the picture alone (WCAG 2.2, 2.1.4): speech input types words. */
function singleKeys(): HTMLInputElement {
  const everywhere = byId<HTMLInputElement>("keys-everywhere");
  everywhere.checked = recall("single keys") !== "picture";
  everywhere.addEventListener("change", () => {
    remember("single keys", everywhere.checked ? "everywhere" : "picture");
  });
  return everywhere;
}
