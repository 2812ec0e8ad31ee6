/**
 * A picture's segmentation while somebody plays with it: how many regions the hierarchy is cut into, and what was merged
 * and split by hand. The same class holds what the server sent and what was computed in the page.
 *
 * What is made by hand is pinned: its superpixels stay together, and apart from all others, however the slider moves;
 * the rest follows the hierarchy. Where pins leave a region in pieces, each piece is a region of its own, so that regions
 * are connected, always.
 */
import type { MergeTree } from "./merge_tree.ts";
import type { SuperpixelMap } from "./superpixel_map.ts";

/** One region of the current cut. */
export interface CutRegion {
  /** Its number in the label map. */
  readonly label: number;
  /** Pixels. */
  readonly area: number;
  /** Left, top, width, height in pixels. */
  readonly box: readonly [number, number, number, number];
  /** Mean position in pixels. */
  readonly center: readonly [number, number];
  /** Mean sRGB, 0 to 255. */
  readonly color: readonly [number, number, number];
  /** Superpixels in it. */
  readonly superpixels: number;
  /** True if it was made by hand. */
  readonly pinned: boolean;
}

/** Something that can be undone. */
interface State {
  /** Where the hierarchy is cut. */
  readonly regions: number;
  /** (M) the pin of each superpixel, -1 for none; undefined when nothing is pinned. */
  readonly pins?: Int32Array;
  /** What was done by hand to get here, as `edits` has it. */
  readonly log?: readonly string[];
}

/** Pins may have any number; colours for them begin here, beyond what the slider uses. */
const PIN_COLORS = 200;

/** An editable segmentation. */
export class Cutting {
  readonly map: SuperpixelMap;
  /** Absent for methods that make no hierarchy: then superpixels are the method's regions. */
  readonly tree: MergeTree | undefined;
  #state: State;
  #past: State[] = [];
  #future: State[] = [];
  #labels!: Int32Array;
  #count = 0;
  #colors!: Int32Array;
  readonly #colorNumbers: Int32Array;
  #nextPin = 0;

  /** @param regions Where to cut first; without a tree it has no effect. */
  constructor(map: SuperpixelMap, tree: MergeTree | undefined, regions = 1) {
    this.map = map;
    this.tree = tree;
    this.#colorNumbers = tree
      ? tree.colorNumbers(map.areas)
      : Int32Array.from({ length: map.count }, (_, i) => i);
    this.#state = { regions: tree ? Math.min(Math.max(1, regions), map.count) : map.count };
    this.#update();
  }

  /** (M) region of each superpixel, 0 to `count - 1`, numbered in the order in which rows meet them. */
  get labels(): Int32Array {
    return this.#labels;
  }

  /** How many regions there are. */
  get count(): number {
    return this.#count;
  }

  /** (count) a number from which to take each region's colour: it stays while the region does. */
  get colors(): Int32Array {
    return this.#colors;
  }

  /** How many regions the hierarchy is cut into, whatever was pinned. */
  get regions(): number {
    return this.#state.regions;
  }

  /** Whether anything was merged or split by hand. */
  get edited(): boolean {
    return this.#state.pins !== undefined;
  }

  /**
   * What was done by hand, as text for an address: each step the number of regions that the hierarchy was cut into, m or
   * s, and superpixels of the regions that were merged or of the one that was split, as in `24m12.507_30s8`.
   */
  get edits(): string {
    return this.#state.log?.join("_") ?? "";
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /**
   * Cuts elsewhere.
   *
   * @param regions From 1.
   * @param step False while a slider is being dragged: all of the drag is one step to undo.
   */
  cut(regions: number, step = true): void {
    if (!this.tree) return;
    const wanted = Math.min(Math.max(1, Math.round(regions)), this.map.count);
    if (wanted === this.#state.regions) return;
    this.#go({ ...this.#state, regions: wanted }, step);
  }

  /** Begins a drag: the state to which undo returns. */
  mark(): void {
    this.#past.push(this.#state);
    this.#future = [];
  }

  /** Ends a drag; one that changed nothing is no step. */
  settle(): void {
    if (this.#past.at(-1) === this.#state) this.#past.pop();
  }

  /** Region at a pixel of the full picture. */
  at(x: number, y: number): number {
    return this.#labels[this.map.pixels[y * this.map.width + x]!]!;
  }

  /** Whether two regions share an edge. */
  touch(a: number, b: number): boolean {
    return this.neighborsOf(a).includes(b);
  }

  /** Regions that share an edge with this one, ascending. */
  neighborsOf(label: number): number[] {
    const { offsets, neighbors } = this.map;
    const found = new Set<number>();
    for (let s = 0; s < this.#labels.length; s++) {
      if (this.#labels[s] !== label) continue;
      for (let i = offsets[s]!; i < offsets[s + 1]!; i++) found.add(this.#labels[neighbors[i]!]!);
    }
    found.delete(label);
    return [...found].sort((a, b) => a - b);
  }

  /**
   * Makes one region of several.
   *
   * @returns Its label.
   * @throws {RangeError} If they are not in one piece: the message is for people.
   */
  merge(labels: readonly number[]): number {
    const wanted = new Set(labels);
    if (wanted.size < 2) throw new RangeError("Choose two regions or more to merge.");
    const reached = new Set([labels[0]!]);
    for (const label of reached) {
      for (const other of this.neighborsOf(label)) if (wanted.has(other)) reached.add(other);
    }
    if (reached.size < wanted.size) {
      throw new RangeError(
        "These regions do not touch. A region is one piece: choose the ones between them, too.",
      );
    }
    const pins = this.#copyPins();
    const pin = this.#nextPin++;
    const members = [...wanted].map((label) => this.#labels.indexOf(label));
    for (let s = 0; s < pins.length; s++) if (wanted.has(this.#labels[s]!)) pins[s] = pin;
    this.#go({ ...this.#state, pins, log: this.#logged("m", members) });
    return this.#labels[members[0]!]!;
  }

  /**
   * Splits a region where the hierarchy joined it last; without one, into what it was merged from.
   *
   * @returns The labels of its parts.
   * @throws {RangeError} If it cannot be split: the message is for people.
   */
  split(label: number): number[] {
    const members: number[] = [];
    for (let s = 0; s < this.#labels.length; s++) if (this.#labels[s] === label) members.push(s);
    if (members.length < 2) {
      throw new RangeError("This region is a single superpixel: it has no parts to split into.");
    }
    const sides = this.tree?.split(members);
    const pins = this.#copyPins();
    const first = this.#nextPin;
    members.forEach((s, i) => pins[s] = first + (sides ? Number(sides[i]) : i));
    this.#nextPin += sides ? 2 : members.length;
    this.#go({ ...this.#state, pins, log: this.#logged("s", members.slice(0, 1)) });
    return [...new Set(members.map((s) => this.#labels[s]!))].sort((a, b) => a - b);
  }

  /**
   * Does again what `edits` said. Stops at what cannot be done: an address may say anything.
   *
   * @returns Whether all of it was done.
   */
  replay(edits: string): boolean {
    const { regions } = this;
    let complete = true;
    for (const edit of edits.split("_")) {
      const [, at, kind, list] = /^(\d{1,6})([ms])(\d{1,6}(?:\.\d{1,6})*)$/.exec(edit) ?? [];
      const members = list?.split(".").map(Number) ?? [];
      if (!kind || members.some((s) => s >= this.map.count)) {
        complete = false;
        break;
      }
      this.cut(Number(at));
      try {
        const labels = members.map((s) => this.#labels[s]!);
        if (kind === "m") this.merge(labels);
        else this.split(labels[0]!);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        complete = false;
        break;
      }
    }
    this.cut(regions);
    return complete;
  }

  /** Takes the last step back. */
  undo(): void {
    const state = this.#past.pop();
    if (!state) return;
    this.#future.push(this.#state);
    this.#state = state;
    this.#update();
  }

  /** Takes it again. */
  redo(): void {
    const state = this.#future.pop();
    if (!state) return;
    this.#past.push(this.#state);
    this.#state = state;
    this.#update();
  }

  /** Undoes all that was made by hand, as one step. */
  unpin(): void {
    if (this.edited) this.#go({ regions: this.#state.regions });
  }

  /** Everything about every region, in the order of labels. */
  describe(): CutRegion[] {
    const { areas, colors, positions, boxes } = this.map;
    const fields = 10; // area, r, g, b, x, y, left, top, right, bottom
    const sums = new Float64Array(fields * this.#count);
    const members = new Int32Array(this.#count), pinned = new Uint8Array(this.#count);
    for (let r = 0; r < this.#count; r++) sums.fill(Infinity, fields * r + 6, fields * r + 8);
    for (let s = 0; s < this.#labels.length; s++) {
      const r = this.#labels[s]!, i = fields * r;
      members[r]!++;
      if (this.#state.pins && this.#state.pins[s]! >= 0) pinned[r] = 1;
      sums[i]! += areas[s]!;
      for (let c = 0; c < 3; c++) sums[i + 1 + c]! += colors[3 * s + c]!;
      sums[i + 4]! += positions[2 * s]!;
      sums[i + 5]! += positions[2 * s + 1]!;
      sums[i + 6] = Math.min(sums[i + 6]!, boxes[4 * s]!);
      sums[i + 7] = Math.min(sums[i + 7]!, boxes[4 * s + 1]!);
      sums[i + 8] = Math.max(sums[i + 8]!, boxes[4 * s + 2]!);
      sums[i + 9] = Math.max(sums[i + 9]!, boxes[4 * s + 3]!);
    }
    return Array.from({ length: this.#count }, (_, label) => {
      const [area, r, g, b, x, y, left, top, right, bottom] = sums.subarray(
        fields * label,
        fields * label + fields,
      ) as unknown as [number, number, number, number, number, number, number, number, number, number];
      return {
        label,
        area,
        box: [left, top, right - left + 1, bottom - top + 1],
        center: [x / area, y / area],
        color: [Math.round(r / area), Math.round(g / area), Math.round(b / area)],
        superpixels: members[label]!,
        pinned: pinned[label] === 1,
      };
    });
  }

  /** (H, W) the label map in full size, as the service would number it. */
  labelMap(): Int32Array {
    const { pixels } = this.map;
    const out = new Int32Array(pixels.length);
    for (let p = 0; p < out.length; p++) out[p] = this.#labels[pixels[p]!]!;
    return out;
  }

  #logged(kind: string, members: readonly number[]): readonly string[] {
    return [...this.#state.log ?? [], `${this.#state.regions}${kind}${members.join(".")}`];
  }

  #copyPins(): Int32Array {
    return this.#state.pins?.slice() ?? new Int32Array(this.map.count).fill(-1);
  }

  #go(state: State, step = true): void {
    if (step) {
      this.#past.push(this.#state);
      this.#future = [];
    }
    this.#state = state;
    this.#update();
  }

  #update(): void {
    const { map, tree } = this;
    const { pins, regions } = this.#state;
    const roots = tree ? tree.cut(regions) : Int32Array.from({ length: map.count }, (_, i) => i);
    const group = pins ? this.#pieces(roots, pins) : roots;
    const number = new Int32Array(2 * map.count).fill(-1);
    const labels = new Int32Array(map.count), colors: number[] = [];
    for (const s of map.order) {
      const g = group[s]!;
      if (number[g]! < 0) {
        number[g] = colors.length;
        const pin = pins?.[s] ?? -1;
        colors.push(pin < 0 ? this.#colorNumbers[roots[s]!]! : PIN_COLORS + pin);
      }
      labels[s] = number[g]!;
    }
    this.#labels = labels;
    this.#count = colors.length;
    this.#colors = Int32Array.from(colors);
  }

  /** Connected pieces of equal pin or, without one, of equal root; each piece goes by its first superpixel's number. */
  #pieces(roots: Int32Array, pins: Int32Array): Int32Array {
    const { count, offsets, neighbors } = this.map;
    const piece = new Int32Array(count).fill(-1);
    const stack: number[] = []; // each superpixel enters once
    for (let first = 0; first < count; first++) {
      if (piece[first]! >= 0) continue;
      piece[first] = first;
      stack.push(first);
      for (let s = stack.pop(); s !== undefined; s = stack.pop()) {
        for (let i = offsets[s]!; i < offsets[s + 1]!; i++) {
          const t = neighbors[i]!;
          if (piece[t]! >= 0 || pins[t] !== pins[s] || (pins[s]! < 0 && roots[t] !== roots[s])) continue;
          piece[t] = first;
          stack.push(t);
        }
      }
    }
    return piece;
  }
}
