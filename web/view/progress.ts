/** How the work goes on: the stage in words, a bar, the time, and the loss curve as it comes. */
import type { PageProgress } from "../service.ts";
import { byId } from "./stage.ts";

const STAGES: Readonly<Record<string, [name: string, note: string]>> = {
  upload: ["Sending the picture", "A photograph takes a few seconds."],
  queue: ["Waiting for its turn", "Others are being segmented."],
  fetch: ["Fetching the result", "It is on its way."],
  load: ["Loading the engine", "Half a megabyte, once."],
  decode: ["Reading the picture", "Decoding, turning upright."],
  study: ["Studying the picture", ""],
  superae: ["Smoothing", "The autoencoder flattens texture and finds boundaries."],
  superpixels: ["Making superpixels", "Small pieces that follow edges."],
  features: ["Describing superpixels", "Colour, texture and place of each."],
  cut: ["Cutting", "Gradient descent on the soft cut."],
  hierarchy: ["Building the hierarchy", "The least different pair merges first."],
  regions: ["Measuring regions", "At full size, along the edges."],
};

/** The long side of a small picture. */
const SIDE = 96;

/** The panel over the picture. */
export class ProgressPanel {
  #timer = 0;
  #startedAt = 0;
  #losses: number[] = [];
  #lossOf = "";
  #fraction = 0;
  /** Counts them, so that none is drawn after its successor. */
  #pictures = 0;
  readonly #canvas = byId<HTMLCanvasElement>("preview");

  /** Shows it, with what is being worked on, where that is known. */
  start(picture?: CanvasImageSource & { readonly width: number; readonly height: number }): void {
    this.#startedAt = performance.now();
    this.#losses = [];
    this.#fraction = 0;
    this.#pictures++;
    this.#canvas.hidden = !picture;
    if (picture) this.#draw(picture, picture.width, picture.height);
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
    const [name, note] = STAGES[stage === "superae" && iterations ? "study" : key!] ?? [stage, ""];
    byId("stage-name").textContent = name;
    byId("stage-note").textContent = place
      ? `${place} before it`
      : iteration && iterations
      ? `Step ${iteration} of ${iterations}${loss === undefined ? "" : `, loss ${loss.toPrecision(4)}`}`
      : fraction === 1
      ? "Packing the result."
      : note;
    const bar = byId<HTMLProgressElement>("bar");
    if (fraction !== undefined) bar.value = this.#fraction = Math.max(this.#fraction, fraction);
    if (loss !== undefined) {
      if (stage !== this.#lossOf) this.#losses = []; // another loss, on another scale
      this.#lossOf = stage;
      this.#losses.push(loss);
      this.#drawLosses();
    }
  }

  /** Shows a small picture of where the work is. */
  async picture(preview: Blob | ImageData): Promise<void> {
    const number = ++this.#pictures;
    const bitmap = await createImageBitmap(preview).catch(() => undefined);
    if (bitmap && number === this.#pictures) this.#draw(bitmap, bitmap.width, bitmap.height);
  }

  /** Puts it away. */
  stop(): void {
    this.#pictures++; // one that is still being decoded comes too late
    clearInterval(this.#timer);
    byId("progress").hidden = true;
    byId("stage").classList.remove("busy");
    byId("stage").removeAttribute("aria-busy");
  }

  #draw(picture: CanvasImageSource, width: number, height: number): void {
    const canvas = this.#canvas, scale = Math.min(1, SIDE / Math.max(width, height));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.hidden = false;
    const context = canvas.getContext("2d")!;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
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
