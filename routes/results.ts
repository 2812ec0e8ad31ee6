/**
 * Results by content: computes what is not there, once however many ask for it at the same time, and encodes other forms
 * of what is. Knows jobs and stores, nothing of requests.
 */
import { type FormatName, needsHierarchy } from "../lib/formats/table.ts";
import type { Scale } from "../lib/hierarchy/tree.ts";
import type { ResolvedSettings } from "../lib/options.ts";
import type { SegmentJobResult, SegmentReport } from "../workers/segment_protocol.ts";
import type { SegmentRunner } from "../workers/segmenter.ts";
import { QueueError } from "../workers/queue/errors.ts";
import type { Jobs } from "./jobs.ts";
import type { ResultStore } from "./store.ts";

/** A result in one of its forms. */
export interface ObtainedResult {
  readonly id: string;
  readonly file: Uint8Array<ArrayBuffer>;
  /** True if it had to be computed. */
  readonly created: boolean;
  /** Milliseconds by stage, with the wait as `queue`; empty if it was there. */
  readonly timings: Readonly<Record<string, number>>;
}

/** What {@linkcode Results} needs. */
export interface ResultsOptions {
  /** Segments images. */
  readonly segmenter: SegmentRunner;
  /** Encodes other forms of finished results; apart, so that it never waits behind a segmentation. */
  readonly encoder: SegmentRunner;
  readonly store: ResultStore;
  /** Keeps records for longer than the store, and has those of jobs. @default nothing does */
  readonly jobs?: Jobs | undefined;
  readonly maxPixels: number;
  /** Where results can be had. */
  readonly pathOf: (id: string) => string;
  /** Told of every computation: on which backend, and its milliseconds by stage. */
  readonly onSegmented?: (backend: string, timings: Readonly<Record<string, number>>) => void;
}

/** The one spelling of a scale in a query. */
export function scaleQuery(scale: Scale | undefined): string {
  if (scale === undefined) return "";
  return "regions" in scale ? `?regions=${scale.regions}` : `?threshold=${scale.threshold}`;
}

/** Name of a file in the store: what stands behind /v1/segmentations/ in its address. */
function keyOf(id: string, format: FormatName, scale: Scale | undefined): string {
  return `${id}/${format}${scaleQuery(scale)}`;
}

/** Receives what a computation reports. */
export type OnReport = (report: SegmentReport) => void;

interface Flight {
  readonly computed: Promise<SegmentJobResult>;
  readonly abort: AbortController;
  /** Whoever wants to know how it goes on. */
  readonly listeners: Set<OnReport>;
  waiting: number;
}

/** The results of one service. */
export class Results {
  readonly #options: ResultsOptions;
  readonly #flights = new Map<string, Flight>();

  constructor(options: ResultsOptions) {
    this.#options = options;
  }

  /**
   * The segmentation of an image file in one form, from the store or computed.
   *
   * @param id Of these bytes with these settings.
   * @param signal Gives up waiting; the computation ends when nobody waits for it any more.
   */
  async obtain(
    id: string,
    bytes: Uint8Array<ArrayBuffer>,
    settings: ResolvedSettings,
    format: FormatName,
    signal: AbortSignal,
  ): Promise<ObtainedResult> {
    const { store } = this.#options;
    const found = await store.get(keyOf(id, format, undefined));
    if (found) return { id, file: found, created: false, timings: {} };
    const kept = await this.#record(id, false);
    if (kept) {
      return { id, file: await this.#encode(id, kept, format, undefined), created: false, timings: {} };
    }
    const { files, record, timings } = await this.#join(id, bytes, settings, format, signal);
    return {
      id,
      file: files[format] ?? await this.#encode(id, record!, format, undefined),
      created: true,
      timings,
    };
  }

  /**
   * Makes sure that a segmentation is there, and tells how it goes on.
   *
   * @param id Of these bytes with these settings.
   * @param signal Gives up waiting; the computation ends when nobody waits for it any more.
   * @param onReport Gets previews, too, if nobody else had it begun.
   */
  async ensure(
    id: string,
    bytes: Uint8Array<ArrayBuffer>,
    settings: ResolvedSettings,
    signal: AbortSignal,
    onReport: OnReport,
  ): Promise<Pick<ObtainedResult, "created" | "timings">> {
    if (await this.#record(id, false)) return { created: false, timings: {} };
    const { timings } = await this.#join(id, bytes, settings, undefined, signal, onReport);
    return { created: true, timings };
  }

  /** A result that is there, in one form and at one scale; `undefined` if it is not (any more). */
  async find(id: string, format: FormatName, scale?: Scale): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { store } = this.#options;
    const file = await store.get(keyOf(id, format, scale));
    if (file) return file;
    const record = await this.#record(id, true);
    return record && await this.#encode(id, record, format, scale);
  }

  /** Whether a result is there. */
  async has(id: string): Promise<boolean> {
    const { store, jobs } = this.#options;
    return await store.get(`${id}/record`) !== undefined || (await jobs?.hasRecord(id) ?? false);
  }

  /** The record of a result: from memory, or from where those of jobs are. */
  async #record(id: string, patient: boolean): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { store, jobs } = this.#options;
    const record = await store.get(`${id}/record`);
    if (record || !jobs) return record;
    try {
      const kept = await jobs.record(id, patient);
      if (kept) await store.put(`${id}/record`, kept);
      return kept;
    } catch (error) {
      // who can compute it does not need the database for it
      if (!patient && error instanceof QueueError) return undefined;
      throw error;
    }
  }

  async #encode(
    id: string,
    record: Uint8Array<ArrayBuffer>,
    format: FormatName,
    scale: Scale | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { encoder, store, pathOf } = this.#options;
    const { files } = await encoder.run("encode", {
      record,
      formats: [format],
      resource: { id, path: pathOf(id), query: scaleQuery(scale) },
      ...(scale === undefined ? {} : { scale }),
    });
    const file = files[format]!;
    await store.put(keyOf(id, format, scale), file);
    return file;
  }

  /** Waits for the computation of this result together with everyone else who does. */
  async #join(
    id: string,
    bytes: Uint8Array<ArrayBuffer>,
    settings: ResolvedSettings,
    format: FormatName | undefined,
    signal: AbortSignal,
    onReport?: OnReport,
  ) {
    const flight = this.#flights.get(id) ?? this.#start(id, bytes, settings, format, onReport !== undefined);
    if (onReport) flight.listeners.add(onReport);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    flight.waiting++;
    try {
      return await Promise.race([flight.computed, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      if (onReport) flight.listeners.delete(onReport);
      if (--flight.waiting === 0) flight.abort.abort(); // does nothing to one that has landed
    }
  }

  #start(
    id: string,
    bytes: Uint8Array<ArrayBuffer>,
    settings: ResolvedSettings,
    format: FormatName | undefined,
    previews: boolean,
  ): Flight {
    const abort = new AbortController(), listeners = new Set<OnReport>();
    const computed = this.#compute(id, bytes, settings, format, abort.signal, {
      previews,
      onReport: (report) => listeners.forEach((listener) => listener(report)),
    });
    const flight = { computed, abort, listeners, waiting: 0 };
    this.#flights.set(id, flight);
    const land = () => {
      if (this.#flights.get(id) === flight) this.#flights.delete(id);
    };
    flight.computed.then(land, land);
    abort.signal.addEventListener("abort", land); // who comes now must not join a flight that is being given up
    return flight;
  }

  async #compute(
    id: string,
    bytes: Uint8Array<ArrayBuffer>,
    settings: ResolvedSettings,
    format: FormatName | undefined,
    signal: AbortSignal,
    { previews, onReport }: { readonly previews: boolean; readonly onReport: OnReport },
  ) {
    const { segmenter, store, jobs, maxPixels, pathOf, onSegmented } = this.#options;
    const submittedAt = performance.now();
    let queueMs = 0;
    const resource = { id, path: pathOf(id), query: "" };
    // a form that this result may turn out not to have must not cost those who wait for another
    const formats = format === undefined || needsHierarchy(format) ? [] : [format];
    const job = { bytes, settings, maxPixels, formats, record: true, resource, previews };
    const result = await segmenter.run("segment", job, {
      signal,
      onReport,
      onStart: () => queueMs = performance.now() - submittedAt,
    });
    const timings = { queue: queueMs, ...result.timings };
    onSegmented?.(result.backend, timings);
    await store.put(`${id}/record`, result.record!);
    jobs?.keepRecord(id, result.record!);
    for (const [name, file] of Object.entries(result.files)) await store.put(`${id}/${name}`, file);
    return { ...result, timings };
  }
}
