/** The row of ways to look at a cut. The smoothed picture comes from the service when it is first looked at. */
import { toast } from "../chrome.ts";
import type { PageResult } from "../service.ts";
import { element } from "../settings_form.ts";
import { byId, type Stage, type View, VIEWS } from "./stage.ts";

/** What the row works with. */
export interface ViewsContext {
  readonly result: () => PageResult | undefined;
  /** Another one was chosen. */
  readonly onChange: () => void;
  /** The smoothed picture of a result that the service has. */
  readonly fetchSmoothed: () => Promise<Blob>;
}

/** The row. */
export interface Views {
  /** Chooses one, unless the result does not have it. */
  set(view: View): void;
  /** Shows which of them the result has; to be called when there is another. */
  show(): void;
}

/** Makes the row. */
export function openViews(stage: Stage, { result, onChange, fetchSmoothed }: ViewsContext): Views {
  const row = byId("views");

  const set = (view: View) => {
    const input = row.querySelector<HTMLInputElement>(`input[value=${view}]`)!;
    if (input.disabled) return;
    input.checked = true;
    stage.view = view;
    stage.update();
    void loadSmoothed();
    onChange();
  };

  const loadSmoothed = async () => {
    const of = result();
    if (!of?.smoothed || stage.view !== "smoothed" || stage.smoothed) return;
    try {
      const smoothed = await createImageBitmap(
        of.smoothed instanceof ImageData
          ? of.smoothed
          : of.id
          ? await fetchSmoothed()
          : await (await fetch(of.smoothed)).blob(),
      );
      if (result()?.superpixels !== of.superpixels) return; // another result has come meanwhile
      stage.smoothed = smoothed;
      stage.update();
    } catch {
      toast("The smoothed picture could not be fetched.");
    }
  };

  VIEWS.forEach(([value, title], i) => {
    const label = element("label", { title: `${title} (${i + 1})` });
    const input = element("input", { type: "radio", name: "view", value, checked: value === stage.view });
    input.addEventListener("change", () => set(value));
    label.append(input, element("span", { textContent: title }));
    row.append(label);
  });

  return {
    set,
    show() {
      const of = result();
      for (const input of row.querySelectorAll("input")) {
        input.disabled = (input.value === "contours" && !of?.merges) ||
          (input.value === "smoothed" && of !== undefined && !of.smoothed);
        if (input.disabled && input.checked) set("boundaries");
      }
      void loadSmoothed();
    },
  };
}
