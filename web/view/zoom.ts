/**
 * A closer look: Ctrl and the wheel, two fingers, or the buttons; a drag moves what is seen. The picture is moved and
 * scaled as a whole by the browser, so that pointers still find their regions by where the picture is on the screen.
 */

/** Most that a picture is enlarged. */
const MOST = 16;
/** A pointer that moved less was a click, in pixels. */
const SLOP = 5;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the picture lies on its mat. */
export class Zoom {
  /** From 1. */
  scale = 1;
  /** Left edge of the picture, from the mat's, in pixels; at most 0. */
  x = 0;
  #y = 0;
  readonly #mat: HTMLElement;
  readonly #layers: HTMLElement;
  readonly #onChange: () => void;
  readonly #pointers = new Map<number, Point>();
  #moved = 0;

  /** @param layers What is moved, within `mat`. */
  constructor(mat: HTMLElement, layers: HTMLElement, onChange: () => void) {
    this.#mat = mat;
    this.#layers = layers;
    this.#onChange = onChange;
    mat.addEventListener("wheel", (event) => {
      // without Ctrl the wheel is the page's; a pinch on a touchpad comes as a wheel with Ctrl
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      this.by(Math.exp(-0.01 * Math.max(-60, Math.min(60, event.deltaY * lines))), this.#local(event));
    }, { passive: false });
    layers.addEventListener("pointerdown", (event) => {
      if (this.#pointers.size === 0) this.#moved = 0;
      this.#pointers.set(event.pointerId, this.#local(event));
    });
    addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"] as const) {
      addEventListener(type, (event) => this.#pointers.delete(event.pointerId));
    }
    // the end of a drag is no click
    mat.addEventListener("click", (event) => {
      if (this.#moved > SLOP) event.stopPropagation();
    }, { capture: true });
  }

  /** Enlarges by a factor, around a point of the mat. @default its middle */
  by(factor: number, at: Point = { x: this.#mat.clientWidth / 2, y: this.#mat.clientHeight / 2 }): void {
    const scale = Math.max(1, Math.min(MOST, this.scale * factor));
    const change = scale / this.scale;
    this.scale = scale;
    this.#place(at.x - (at.x - this.x) * change, at.y - (at.y - this.#y) * change);
  }

  /** Shows all of the picture again. */
  reset(): void {
    this.scale = 1;
    this.#place(0, 0);
  }

  /** To be called when the mat's size changed. */
  settle(): void {
    this.#place(this.x, this.#y);
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#local(event);
    this.#pointers.set(event.pointerId, now);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (!other && this.scale === 1) return;
    this.#moved += Math.hypot(now.x - before.x, now.y - before.y);
    if (other) {
      const apart = Math.hypot(now.x - other.x, now.y - other.y);
      const wasApart = Math.hypot(before.x - other.x, before.y - other.y);
      if (wasApart > 0) this.by(apart / wasApart, { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      this.#place(this.x + (now.x - before.x) / 2, this.#y + (now.y - before.y) / 2);
    } else if (this.#moved > SLOP) {
      this.#place(this.x + now.x - before.x, this.#y + now.y - before.y);
    }
  }

  /** Moves the picture, never so far that the mat shows. */
  #place(x: number, y: number): void {
    const { clientWidth, clientHeight } = this.#mat;
    this.x = Math.min(0, Math.max(clientWidth * (1 - this.scale), x));
    this.#y = Math.min(0, Math.max(clientHeight * (1 - this.scale), y));
    const { style } = this.#layers;
    style.transform = this.scale === 1 ? "" : `translate(${this.x}px, ${this.#y}px) scale(${this.scale})`;
    style.touchAction = this.scale === 1 ? "" : "none";
    this.#onChange();
  }

  #local(event: MouseEvent): Point {
    const box = this.#mat.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}
