/**
 * The handlers of /v1/segmentations: an image file in, a segmentation out in the form that the client asked for.
 */
import { contentId, isContentId } from "../lib/content_id.ts";
import { FORMAT_NAMES, type FormatName, FORMATS, isFormatName } from "../lib/formats/table.ts";
import { type BodyLimits, readBody } from "./body.ts";
import { streamSegmentation } from "./event_stream.ts";
import { getUnfinished, postJob } from "./job_handlers.ts";
import type { Jobs } from "./jobs.ts";
import { pathOf } from "./paths.ts";
import { HttpProblem } from "./problem.ts";
import {
  checkQuery,
  chooseFormat,
  FORM_TYPE,
  mediaTypeOf,
  parseOptions,
  readForm,
  readScale,
  wantsEvents,
} from "./read_request.ts";
import { matchesTag } from "./ready_answers.ts";
import { type ObtainedResult, type Results, scaleQuery } from "./results.ts";
import { STRICT_POLICY } from "./security_headers.ts";

/** Results never change under their name, so everyone may keep them for as long as they like (RFC 8246). */
const IMMUTABLE = "public, max-age=31536000, immutable";

/**
 * POST /v1/segmentations. Options come in the query or, in a form, as fields; `format` names the form of the answer,
 * else Accept decides; to text/event-stream the answer is how the work goes on. What can be refused without the body is
 * refused before it is read.
 *
 * A client that goes away ends its computation. Deno 2.9 notices that at once over HTTP/2, but over HTTP/1.1 only while
 * the body has come in one piece, or with the next event; else the deadline bounds what is computed for nobody.
 */
export async function postSegmentation(
  request: Request,
  results: Results,
  limits: BodyLimits,
  jobs: Jobs | undefined,
  onError: (error: unknown) => void,
): Promise<Response> {
  const type = mediaTypeOf(request);
  const fields = checkQuery(request);

  const body = await readBody(request, limits);
  const give = () => limits.budget.give(body.length);
  let streaming = false; // then the body is held beyond this function
  try {
    const image = type === FORM_TYPE ? readForm(body, request.headers.get("Content-Type")!, fields) : body;
    const settings = parseOptions(fields);
    const wanted = fields.get("format");
    const format = wantsEvents(request, wanted) ? undefined : chooseFormat(request, wanted);
    const id = await contentId(image, settings);
    const queued = jobs && await postJob(request, jobs, results, id, image, settings);
    if (queued) return queued;
    if (format === undefined) {
      streaming = true;
      return await streamSegmentation(request, results, id, image, settings, give, onError);
    }
    const result = await results.obtain(id, image, settings, format, request.signal);
    return resultResponse(result, format);
  } finally {
    if (!streaming) give();
  }
}

/**
 * GET and HEAD /v1/segment: the image at `url`, segmented. What stands at an address may change, so the answer is kept
 * for an hour and not forever; its Content-Location is the address of this very result.
 */
export async function getRemoteSegmentation(
  request: Request,
  results: Results,
  fetchImage: (url: string) => Promise<Uint8Array<ArrayBuffer>>,
  budget: BodyLimits["budget"],
): Promise<Response> {
  const fields = checkQuery(request, ["url"]);
  const format = chooseFormat(request, fields.get("format"));
  const url = fields.get("url")!; // the route's schema wants one
  const settings = parseOptions(fields, ["url"]);
  const image = await fetchImage(url);
  budget.take(image.length);
  try {
    const id = await contentId(image, settings);
    const etag = entityTag(`${id}/${format}`);
    const headers = { ETag: etag, Vary: "Accept", "Cache-Control": "public, max-age=3600" };
    if (isKnown(request, etag)) {
      return new Response(null, { status: 304, headers });
    }
    const { file, timings } = await results.obtain(id, image, settings, format, request.signal);
    return fileResponse(file, format, 200, {
      ...headers,
      "Content-Location": pathOf(id, format),
      "Server-Timing": serverTiming(timings),
    });
  } finally {
    budget.give(image.length);
  }
}

/** GET and HEAD /v1/segmentations/{id}: in the form that Accept prefers. */
export function getSegmentation(
  request: Request,
  results: Results,
  id: string,
  jobs?: Jobs,
): Promise<Response> {
  const format = chooseFormat(request, undefined);
  return getFile(request, results, id, format, { Vary: "Accept" }, jobs);
}

/** GET and HEAD /v1/segmentations/{id}/{format}. */
export function getSegmentationFile(
  request: Request,
  results: Results,
  id: string,
  format: string,
  jobs?: Jobs,
): Promise<Response> {
  if (!isFormatName(format)) {
    throw new HttpProblem("not_found", `Cannot find ${format}: want one of ${FORMAT_NAMES.join(", ")}`);
  }
  return getFile(request, results, id, format, {}, jobs);
}

async function getFile(
  request: Request,
  results: Results,
  id: string,
  format: FormatName,
  headers: Record<string, string>,
  jobs: Jobs | undefined,
): Promise<Response> {
  if (!isContentId(id)) {
    throw new HttpProblem("not_found", "Cannot find segmentation: this is not an id of one");
  }
  const scale = readScale(request);
  const etag = entityTag(`${id}/${format}${scaleQuery(scale)}`);
  const caching = { ...headers, ETag: etag, "Cache-Control": IMMUTABLE };
  // the name says what the bytes are, so this holds even for a result that is no longer kept
  if (isKnown(request, etag)) {
    return new Response(null, { status: 304, headers: caching });
  }
  let file = await results.find(id, format, scale);
  if (!file && jobs) {
    const answer = await getUnfinished(request, jobs, id);
    if (answer) return answer;
    file = await results.find(id, format, scale); // it may have come while the client waited
  }
  if (!file) {
    throw new HttpProblem(
      "not_found",
      "Cannot find segmentation: it is not kept here (any more); post the image again",
    );
  }
  return fileResponse(file, format, 200, caching);
}

function resultResponse({ id, file, created, timings }: ObtainedResult, format: FormatName): Response {
  return fileResponse(file, format, created ? 201 : 200, {
    Location: pathOf(id),
    "Content-Location": pathOf(id, format),
    ETag: entityTag(`${id}/${format}`),
    Vary: "Accept",
    "Cache-Control": "no-store",
    "Server-Timing": serverTiming(timings),
  });
}

function fileResponse(
  file: Uint8Array<ArrayBuffer>,
  format: FormatName,
  status: number,
  headers: Record<string, string>,
): Response {
  const all: Record<string, string> = {
    ...headers,
    "Content-Type": FORMATS[format].mediaType,
    "Content-Length": String(file.length), // HEAD would not have it otherwise
  };
  // opened by itself it is a document
  if (format === "regions.svg") all["Content-Security-Policy"] = STRICT_POLICY;
  return new Response(file, { status, headers: all });
}

/** Strong: equal names are equal bytes, since name and bytes both follow from image, options and version. */
function entityTag(key: string): string {
  return `"${key}"`;
}

function isKnown(request: Request, etag: string): boolean {
  const known = request.headers.get("If-None-Match");
  return known !== null && matchesTag(known, etag);
}

/** Server-Timing (W3C): `superae;dur=12.3, cut;dur=45.6`. */
function serverTiming(timings: Readonly<Record<string, number>>): string {
  return Object.entries(timings).map(([stage, ms]) => `${stage};dur=${ms.toFixed(1)}`).join(", ");
}
