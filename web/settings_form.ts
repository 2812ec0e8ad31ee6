/**
 * The settings that matter as sliders, in plain words. Ranges are those worth trying; the whole range stays open through
 * the address line, and every value is checked by the table that the service checks with.
 */
import { SEGMENT_OPTIONS } from "../lib/options.ts";
import { parseSettings } from "../lib/settings.ts";

/** Values by the names of `SEGMENT_OPTIONS`. */
export type Settings = Record<string, string | number>;

interface SliderRow {
  readonly name: "superpixels" | "partitions" | "lambda" | "train" | "alpha" | "beta" | "iterations";
  readonly title: string;
  readonly help: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Methods that it means something for. */
  readonly methods: readonly string[];
  readonly advanced?: boolean;
}

const METHODS: Readonly<Record<string, [title: string, help: string]>> = {
  dsc: [
    "DSC hierarchy",
    "Every number of regions at once. The slider under the picture works with this one.",
  ],
  "flat-dsc": ["Flat DSC", "The paper’s own cut: superpixels into a few groups, by gradient descent."],
  slic: ["SLIC superpixels", "Even tiles that follow edges. No regions, only the tiles."],
  felzenszwalb: ["Felzenszwalb", "Pieces that follow content: large where the picture is smooth."],
  "mean-shift": ["Mean shift", "Pieces of like colour and place. The slowest of the five."],
};

const ROWS: readonly SliderRow[] = [
  {
    name: "partitions",
    title: "Groups",
    help: "How many groups the cut may use. More gives finer regions.",
    min: 2,
    max: 32,
    step: 1,
    methods: ["flat-dsc"],
  },
  {
    name: "superpixels",
    title: "Tiles to begin with",
    help: "More follow finer detail and take longer.",
    min: 50,
    max: 2000,
    step: 50,
    methods: ["flat-dsc", "slic", "felzenszwalb", "mean-shift"],
  },
  {
    name: "train",
    title: "Study this picture first",
    help: "Steps in which the network adapts to this one picture, about 0.1 s each. 0 uses what it knows.",
    min: 0,
    max: 100,
    step: 5,
    methods: ["dsc", "flat-dsc", "slic", "felzenszwalb", "mean-shift"],
    advanced: true,
  },
  {
    name: "lambda",
    title: "Smoothing while it studies",
    help: "More flattens more texture. Matters only when it studies the picture.",
    min: 0,
    max: 8,
    step: 0.5,
    methods: ["dsc", "flat-dsc", "slic", "felzenszwalb", "mean-shift"],
    advanced: true,
  },
  {
    name: "iterations",
    title: "Steps of the cut",
    help: "More settles further; 128 is usually enough.",
    min: 0,
    max: 512,
    step: 16,
    methods: ["flat-dsc"],
    advanced: true,
  },
  {
    name: "beta",
    title: "Cut between unlike tiles",
    help: "More insists on cutting where tiles differ.",
    min: 0,
    max: 5,
    step: 0.1,
    methods: ["flat-dsc"],
    advanced: true,
  },
  {
    name: "alpha",
    title: "Early commitment",
    help: "More holds on to the groups found first.",
    min: 0,
    max: 1,
    step: 0.01,
    methods: ["flat-dsc"],
    advanced: true,
  },
];

/** The form. */
export class SettingsForm {
  readonly #form: HTMLFormElement;
  readonly #values: Settings = {};
  readonly #onChange: () => void;

  constructor(form: HTMLFormElement, onChange: () => void) {
    this.#form = form;
    this.#onChange = onChange;
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#render();
  }

  /** Values that differ from the defaults and mean something for the method. */
  get changed(): Settings {
    const changed: Settings = {};
    for (const [name, value] of Object.entries(this.#values)) {
      const row = ROWS.find((row) => row.name === name);
      if (row && !row.methods.includes(this.method)) continue;
      if (value !== SEGMENT_OPTIONS[name as keyof typeof SEGMENT_OPTIONS].default) changed[name] = value;
    }
    return changed;
  }

  get method(): string {
    return String(this.#values.method ?? SEGMENT_OPTIONS.method.default);
  }

  /** Takes values, from an address or a result; what is wrong or not known is left at its default. */
  set(values: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(this.#values)) delete this.#values[name];
    for (const [name, value] of Object.entries(values)) {
      if (!(name in SEGMENT_OPTIONS) || name === "regions") continue;
      try {
        const settings: Settings = parseSettings({ [name]: value });
        this.#values[name] = settings[name]!;
      } catch {
        // an address typed by hand may say anything
      }
    }
    this.#render();
  }

  #set(name: string, value: string | number): void {
    this.#values[name] = value;
    this.#onChange();
  }

  #render(): void {
    const open = this.#form.querySelector("details")?.open ?? false;
    const { method } = this;
    const rows = ROWS.filter(({ methods }) => methods.includes(method));
    const more = element("details", { className: "more", open });
    const inner = element("div");
    inner.append(...rows.filter(({ advanced }) => advanced).map((row) => this.#slider(row)), this.#seed());
    more.append(element("summary", { textContent: "More settings" }), inner);
    this.#form.replaceChildren(
      this.#method(),
      ...rows.filter(({ advanced }) => !advanced).map((row) => this.#slider(row)),
      more,
    );
  }

  #method(): HTMLElement {
    const setting = element("div", { className: "setting" });
    const select = element("select", { id: "method" });
    for (const [value, [title]] of Object.entries(METHODS)) {
      select.append(element("option", { value, textContent: title, selected: value === this.method }));
    }
    select.addEventListener("change", () => {
      this.#set("method", select.value);
      this.#render();
      this.#form.querySelector<HTMLElement>("#method")?.focus();
    });
    const label = element("label", { className: "name", htmlFor: "method", textContent: "Method" });
    const help = element("small", { id: "method-help", textContent: METHODS[this.method]?.[1] ?? "" });
    select.setAttribute("aria-describedby", help.id);
    setting.append(label, select, help);
    return setting;
  }

  #slider({ name, title, help, min, max, step }: SliderRow): HTMLElement {
    const standard = SEGMENT_OPTIONS[name].default;
    const value = Number(this.#values[name] ?? standard);
    const setting = element("div", { className: "setting" });
    const label = element("label", { className: "name", htmlFor: `set-${name}`, textContent: title });
    const output = element("output", { textContent: String(value) });
    const input = element("input", { id: `set-${name}`, type: "range" });
    // a value from the address may lie beyond what is worth trying; the grid must hold it and the default
    Object.assign(input, { min: Math.min(min, value), max: Math.max(max, value), step: step });
    if ((value - min) % step !== 0) input.step = "any";
    input.value = String(value);
    const note = element("small", { id: `help-${name}`, textContent: help });
    input.setAttribute("aria-describedby", note.id);
    const show = () => {
      const number = Number(Number(input.value).toFixed(2));
      output.textContent = number === standard ? `${number}` : `${number} (usually ${standard})`;
      setting.classList.toggle("changed", number !== standard);
      return number;
    };
    show();
    input.addEventListener("input", () => this.#set(name, show()));
    label.append(output);
    setting.append(label, input, note);
    return setting;
  }

  #seed(): HTMLElement {
    const setting = element("div", { className: "setting" });
    const label = element("label", { className: "name", htmlFor: "set-seed", textContent: "Seed" });
    const line = element("div", { className: "line" });
    const input = element("input", {
      id: "set-seed",
      type: "number",
      min: "0",
      max: "4294967295",
      step: "1",
    });
    input.value = String(this.#values.seed ?? 0);
    input.setAttribute("aria-describedby", "help-seed");
    const dice = element("button", { type: "button", textContent: "Roll" });
    const help = element("small", {
      id: "help-seed",
      textContent: "The random start. Same picture, settings and seed: the same regions, always.",
    });
    input.addEventListener("change", () => {
      const { max } = SEGMENT_OPTIONS.seed;
      const number = Math.min(max, Math.max(0, Math.trunc(Number(input.value) || 0)));
      input.value = String(number);
      this.#set("seed", number);
    });
    dice.addEventListener("click", () => {
      input.value = String(crypto.getRandomValues(new Uint16Array(1))[0]!);
      this.#set("seed", Number(input.value));
    });
    line.append(input, dice);
    setting.append(label, line, help);
    return setting;
  }
}

/** An element with its properties. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
