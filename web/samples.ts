/** Photographs to try: from the Getty's Open Content Program, in the public domain, served with the page. */
import { element } from "./settings_form.ts";
import { byId } from "./view/stage.ts";

/** One sample. */
export interface Sample {
  /** Of its file, without extension. */
  readonly name: string;
  readonly title: string;
  /** Where its hierarchy is, cut beforehand with the default settings. */
  readonly cut?: string;
  /** Where it is smoothed beforehand. */
  readonly smoothed?: string;
}

/** All of them; the first one is there when the page opens. */
export const SAMPLES: readonly Sample[] = [
  {
    name: "black-canyon",
    title: "Timothy H. O’Sullivan, Black Cañon, Colorado River, 1871",
    cut: "/assets/samples/black-canyon.hierarchy.json",
    smoothed: "/assets/samples/black-canyon.smoothed.jpg",
  },
  { name: "allium-oreophilum", title: "Karl Blossfeldt, Allium Ostrowskianum, 1928" },
  { name: "french-alpine-landscape", title: "Adolphe Braun, Alpine Landscape, 1865 to 1870" },
  { name: "march-pastoral", title: "Peter Henry Emerson, A March Pastoral, Suffolk, 1888" },
  { name: "airplane-from-above", title: "Fedele Azari, Airplane Viewed from Above, 1914 to 1929" },
];

/** Shows the samples, and which of them is on the mat. */
export function showSamples(current: string | undefined, onPick: (name: string) => void): void {
  const list = byId("samples");
  if (list.children.length === 0) {
    for (const { name, title } of SAMPLES) {
      const button = element("button", { type: "button", title });
      button.dataset.name = name;
      button.append(
        element("img", { src: `/assets/samples/${name}.thumb.jpg`, alt: title, width: 96, height: 96 }),
      );
      button.addEventListener("click", () => onPick(name));
      const item = element("li");
      item.append(button);
      list.append(item);
    }
  }
  for (const button of list.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.name === current));
  }
  const shown = SAMPLES.find(({ name }) => name === current);
  byId("credit").textContent = shown?.title ?? "Five photographs to try, from 1865 to 1929.";
}
