/**
 * The service as the page uses it: a picture goes up, a segmentation comes back with everything that the slider needs.
 */
import { decodeBase64 } from "../lib/base64.ts";
import { decodeRuns } from "../lib/formats/regions_json.ts";
import type { HierarchyJson } from "../lib/formats/hierarchy.ts";
import { readEvents } from "./events.ts";
import type { Merges } from "./model/merge_tree.ts";

/** A segmentation, wherever it was made. */
export interface PageResult {
  /** The service's name for it; without one it was made here, or beforehand. */
  readonly id?: string;
  readonly width: number;
  readonly height: number;
  /** (H, W) what the cut is made of: superpixels of a hierarchy, else the method's regions. */
  readonly superpixels: Int32Array;
  readonly count: number;
  /** Absent for methods that make no hierarchy. */
  readonly merges?: Merges;
  /** The picture as SuperAE smoothed it, or where it can be fetched when it is first looked at. */
  readonly smoothed?: ImageData | string;
  readonly milliseconds?: number;
}

/** How work goes on; `fraction` is unknown where the service does not tell. */
export interface PageProgress {
  readonly stage: string;
  readonly fraction?: number | undefined;
  readonly iteration?: number | undefined;
  readonly iterations?: number | undefined;
  readonly loss?: number | undefined;
}

/** How to follow work and to end it. */
export interface Following {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PageProgress) => void;
  /** Receives small pictures of where the work is. */
  readonly onPreview: (picture: Blob | ImageData) => void;
}

/** An answer of the service that says what went wrong. */
export class ServiceError extends Error {
  /** The problem's code; `offline` when no answer came. */
  readonly code: string;
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, retryAfter?: number) {
    super(message);
    this.name = "ServiceError";
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

const PATH = "/v1/segmentations";

/** What the page reads of /v1/segmentations/{id}. */
interface ResultJson {
  readonly width: number;
  readonly height: number;
  readonly settings: Record<string, string | number>;
  readonly regions: readonly unknown[];
  readonly labelRuns: readonly number[];
}

/** What the page reads of a job's status. */
interface JobJson {
  readonly state: string;
  readonly position?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Where a file of a result is; `regions` for another scale of it. */
export function fileAddress(id: string, format: string, regions?: number): string {
  return `${PATH}/${id}/${format}${regions === undefined ? "" : `?regions=${regions}`}`;
}

/**
 * Has a picture segmented.
 *
 * @param settings Those that differ from the defaults.
 * @throws {ServiceError} What the service said, in its words.
 */
export async function segmentOnServer(
  bytes: Uint8Array<ArrayBuffer>,
  settings: Readonly<Record<string, string | number>>,
  following: Following,
): Promise<PageResult> {
  const { signal, onProgress } = following;
  const startedAt = performance.now();
  onProgress({ stage: "upload" });
  const query = new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const response = await ask(`${PATH}?${query}`, {
    method: "POST",
    body: bytes,
    headers: {
      "Content-Type": "application/octet-stream",
      Accept: "text/event-stream, application/json;q=0.5",
    },
    signal,
  });
  const location = response.headers.get("Location")!;
  // heavy work waits in a line: its events can be left and come back to
  if (response.status === 202) await followJob(location, following);
  else await followAnswer(response.body!, following);
  onProgress({ stage: "fetch" });
  const result = await fetchResult(idOf(location), String(settings.method ?? "dsc"), signal);
  return { ...result, milliseconds: performance.now() - startedAt };
}

/** A file of a result, at another scale of it. @throws {ServiceError} If it is not kept any more, or no answer comes. */
export async function fetchFile(
  id: string,
  format: string,
  regions?: number,
  signal = new AbortController().signal,
): Promise<Blob> {
  return await (await askForResult(fileAddress(id, format, regions), signal)).blob();
}

/** Opens a result by its name, with the settings that made it. */
export async function openResult(
  id: string,
  signal: AbortSignal,
): Promise<{ result: PageResult; settings: Record<string, string | number> }> {
  const response = await askForResult(`${PATH}/${id}`, signal);
  const { settings } = await response.json() as ResultJson;
  return { result: await fetchResult(id, String(settings.method), signal), settings };
}

/** What the slider needs of a result that is there. */
async function fetchResult(id: string, method: string, signal: AbortSignal): Promise<PageResult> {
  const smoothed = fileAddress(id, "smoothed.png");
  if (method === "dsc") {
    const response = await askForResult(fileAddress(id, "hierarchy.json"), signal);
    return { id, smoothed, ...readHierarchy(await response.json()) };
  }
  const json = await (await askForResult(`${PATH}/${id}`, signal)).json() as ResultJson;
  const { width, height } = json;
  const superpixels = decodeRuns(json.labelRuns, width * height);
  return { id, smoothed, width, height, superpixels, count: json.regions.length };
}

/** hierarchy.json as the page takes it. */
export function readHierarchy(json: HierarchyJson): PageResult & { merges: Merges } {
  const { width, height, superpixelCount: count, merges } = json;
  return { width, height, superpixels: decodeRuns(json.superpixelRuns, width * height), count, merges };
}

/** Hears one event; whether it was the last, and all is well. @throws {ServiceError} If it was the last and all is not. */
function hear(event: string, data: string, { onProgress, onPreview }: Following): boolean {
  const json = JSON.parse(data);
  if (event === "progress") onProgress(json as PageProgress);
  if (event === "preview") {
    const bytes = decodeBase64((json as { image: string }).image.split(",")[1]!);
    onPreview(new Blob([bytes], { type: "image/png" }));
  }
  if (event !== "status") return false;
  const { state, position, error } = json as JobJson;
  if (state === "queued") onProgress({ stage: position ? `queue ${position}` : "queue" });
  if (state === "failed") {
    throw new ServiceError(error?.code ?? state, error?.message ?? "The service could not segment this.");
  }
  if (state === "canceled") {
    throw new ServiceError(state, "This work was canceled by somebody who waited for the same picture.");
  }
  return state === "succeeded";
}

/** Follows work that is done at once by the events in its answer. Leaving them ends the work. */
async function followAnswer(body: ReadableStream<Uint8Array>, following: Following): Promise<void> {
  try {
    for await (const { event, data } of readEvents(body)) if (hear(event, data, following)) return;
  } catch (error) {
    if (following.signal.aborted) throw following.signal.reason;
    if (error instanceof ServiceError) throw error;
  }
  throw new ServiceError("offline", "The connection to the service broke.");
}

/** Follows a job to its end by its events, which come again by themselves after a break. Leaving it ends the job. */
async function followJob(location: string, following: Following): Promise<void> {
  const { signal } = following;
  const events = new EventSource(`${location}/events`);
  try {
    await new Promise<void>((done, failed) => {
      signal.addEventListener("abort", () => {
        fetch(location, { method: "DELETE", keepalive: true }).catch(() => {});
        failed(signal.reason);
      }, { once: true });
      for (const name of ["progress", "preview", "status"]) {
        events.addEventListener(name, ({ type, data }) => {
          try {
            if (hear(type, data, following)) done();
          } catch (error) {
            failed(error);
          }
        });
      }
      events.addEventListener("error", () => {
        // a break mends itself; a stream that was refused does not: the result's address says why
        if (events.readyState === EventSource.CLOSED) done();
      });
    });
  } finally {
    events.close();
  }
}

/** A result in one form, waited for where it is still being made. */
async function askForResult(url: string, signal: AbortSignal): Promise<Response> {
  for (;;) {
    const headers = { Accept: "application/json, */*;q=0.5", Prefer: "wait=20" };
    const response = await ask(url, { headers, signal });
    if (response.status !== 202) return response;
    await response.body?.cancel();
    await new Promise((done) => setTimeout(done, 500));
  }
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw init.signal.reason;
    throw new ServiceError("offline", `The service does not answer (${(error as Error).message}).`);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({})) as { code?: string; detail?: string };
  const retryAfter = Number(response.headers.get("Retry-After"));
  throw new ServiceError(
    problem.code ?? `http_${response.status}`,
    problem.detail ?? `The service answered ${response.status}.`,
    Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined,
  );
}

function idOf(location: string): string {
  return location.slice(location.lastIndexOf("/") + 1).split("?")[0]!;
}
