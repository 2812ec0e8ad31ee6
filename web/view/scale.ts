/** How many regions: the number, the slider under its skyline, undo and redo. */
import type { Cutting } from "../model/cutting.ts";
import { drawSkyline, MOST_REGIONS } from "./skyline.ts";
import { byId } from "./stage.ts";

/** What the control tells. */
export interface ScaleEvents {
  /** The cut changed. */
  readonly onCut: () => void;
}

/** The control. */
export class ScaleControl {
  #cutting: Cutting | undefined;
  #own = 0;
  #dragging = false;
  readonly #events: ScaleEvents;
  readonly #slider = byId<HTMLInputElement>("regions");
  readonly #skyline = byId<HTMLCanvasElement>("skyline");

  constructor(events: ScaleEvents) {
    this.#events = events;
    const slider = this.#slider;
    slider.addEventListener("input", () => {
      if (!this.#cutting) return;
      if (!this.#dragging) {
        this.#dragging = true;
        this.#cutting.mark();
      }
      this.#cutting.cut(Number(slider.value), false);
      this.#events.onCut();
    });
    // the end of a drag, or of a key that was held
    slider.addEventListener("change", () => {
      if (!this.#dragging) return;
      this.#dragging = false;
      this.#cutting?.settle();
      this.show();
    });
    byId("undo").addEventListener("click", () => this.undo());
    byId("redo").addEventListener("click", () => this.redo());
    byId("own").addEventListener("click", () => this.own());
    byId("unpin").addEventListener("click", () => {
      this.#cutting?.unpin();
      this.#events.onCut();
    });
    new ResizeObserver(() => this.show()).observe(this.#skyline);
  }

  /** Works on another cutting from now on, or on none. @param own How many regions the picture itself suggests. */
  attach(cutting: Cutting | undefined, own = 0): void {
    this.#cutting = cutting;
    this.#own = own;
    this.#dragging = false;
    this.show();
  }

  /** Cuts into so many regions. */
  cut(regions: number): void {
    if (!this.#cutting?.tree) return;
    this.#cutting.cut(regions);
    this.#events.onCut();
  }

  /** More regions or fewer. */
  step(change: number): void {
    if (this.#cutting) this.cut(Math.max(1, Math.min(MOST_REGIONS, this.#cutting.regions + change)));
  }

  /** The number that the picture itself suggests. */
  own(): void {
    if (this.#own > 0) this.cut(Math.min(this.#own, MOST_REGIONS));
  }

  undo(): void {
    if (!this.#cutting?.canUndo) return;
    this.#cutting.undo();
    this.#events.onCut();
  }

  redo(): void {
    if (!this.#cutting?.canRedo) return;
    this.#cutting.redo();
    this.#events.onCut();
  }

  /** Shows how things are. */
  show(): void {
    const cutting = this.#cutting, slider = this.#slider;
    const count = cutting?.count ?? 0;
    byId("count").textContent = cutting ? String(count) : "–";
    byId("count-word").textContent = count === 1 ? "region" : "regions";
    slider.disabled = !cutting?.tree;
    const hasOne = cutting !== undefined && !cutting.tree; // nothing to slide over
    byId("track").hidden = byId("own").hidden = hasOne;
    byId("one-scale").hidden = !hasOne;
    slider.max = String(MOST_REGIONS);
    if (cutting?.tree) slider.value = String(Math.min(MOST_REGIONS, cutting.regions));
    slider.setAttribute(
      "aria-valuetext",
      cutting ? `${count} regions${cutting.edited ? ", edited" : ""}` : "none",
    );
    byId<HTMLButtonElement>("undo").disabled = !cutting?.canUndo;
    byId<HTMLButtonElement>("redo").disabled = !cutting?.canRedo;
    byId("unpin").hidden = !cutting?.edited;
    const own = byId<HTMLButtonElement>("own");
    own.disabled = !cutting?.tree || this.#own < 1;
    own.textContent = cutting?.tree ? `Auto: ${this.#own}` : "Auto";
    drawSkyline(this.#skyline, cutting?.tree, cutting?.regions ?? 0, this.#own);
  }
}
