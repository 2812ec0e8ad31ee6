/**
 * The service as the page uses it: a picture goes up, a segmentation comes back with everything that the slider needs.
 */
import { decodeRuns } from "../lib/formats/regions_json.ts";
import type { HierarchyJson } from "../lib/formats/hierarchy.ts";
import type { Progress } from "../lib/progress.ts";
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
  /** Loss of each iteration of the cut. */
  readonly losses: readonly number[];
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
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly settings: Record<string, string | number>;
  readonly regions: readonly unknown[];
  readonly losses: readonly { readonly total: number }[];
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
  { signal, onProgress }: Following,
): Promise<PageResult> {
  const startedAt = performance.now();
  onProgress({ stage: "upload" });
  const query = new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const response = await ask(`${PATH}?${query}`, {
    method: "POST",
    body: bytes,
    headers: {
      "Content-Type": "application/octet-stream",
      Accept: "application/json",
      ...(isLong(settings) && { Prefer: "respond-async" }),
    },
    signal,
  });
  const location = response.headers.get("Location");
  const id = location ? idOf(location) : undefined;
  const result = response.status === 202 && location
    ? await follow(location, { signal, onProgress })
    : await response.json() as ResultJson;
  onProgress({ stage: "fetch" });
  const full = await complete({ ...result, id: result.id ?? id! }, signal);
  return { ...full, milliseconds: performance.now() - startedAt };
}

/** Opens a result by its name, with the settings that made it. */
export async function openResult(
  id: string,
  signal: AbortSignal,
): Promise<{ result: PageResult; settings: Record<string, string | number> }> {
  const response = await ask(`${PATH}/${id}`, { headers: { Accept: "application/json" }, signal });
  const json = await response.json() as ResultJson;
  return { result: await complete({ ...json, id }, signal), settings: json.settings };
}

async function complete(json: ResultJson, signal: AbortSignal): Promise<PageResult> {
  const { id, width, height } = json;
  const losses = json.losses.map(({ total }) => total);
  const smoothed = fileAddress(id, "smoothed.png");
  if (json.settings.method === "dsc") {
    const response = await ask(fileAddress(id, "hierarchy.json"), { signal });
    return { id, smoothed, losses, ...readHierarchy(await response.json()) };
  }
  const superpixels = decodeRuns(json.labelRuns, width * height);
  return { id, smoothed, width, height, superpixels, count: json.regions.length, losses };
}

/** hierarchy.json as the page takes it. */
export function readHierarchy(json: HierarchyJson): Omit<PageResult, "losses"> & { merges: Merges } {
  const { width, height, superpixelCount: count, merges } = json;
  return { width, height, superpixels: decodeRuns(json.superpixelRuns, width * height), count, merges };
}

/** Follows a job to its end by its events, which come again by themselves after a break. Leaving it ends the job. */
async function follow(location: string, { signal, onProgress }: Following): Promise<ResultJson> {
  const cancel = () => void fetch(location, { method: "DELETE", keepalive: true }).catch(() => {});
  const events = new EventSource(`${location}/events`);
  try {
    await new Promise<void>((done, failed) => {
      signal.addEventListener("abort", () => {
        cancel();
        failed(signal.reason);
      }, { once: true });
      events.addEventListener("progress", ({ data }) => onProgress(JSON.parse(data) as Progress));
      events.addEventListener("status", ({ data }) => {
        const { state, position, error } = JSON.parse(data) as JobJson;
        if (state === "succeeded") done();
        else if (state === "failed") {
          failed(
            new ServiceError(error?.code ?? state, error?.message ?? "The service could not segment this."),
          );
        } else if (state === "canceled") {
          failed(
            new ServiceError(state, "This work was canceled by somebody who waited for the same picture."),
          );
        } else if (state === "queued") onProgress({ stage: position ? `queue ${position}` : "queue" });
      });
      events.addEventListener("error", () => {
        // a break mends itself; a stream that was refused does not: the result's address says why
        if (events.readyState === EventSource.CLOSED) done();
      });
    });
  } finally {
    events.close();
  }
  for (;;) {
    const response = await ask(location, {
      headers: { Accept: "application/json", Prefer: "wait=20" },
      signal,
    });
    if (response.status !== 202) return await response.json() as ResultJson;
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

/** Work that is worth following step by step; what is done in seconds comes sooner in one answer. */
function isLong({ method, train = 0 }: Readonly<Record<string, string | number>>): boolean {
  return method === "flat-dsc" || Number(train) > 0;
}

function idOf(location: string): string {
  return location.slice(location.lastIndexOf("/") + 1).split("?")[0]!;
}
