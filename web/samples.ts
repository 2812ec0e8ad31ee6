/** The row of photographs to try. */
import { DERIVED, SAMPLES } from "./sample_list.ts";
import { element } from "./settings_form.ts";
import { byId } from "./view/stage.ts";

const FOLDER = "/assets/samples/";

/** Where a sample is and, of the first, what was made of it beforehand. */
export const sampleAddress = {
  photo: (name: string) => `${FOLDER}${name}.jpg`,
  thumb: (name: string) => FOLDER + DERIVED.thumb(name),
  hierarchy: (name: string) => FOLDER + DERIVED.hierarchy(name),
  smoothed: (name: string) => FOLDER + DERIVED.smoothed(name),
} as const;

/** Shows the samples, and which of them is on the mat. */
export function showSamples(current: string | undefined, onPick: (name: string) => void): void {
  const list = byId("samples");
  if (list.children.length === 0) {
    for (const { name, title, credit } of SAMPLES) {
      const button = element("button", { type: "button", title: `${title}. ${credit}` });
      button.dataset.name = name;
      button.append(
        element("img", { src: sampleAddress.thumb(name), alt: title, width: 112, height: 112 }),
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
  byId("credit").textContent = shown
    ? `${shown.title}. ${shown.credit}.`
    : "Six photographs to try. All are free to use.";
}
