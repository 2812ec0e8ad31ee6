/** The page around the picture: light and dark, the help, messages. */
import { recall, remember } from "./memory.ts";
import { element } from "./settings_form.ts";
import { byId } from "./view/stage.ts";

const THEMES = ["system", "light", "dark"] as const;
const TITLES = { system: "as the system has them", light: "light", dark: "dark" };

/** The button that goes through light, dark and the system's own. */
export function chooseBackground(onChange: () => void): void {
  const button = byId("theme");
  const kept = recall("theme");
  let theme = THEMES.find((name) => name === kept) ?? "system";
  const show = () => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-label", `Colours: ${TITLES[theme]}`);
    onChange();
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    remember("theme", theme);
    show();
    toast(`Colours: ${TITLES[theme]}`);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  byId("help").addEventListener("click", openKeys);
  show();
}

/** Shows what keys and pointer do. */
export function openKeys(): void {
  const keys = byId<HTMLDialogElement>("keys");
  keys.showModal();
  keys.scrollTop = 0; // the button at its end has the focus
}

let fading = 0;
/** A message that goes by itself. */
export function toast(text: string): void {
  const box = byId("toast");
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => box.classList.remove("shown"), 3500);
}

/** A message that stays, with what can be done about it; without one, takes it away. */
export function notice(message?: string, actions: Readonly<Record<string, () => unknown>> = {}): void {
  const box = byId("notice");
  box.hidden = message === undefined;
  const row = element("div");
  for (const [textContent, act] of Object.entries(actions)) {
    const button = element("button", { type: "button", textContent });
    button.addEventListener("click", () => {
      box.hidden = true;
      act();
    });
    row.append(button);
  }
  box.replaceChildren(element("p", { textContent: message ?? "" }), row);
  if (message !== undefined) box.scrollIntoView({ block: "nearest" });
}
