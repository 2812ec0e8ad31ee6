/**
 * The page: puts the parts together. A picture becomes a result, of the server or of this browser; a result becomes a
 * cutting that the slider, the pointer and the keyboard work on; a cutting is looked at, described and taken away.
 */
import { type Address, readAddress, writeAddress } from "./address.ts";
import { chooseBackground, notice, toast } from "./chrome.ts";
import { explain, type WayOut } from "./failures.ts";
import type { FormatName } from "../lib/formats/table.ts";
import { listen } from "./input.ts";
import { fetchKept, openLinked } from "./kept.ts";
import { Cutting } from "./model/cutting.ts";
import { MergeTree } from "./model/merge_tree.ts";
import { SuperpixelMap } from "./model/superpixel_map.ts";
import { keepForOffline } from "./offline.ts";
import { openPicture, type Picture, readLimits, TooLargeError } from "./picture.ts";
import { chooseHere, offerHere, segmentWhereChosen } from "./run.ts";
import { SAMPLES } from "./sample_list.ts";
import { sampleAddress, showSamples } from "./samples.ts";
import { openSelection, type Selection } from "./selection.ts";
import { type PageResult, readHierarchy } from "./service.ts";
import { type Settings, SettingsForm } from "./settings_form.ts";
import { type Offer, TakeAway } from "./take_away_panel.ts";
import { ProgressPanel } from "./view/progress.ts";
import { ScaleControl } from "./view/scale.ts";
import { MOST_REGIONS } from "./view/skyline.ts";
import { byId, Stage, type View, VIEWS } from "./view/stage.ts";
import { openViews } from "./view/views.ts";

/** Height of the cut that the library calls its default. */
const OWN_THRESHOLD = 0.5;

const limits = readLimits();
const progress = new ProgressPanel();
const form = new SettingsForm(byId<HTMLFormElement>("settings"), settingsChanged);

let picture: Picture | undefined;
let result: PageResult | undefined;
let cutting: Cutting | undefined;
/** Settings that made the result. */
let used: Settings = {};
let sample: string | undefined;
let running: AbortController | undefined;
/** A link whose result the service no longer has: the picture that it was made of brings it back. */
let awaited: Address | undefined;

const stage = new Stage({
  onAction: (action) => selection.act(action),
  onHover: (label) => selection.describe(label),
});
const selection: Selection = openSelection(stage, { onEdit: edited, picture: () => picture });
const scale = new ScaleControl({
  onCut: () => {
    stage.selected.clear();
    edited();
  },
});
const takeAway = new TakeAway(offer, bring);
const views = openViews(stage, {
  result: () => result,
  onChange: remember,
  fetchSmoothed: () => bring("smoothed.png"),
});

/** After anything that changed the cut. */
function edited(): void {
  stage.hover(-1);
  stage.update();
  scale.show();
  selection.show();
  takeAway.show();
  remember();
}

/** What can be taken away now. */
function offer(): Offer {
  const settings = { ...form.changed };
  if (cutting?.tree) settings.regions = cutting.regions;
  return { picture, result, cutting, settings, used, link: linkOf() };
}

function linkOf(): string | undefined {
  if (!result?.id && !sample) return undefined;
  return location.origin + location.pathname + writeAddress(addressNow());
}

function addressNow() {
  return {
    id: result?.id,
    sample,
    regions: cutting?.tree ? cutting.regions : undefined,
    view: stage.view,
    edits: cutting?.edits,
    settings: form.changed,
  };
}

let remembering = 0;
/** Browsers allow only so many changes of the address a second. */
function remember(): void {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    if (awaited) return; // what is in the address is still wanted
    history.replaceState(null, "", location.pathname + writeAddress(addressNow()) + location.hash);
    takeAway.showLink();
  }, 250);
}

function settingsChanged(): void {
  byId("reset").hidden = Object.keys(form.changed).length === 0;
  const differs = JSON.stringify(sorted(form.changed)) !== JSON.stringify(sorted(used));
  const again = byId<HTMLButtonElement>("again");
  again.disabled = !picture || running !== undefined || !differs;
  again.textContent = picture && !differs && result ? `Segmented${timeOf(result)}` : "Segment again";
  takeAway.show();
  remember();
}

function sorted(settings: Settings): [string, string | number][] {
  return Object.entries(settings).sort(([a], [b]) => a < b ? -1 : 1);
}

let taken = 0;
/** Shows a picture and has it segmented. */
async function take(file: Blob, name: string, from?: string): Promise<void> {
  const turn = ++taken;
  notice();
  try {
    const next = await openPicture(file, name, limits);
    if (turn === taken) await use(next, from); // a small one may be open before the large one that was chosen first
  } catch (error) {
    if (turn !== taken) return;
    if (!(error instanceof TooLargeError)) return notice((error as Error).message, chooseAnother());
    const { shrink } = error;
    notice(`${error.message} It can be made smaller here, before it is sent.`, {
      "Shrink it and go on": async () => {
        notice();
        try {
          await use(await shrink(), from);
        } catch (failure) {
          notice((failure as Error).message, chooseAnother());
        }
      },
      ...chooseAnother(),
    });
  }
}

function chooseAnother(): Record<string, () => void> {
  return { "Choose another": chooseFile };
}

function chooseFile(): void {
  byId<HTMLInputElement>("file").click();
}

async function use(next: Picture, from: string | undefined): Promise<void> {
  present(next, from);
  if (next.note) toast(next.note);
  stage.reveal();
  await segment();
}

function present(next: Picture, from: string | undefined): void {
  picture = next;
  byId("empty").hidden = true;
  sample = from;
  result = cutting = undefined;
  stage.show(next.canvas);
  scale.attach(undefined);
  selection.attach(undefined);
  showSamples(sample, pickSample);
  byId("layers").setAttribute("aria-label", `${next.name}, ${next.width} by ${next.height} pixels`);
}

/** Has the picture segmented where the page was told to, or on the other side where that one fails. */
async function segment(): Promise<void> {
  if (!picture) return;
  running?.abort(new DOMException("Canceled", "AbortError"));
  const controller = running = new AbortController();
  const { bytes } = picture, settings = form.changed;
  notice();
  progress.start(picture.canvas);
  settingsChanged();
  const { signal } = controller;
  const following = {
    signal,
    onProgress: progress.report.bind(progress),
    onPreview: progress.picture.bind(progress),
  };
  try {
    const found = await segmentWhereChosen(bytes, settings, following);
    if (signal.aborted) return;
    used = settings;
    const link = awaited;
    awaited = undefined;
    if (!link) accept(found);
    else if (link.id === found.id) {
      accept(found, link.regions, link.edits);
      toast("The picture of the link: here it is as it was.");
    } else {
      accept(found);
      if (!sample) toast("Not the file that the link was made of: this is a result of its own.");
    }
  } catch (error) {
    if (signal.aborted || running !== controller) return;
    fail(error);
  } finally {
    if (running === controller) {
      running = undefined;
      progress.stop();
      settingsChanged();
    }
  }
}

/** Makes a result the one to play with. */
function accept(found: PageResult, regions = cutting?.regions, edits?: string): void {
  if (!picture) return;
  const { width, height, superpixels, count, merges } = found;
  const pixels = picture.canvas.getContext("2d")!.getImageData(0, 0, width, height).data;
  const map = new SuperpixelMap(superpixels, width, height, count, pixels);
  const tree = merges && new MergeTree(merges, count);
  result = found;
  const own = tree ? tree.regionsAt(OWN_THRESHOLD) : count;
  cutting = new Cutting(map, tree, regions ?? Math.min(MOST_REGIONS, Math.max(own, 2)));
  if (edits && !cutting.replay(edits)) toast("Not all edits of this link fit its picture.");
  stage.smoothed = undefined;
  stage.lay(cutting);
  scale.attach(cutting, own);
  selection.attach(cutting);
  takeAway.show();
  views.show();
  remember();
  byId("say").textContent = `Segmented${timeOf(found)}. ${cutting.count} regions.`;
  document.documentElement.dataset.state = "ready";
}

function timeOf({ milliseconds }: PageResult): string {
  return milliseconds === undefined ? "" : ` in ${(milliseconds / 1000).toFixed(1)} s`;
}

/** Says what went wrong and offers the ways out. */
function fail(error: unknown): void {
  const { message, ways } = explain(error);
  const all: Record<WayOut, Record<string, () => unknown>> = {
    again: { "Try again": segment },
    shrink: { "Shrink it and go on": shrinkAndRetry },
    another: chooseAnother(),
    here: {
      "Segment in this browser": () => {
        chooseHere();
        return segment();
      },
    },
  };
  notice(message, Object.assign({}, ...ways.map((way) => all[way])));
}

async function shrinkAndRetry(): Promise<void> {
  if (!picture) return;
  const { canvas, name } = picture;
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  try {
    await openPicture(blob!, name, { ...limits, maxPixels: Math.floor(canvas.width * canvas.height / 2) });
  } catch (error) {
    if (error instanceof TooLargeError) await use(await error.shrink(), sample);
    else fail(error);
  }
}

/** A file of the result as the service has it, or has it again. */
function bring(format: FormatName, regions?: number): Promise<Blob> {
  const of = result;
  if (!of?.id || !picture) return Promise.reject(new Error("there is no result to fetch it of"));
  return fetchKept(
    { id: of.id, picture, settings: used, format, regions },
    () => toast("The service no longer had this result: it makes it again."),
    ({ id, smoothed }) => {
      if (result !== of) return;
      result = { ...of, ...(id && { id }), ...(smoothed && { smoothed }) };
      takeAway.show();
      remember();
    },
  );
}

async function pickSample(name: string): Promise<void> {
  const response = await fetch(sampleAddress.photo(name)).catch(() => undefined);
  if (!response?.ok) return notice("This sample could not be fetched. Check the connection.");
  await take(await response.blob(), `${name}.jpg`, name);
}

/** The first thing to see: a sample, cut beforehand, so that the slider works at once. */
async function openDemo({ regions, edits }: Partial<Address> = {}): Promise<void> {
  const [{ name }] = SAMPLES;
  const cut = fetch(sampleAddress.hierarchy(name));
  cut.catch(() => {}); // below, unless the photograph fails first
  const photo = await fetch(sampleAddress.photo(name));
  if (!photo.ok) throw new Error("The sample could not be fetched.");
  const next = await openPicture(await photo.blob(), `${name}.jpg`, limits);
  if (picture) return; // somebody was faster
  present(next, name);
  const found = await cut.then((answer) => answer.json()).then(readHierarchy).catch(() => undefined);
  if (picture !== next) return;
  if (!found) return await segment();
  accept({ ...found, smoothed: sampleAddress.smoothed(name) }, regions, edits);
}

async function openLink(id: string, address: Address): Promise<void> {
  const controller = running = new AbortController(), { signal } = controller;
  const from = SAMPLES.find(({ name }) => name === address.sample)?.name;
  progress.start();
  progress.report({ stage: "fetch" });
  const found = await openLinked(id, `${from ?? "picture"}.png`, signal);
  if (running === controller) {
    running = undefined;
    progress.stop();
  }
  if (signal.aborted) {
    if (!picture) await showDemo(); // else another one was chosen meanwhile
  } else if (found === "gone" && from) await openSample(from, address); // whose picture is here
  else if (found === "gone") {
    awaited = address;
    byId("empty").hidden = false;
    notice(
      "The service no longer keeps the result of this link. Choose the picture that it was made of, and it opens as it was.",
      { "Choose the picture": chooseFile, "Show a sample": () => showDemo() },
    );
  } else if (found === "silent") {
    notice("The service does not answer. Check the connection and load the page again.", chooseAnother());
    await showDemo();
  } else {
    present(found.picture, from);
    form.set(found.settings);
    used = form.changed;
    accept(found.result, address.regions ?? (Number(found.settings.regions) || undefined), address.edits);
  }
}

/** A sample as an address has it. */
async function openSample(name: string, { regions, edits }: Address): Promise<void> {
  await pickSample(name);
  if (result && (regions || edits)) accept(result, regions, edits);
}

async function showDemo(address?: Address): Promise<void> {
  awaited = undefined;
  await openDemo(address).catch(() => byId("empty").hidden = picture !== undefined);
}

async function start(): Promise<void> {
  showSamples(undefined, pickSample);
  chooseBackground(() => scale.show());
  listen({
    stage,
    scale,
    selection,
    setView: views.set,
    take: (file, name) => void take(file, name),
    segment: () => {
      stage.reveal(); // on phones the button is far below
      void segment();
    },
    cancel: () => running ? cancel() : selection.clear(),
    reset: () => {
      form.set({});
      settingsChanged();
    },
  });
  const address = readAddress(location.search);
  form.set(address.settings);
  if (VIEWS.some(([view]) => view === address.view)) views.set(address.view as View);
  takeAway.show();
  void offerHere();
  const changed = Object.keys(form.changed).length > 0;
  if (address.id) await openLink(address.id, address);
  else if (
    address.sample && SAMPLES.some(({ name }) => name === address.sample) &&
    (changed || address.sample !== SAMPLES[0].name)
  ) {
    await openSample(address.sample, address);
  } else await showDemo(address);
  settingsChanged();
  void keepForOffline();
}

function cancel(): void {
  running?.abort(new DOMException("Canceled", "AbortError"));
  running = undefined;
  progress.stop();
  settingsChanged();
  if (!cutting && picture) notice("Canceled.", { "Segment it": () => void segment(), ...chooseAnother() });
}

void start();
