/** How the work goes on: the stage in words, a bar, the time, and the loss curve as it comes. */
import type { PageProgress } from "../service.ts";
import { byId } from "./stage.ts";

const STAGES: Readonly<Record<string, [name: string, note: string]>> = {
  upload: ["Segmenting", "A photograph takes a few seconds."],
  queue: ["Waiting for its turn", "Others are being segmented."],
  fetch: ["Fetching the result", "The tree of merges is coming back."],
  load: ["Loading the engine", "Half a megabyte, once."],
  decode: ["Reading the picture", "Decoding, turning upright."],
  superae: ["Smoothing", "The autoencoder flattens texture and finds boundaries."],
  superpixels: ["Making superpixels", "Small pieces that follow edges."],
  features: ["Describing superpixels", "Colour, texture and place of each."],
  cut: ["Cutting", "Gradient descent on the soft cut."],
  hierarchy: ["Building the hierarchy", "The least different pair merges first."],
  regions: ["Measuring regions", "Almost there."],
};

/** The panel over the picture. */
export class ProgressPanel {
  #timer = 0;
  #startedAt = 0;
  #losses: number[] = [];
  #fraction = 0;

  /** Shows it. */
  start(): void {
    this.#startedAt = performance.now();
    this.#losses = [];
    this.#fraction = 0;
    byId("progress").hidden = false;
    byId("loss").toggleAttribute("hidden", true);
    byId<HTMLProgressElement>("bar").removeAttribute("value");
    byId("stage").classList.add("busy");
    byId("stage").setAttribute("aria-busy", "true");
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), 200);
    this.#tick();
  }

  /** Tells where the work is. */
  report({ stage, fraction, iteration, iterations, loss }: PageProgress): void {
    const [key, place] = stage.split(" ");
    const [name, note] = STAGES[key!] ?? [stage, ""];
    byId("stage-name").textContent = name;
    byId("stage-note").textContent = place
      ? `${place} before it`
      : iteration && iterations
      ? `Step ${iteration} of ${iterations}${loss === undefined ? "" : `, loss ${loss.toPrecision(4)}`}`
      : note;
    const bar = byId<HTMLProgressElement>("bar");
    if (fraction !== undefined) bar.value = this.#fraction = Math.max(this.#fraction, fraction);
    if (loss !== undefined) {
      this.#losses.push(loss);
      this.#drawLosses();
    }
  }

  /** Puts it away. */
  stop(): void {
    clearInterval(this.#timer);
    byId("progress").hidden = true;
    byId("stage").classList.remove("busy");
    byId("stage").removeAttribute("aria-busy");
  }

  #tick(): void {
    byId("elapsed").textContent = `${((performance.now() - this.#startedAt) / 1000).toFixed(1)} s`;
  }

  #drawLosses(): void {
    const chart = byId("loss");
    chart.toggleAttribute("hidden", this.#losses.length < 2);
    const most = Math.max(...this.#losses), least = Math.min(...this.#losses), span = most - least || 1;
    const points = this.#losses.map((loss, i) =>
      `${(300 * i / Math.max(1, this.#losses.length - 1)).toFixed(1)},${
        (60 - 56 * (loss - least) / span).toFixed(1)
      }`
    );
    chart.querySelector("polyline")!.setAttribute("points", points.join(" "));
    chart.setAttribute("aria-label", `Loss so far, from ${most.toPrecision(3)} to ${least.toPrecision(3)}`);
  }
}
