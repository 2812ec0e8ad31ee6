/**
 * The picture on its mat: the photo, the cut over it, marks on top, each a canvas of its own so that only what changed is
 * painted. Turns pointer and keys into regions; what is done with them is the page's business.
 */
import type { CutRegion, Cutting } from "../model/cutting.ts";
import { type Fill, Painter } from "./painter.ts";
import { Zoom } from "./zoom.ts";

/** Ways to look at a cut. */
export const VIEWS = [
  ["boundaries", "Boundaries"],
  ["mean", "Colours"],
  ["labels", "Labels"],
  ["contours", "Contours"],
  ["smoothed", "Smooth"],
] as const;

/** One of them. */
export type View = (typeof VIEWS)[number][0];

/** More screen pixels than this are not painted: the browser scales what is beyond. */
const MOST_PIXELS = 1_600_000;

/** Room for the slider and the mat's edge under the picture, in rem. */
const SLIDER_HEIGHT = 10.5;

/** What a person did to a region. */
export interface RegionAction {
  readonly label: number;
  readonly kind: "select" | "add" | "merge" | "split";
}

/** What the stage tells. */
export interface StageEvents {
  readonly onAction: (action: RegionAction) => void;
  /** The region under the pointer or the keyboard's cursor; -1 for none. */
  readonly onHover: (label: number) => void;
}

/** The stage. */
export class Stage {
  view: View = "boundaries";
  lines = true;
  compare = false;
  /** 0 to 1. */
  opacity = 1;
  /** 0 to 1 from the left. */
  divider = 0.5;
  smoothed: CanvasImageSource | undefined;
  readonly selected = new Set<number>();
  hovered = -1;
  #picture: HTMLCanvasElement | undefined;
  #cutting: Cutting | undefined;
  #regions: readonly CutRegion[] = [];
  #painter: Painter | undefined;
  readonly zoom: Zoom;
  #sharpening = 0;
  #frame = 0;
  #dirty = { fill: true, ink: true, mark: true };
  readonly #buffers = new Map<HTMLCanvasElement, ImageData>();
  readonly #events: StageEvents;
  readonly #stage = byId("stage");
  readonly #mat = byId("mat");
  readonly #layers = byId("layers");
  readonly #photo = byId<HTMLCanvasElement>("photo");
  readonly #fill = byId<HTMLCanvasElement>("fill");
  readonly #ink = byId<HTMLCanvasElement>("ink");
  readonly #mark = byId<HTMLCanvasElement>("mark");
  readonly #cut = byId("cut");
  readonly #divider = byId<HTMLInputElement>("divider");
  readonly #dividerLine = byId("divider-line");

  constructor(events: StageEvents) {
    this.#events = events;
    this.zoom = new Zoom(this.#mat, this.#layers, () => this.#zoomed());
    this.#layers.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch") this.hover(this.#labelAt(event));
    });
    this.#layers.addEventListener("pointerleave", () => this.hover(-1));
    this.#layers.addEventListener("click", (event) => this.#click(event));
    this.#layers.addEventListener("keydown", (event) => this.#key(event));
    this.#divider.addEventListener("input", () => {
      this.divider = Number(this.#divider.value) / 1000;
      this.#showDivider();
    });
    const relayout = () => {
      this.#layout();
      this.zoom.settle();
    };
    new ResizeObserver(relayout).observe(this.#stage);
    addEventListener("resize", relayout);
    byId("zoom-in").addEventListener("click", () => this.zoom.by(1.6));
    byId("zoom-out").addEventListener("click", () => this.zoom.by(1 / 1.6));
    byId("zoom-reset").addEventListener("click", () => this.zoom.reset());
  }

  /** Puts a picture on the mat, without a cut. */
  show(picture: HTMLCanvasElement): void {
    this.#picture = picture;
    this.#cutting = undefined;
    this.#painter = undefined;
    this.#regions = [];
    this.selected.clear();
    this.hovered = -1;
    this.smoothed = undefined;
    this.zoom.reset();
    this.#layout();
  }

  /** Scrolls to the picture where little of it is seen: what chose it may be far below. */
  reveal(): void {
    const { top } = this.#stage.getBoundingClientRect();
    if (top < 0 || top > 0.6 * innerHeight) this.#stage.scrollIntoView();
  }

  /** Lays a cut over the picture. */
  lay(cutting: Cutting): void {
    this.#cutting = cutting;
    this.#painter = undefined;
    this.#layout();
    this.update();
  }

  /** To be called when the cut, the view or the selection changed; paints with the next frame. */
  update(): void {
    if (this.#cutting) this.#regions = this.#cutting.describe();
    this.#dirty = { fill: true, ink: true, mark: true };
    this.#schedule();
  }

  /** The regions of the cut that is shown. */
  get regions(): readonly CutRegion[] {
    return this.#regions;
  }

  /** Marks a region as the one pointed at. */
  hover(label: number): void {
    if (label === this.hovered) return;
    this.hovered = label;
    this.marks();
    this.#events.onHover(label);
  }

  /** To be called when only the selection changed. */
  marks(): void {
    this.#dirty.mark = true;
    this.#schedule();
  }

  #schedule(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  /** The mat takes the picture's shape, as large as fits. */
  #layout(): void {
    const picture = this.#picture;
    if (!picture) return;
    const style = getComputedStyle(this.#stage);
    const room = this.#stage.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    // at the top of the page the picture and its slider are seen together
    const above = this.#stage.getBoundingClientRect().top + scrollY;
    // where that leaves too little, as on phones, the page scrolls
    const least = innerWidth <= 960 ? 0.62 * innerHeight : 280;
    const tall = Math.max(least, innerHeight - above - SLIDER_HEIGHT * rem());
    // small pictures are shown larger, up to twice their size, tiny ones on half of the mat
    const fit = Math.min(room / picture.width, tall / picture.height);
    const scale = Math.min(fit, Math.max(2, fit / 2));
    const width = Math.max(1, Math.round(picture.width * scale));
    const height = Math.max(1, Math.round(picture.height * scale));
    this.#mat.style.width = `${width}px`;
    this.#mat.style.height = `${height}px`;
    const ratio = devicePixelRatio || 1;
    const shrink = Math.min(
      1,
      width * ratio * this.zoom.scale / picture.width,
      Math.sqrt(MOST_PIXELS / (picture.width * picture.height)),
    );
    const w = Math.max(1, Math.round(picture.width * shrink));
    const h = Math.max(1, Math.round(picture.height * shrink));
    const cutting = this.#cutting;
    if (this.#photo.width !== w || this.#photo.height !== h || this.#photo.dataset.of !== idOf(picture)) {
      this.#photo.dataset.of = idOf(picture);
      for (const canvas of [this.#photo, this.#fill, this.#ink, this.#mark]) {
        canvas.width = w;
        canvas.height = h;
      }
      this.#buffers.clear();
      this.#painter = undefined;
      const context = this.#photo.getContext("2d")!;
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, 0, 0, w, h);
    }
    if (cutting && !this.#painter) {
      this.#painter = new Painter(cutting, w, h, w / width > 1.4);
      this.#dirty = { fill: true, ink: true, mark: true };
      this.#schedule();
    }
    this.#showDivider();
  }

  /** What is enlarged is painted anew with more pixels once the movement rests, as far as there are more. */
  #zoomed(): void {
    const { scale } = this.zoom;
    byId("zoom-reset").textContent = `${scale < 10 ? scale.toFixed(1) : scale.toFixed(0)}×`;
    for (const id of ["zoom-out", "zoom-reset"]) {
      const button = byId<HTMLButtonElement>(id);
      if (scale === 1 && document.activeElement === button) byId("zoom-in").focus();
      button.disabled = scale === 1;
    }
    this.#layers.classList.toggle("near", scale * this.#mat.clientWidth > 3 * this.#photo.width);
    this.#showDivider();
    clearTimeout(this.#sharpening);
    this.#sharpening = setTimeout(() => this.#layout(), 200);
  }

  #paint(): void {
    const painter = this.#painter;
    const { view, lines, opacity } = this;
    this.#cut.hidden = !painter;
    if (!painter) {
      this.#mark.getContext("2d")!.clearRect(0, 0, this.#mark.width, this.#mark.height);
      return;
    }
    this.#showDivider();
    this.#fill.style.opacity = String(opacity);
    this.#ink.style.opacity = view === "boundaries" ? String(opacity) : "1";
    this.#fill.hidden = view === "boundaries";
    this.#ink.hidden = !lines || view === "contours";
    if (this.#dirty.fill && view === "smoothed") {
      const context = this.#fill.getContext("2d")!;
      if (this.smoothed) context.drawImage(this.smoothed, 0, 0, painter.width, painter.height);
      else context.clearRect(0, 0, painter.width, painter.height);
    } else if (this.#dirty.fill && view !== "boundaries") {
      this.#put(this.#fill, (out) => painter.fill(out, view as Fill, this.#regions));
    }
    if (this.#dirty.ink && !this.#ink.hidden) this.#put(this.#ink, (out) => painter.lines(out));
    if (this.#dirty.mark) this.#put(this.#mark, (out) => painter.marks(out, this.hovered, this.selected));
    this.#dirty = { fill: false, ink: this.#dirty.ink && this.#ink.hidden, mark: false };
  }

  #put(canvas: HTMLCanvasElement, paint: (out: Uint32Array) => void): void {
    const context = canvas.getContext("2d")!;
    let image = this.#buffers.get(canvas);
    if (!image) this.#buffers.set(canvas, image = context.createImageData(canvas.width, canvas.height));
    paint(new Uint32Array(image.data.buffer));
    context.putImageData(image, 0, 0);
  }

  #showDivider(): void {
    const shown = this.compare && this.#painter !== undefined;
    this.#divider.hidden = this.#dividerLine.hidden = !shown;
    const percent = 100 * this.divider;
    this.#dividerLine.style.left = `${percent}%`;
    // the divider stays where it is on the mat while the picture moves below it
    const { x, scale } = this.zoom;
    this.#cut.style.clipPath = shown ? `inset(0 0 0 calc((${percent}% - ${x}px) / ${scale}))` : "";
    this.#divider.setAttribute("aria-valuetext", `${Math.round(percent)} % from the left`);
  }

  #labelAt(event: MouseEvent): number {
    const cutting = this.#cutting, painter = this.#painter;
    if (!cutting || !painter) return -1;
    const box = this.#layers.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) / box.width * painter.width);
    const y = Math.floor((event.clientY - box.top) / box.height * painter.height);
    if (x < 0 || y < 0 || x >= painter.width || y >= painter.height) return -1;
    return cutting.labels[painter.superpixelAt(x, y)]!;
  }

  #click(event: MouseEvent): void {
    const label = this.#labelAt(event);
    if (label < 0) return;
    const kind = event.altKey
      ? "split"
      : event.shiftKey
      ? "merge"
      : event.ctrlKey || event.metaKey
      ? "add"
      : "select";
    this.#events.onAction({ label, kind });
  }

  #key(event: KeyboardEvent): void {
    if (!this.#cutting || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (direction) {
      this.hover(this.#walk(direction[0]!, direction[1]!));
    } else if ((event.key === "Enter" || event.key === " ") && this.hovered >= 0) {
      this.#events.onAction({ label: this.hovered, kind: event.shiftKey ? "add" : "select" });
    } else if ((event.key === "m" || event.key === "M") && this.hovered >= 0) {
      this.#events.onAction({ label: this.hovered, kind: "merge" });
    } else if ((event.key === "s" || event.key === "S") && this.hovered >= 0) {
      this.#events.onAction({ label: this.hovered, kind: "split" });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The next region in a direction, from the one the keyboard is on: a neighbour, if one lies there. */
  #walk(dx: number, dy: number): number {
    const from = this.#regions[this.hovered] ?? this.#regions[[...this.selected][0] ?? -1];
    if (!from) return largest(this.#regions);
    const touching = new Set(this.#cutting!.neighborsOf(from.label));
    return nearest(from, this.#regions.filter(({ label }) => touching.has(label)), dx, dy) ??
      nearest(from, this.#regions, dx, dy) ?? from.label;
  }
}

/** The label of the region that lies nearest in a direction, if any does. */
function nearest(from: CutRegion, among: readonly CutRegion[], dx: number, dy: number): number | undefined {
  let best: number | undefined, least = Infinity;
  for (const region of among) {
    const x = region.center[0] - from.center[0], y = region.center[1] - from.center[1];
    const along = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
    // within 60 degrees of the direction; what lies aside counts double
    if (region === from || along <= 0 || aside > 1.75 * along) continue;
    const distance = along + 2 * aside;
    if (distance < least) [best, least] = [region.label, distance];
  }
  return best;
}

let pictures = 0;
function idOf(picture: HTMLCanvasElement): string {
  return picture.dataset.id ??= String(++pictures);
}

function largest(regions: readonly CutRegion[]): number {
  return regions.reduce((best, region) => region.area > (regions[best]?.area ?? 0) ? region.label : best, -1);
}

/** One rem in pixels: the page grows with the screen and with the reader's own size of letters. */
export function rem(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** An element of the page by its id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}
