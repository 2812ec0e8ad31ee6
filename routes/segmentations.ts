/**
 * The handlers of /v1/segmentations: an image file in, a segmentation out in the form that the client asked for.
 */
import { contentId, isContentId } from "../lib/content_id.ts";
import { FORMAT_NAMES, type FormatName, FORMATS, isFormatName } from "../lib/formats/table.ts";
import { OptionError } from "../lib/errors.ts";
import type { Scale } from "../lib/hierarchy/tree.ts";
import { SEGMENT_OPTIONS } from "../lib/options.ts";
import { parseSettings } from "../lib/settings.ts";
import { type BodyLimits, readBody } from "./body.ts";
import { parseMultipart } from "./multipart.ts";
import { negotiate } from "./negotiate.ts";
import { HttpProblem } from "./problem.ts";
import { getUnfinished, postJob } from "./job_handlers.ts";
import type { Jobs } from "./jobs.ts";
import { pathOf } from "./paths.ts";
import { matchesTag } from "./ready_answers.ts";
import { type ObtainedResult, type Results, scaleQuery } from "./results.ts";
import { STRICT_POLICY } from "./security_headers.ts";

/** Media types of a body that is an image file. The bytes decide what it is; these only say that it is one. */
const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "application/octet-stream"];
const FORM_TYPE = "multipart/form-data";
const MEDIA_TYPES = [...new Set(FORMAT_NAMES.map((name) => FORMATS[name].mediaType))];

/** Results never change under their name, so everyone may keep them for as long as they like (RFC 8246). */
const IMMUTABLE = "public, max-age=31536000, immutable";

/** No image has more regions than superpixels. */
const MOST_REGIONS = SEGMENT_OPTIONS.superpixels.max;

/**
 * Checks the options in a query, and whether the answer can have a form that the client accepts.
 *
 * @throws {OptionError} for the first one that is unknown, given twice or out of range.
 * @throws {HttpProblem} `not_acceptable`.
 */
export function checkQuery(request: Request, besides: readonly string[] = []): Map<string, string> {
  const fields = new Map<string, string>();
  addFields(fields, new URL(request.url).searchParams);
  parseOptions(fields, besides);
  chooseFormat(request, fields.get("format"));
  return fields;
}

/**
 * POST /v1/segmentations. Options come in the query or, in a form, as fields; `format` names the form of the answer,
 * else Accept decides. What can be refused without the body is refused before it is read.
 *
 * A client that goes away ends its computation. Deno 2.9 notices that at once over HTTP/2, but over HTTP/1.1 only while
 * the body has come in one piece; in the other cases the deadline bounds what is computed for nobody.
 */
export async function postSegmentation(
  request: Request,
  results: Results,
  limits: BodyLimits,
  jobs?: Jobs,
): Promise<Response> {
  const type = mediaTypeOf(request);
  const fields = checkQuery(request);

  const body = await readBody(request, limits);
  try {
    const image = type === FORM_TYPE ? readForm(body, request.headers.get("Content-Type")!, fields) : body;
    const settings = parseOptions(fields);
    const format = chooseFormat(request, fields.get("format"));
    if (jobs) {
      const id = await contentId(image, settings);
      const queued = await postJob(request, jobs, results, id, image, settings);
      if (queued) return queued;
    }
    const result = await results.obtain(image, settings, format, request.signal);
    return resultResponse(result, format);
  } finally {
    limits.budget.give(body.length);
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
    const { file, timings } = await results.obtain(image, settings, format, request.signal);
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

/**
 * The scale that a query asks for: `regions=12` or `threshold=0.4`.
 *
 * @throws {OptionError} for anything else, since every other spelling would be another entry in every cache.
 */
export function readScale(request: Request): Scale | undefined {
  const [first, ...more] = [...new URL(request.url).searchParams];
  if (!first) return undefined;
  const [name, text] = first;
  if (more.length > 0) {
    throw new OptionError("invalid_option", more[0]![0].slice(0, 64), "two options", "at most one");
  }
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (name === "regions" && Number.isInteger(value) && value >= 1 && value <= 100_000) {
    return { regions: value };
  }
  if (name === "threshold" && value >= 0 && value <= 1) return { threshold: value };
  const got = JSON.stringify(text.slice(0, 64));
  if (name === "regions") {
    throw new OptionError("invalid_option", name, got, `a whole number from 1 to ${MOST_REGIONS}`);
  }
  if (name === "threshold") throw new OptionError("invalid_option", name, got, "a number from 0 to 1");
  throw new OptionError("unknown_option", name.slice(0, 64), got, "regions, threshold");
}

function isKnown(request: Request, etag: string): boolean {
  const known = request.headers.get("If-None-Match");
  return known !== null && matchesTag(known, etag);
}

/** Server-Timing (W3C): `superae;dur=12.3, cut;dur=45.6`. */
function serverTiming(timings: Readonly<Record<string, number>>): string {
  return Object.entries(timings).map(([stage, ms]) => `${stage};dur=${ms.toFixed(1)}`).join(", ");
}

function mediaTypeOf(request: Request): string {
  const coding = request.headers.get("Content-Encoding");
  if (coding !== null && coding.toLowerCase() !== "identity") {
    throw unsupported(
      `content coding ${JSON.stringify(coding.slice(0, 40))} is not supported, send the file as it is`,
    );
  }
  // without a type a body may be taken as octets (RFC 9110, section 8.3)
  const type = (request.headers.get("Content-Type") ?? "application/octet-stream").split(";")[0]!.trim()
    .toLowerCase();
  if (type === FORM_TYPE || IMAGE_TYPES.includes(type)) return type;
  const hint = type === "application/x-www-form-urlencoded"
    ? " (curl's default for --data-binary: add -H 'Content-Type: application/octet-stream')"
    : "";
  throw unsupported(`want one of ${[...IMAGE_TYPES, FORM_TYPE].join(", ")}, got ${type.slice(0, 80)}${hint}`);
}

function unsupported(detail: string): HttpProblem {
  return new HttpProblem("unsupported_media_type", `Cannot read body: ${detail}`, {
    "Accept-Post": [...IMAGE_TYPES, FORM_TYPE].join(", "), // RFC 9110 lets 415 say what would do; W3C LDP names the header
  });
}

function addFields(fields: Map<string, string>, entries: Iterable<[string, string]>): void {
  for (const [name, value] of entries) {
    if (fields.has(name)) {
      throw new OptionError("invalid_option", name.slice(0, 64), "it twice", "each option once");
    }
    fields.set(name, value);
  }
}

function readForm(
  body: Uint8Array<ArrayBuffer>,
  contentType: string,
  fields: Map<string, string>,
): Uint8Array<ArrayBuffer> {
  let image: Uint8Array<ArrayBuffer> | undefined;
  for (const { name, data } of parseMultipart(body, contentType)) {
    if (name !== "image") addFields(fields, [[name, new TextDecoder().decode(data.subarray(0, 256))]]);
    else if (image) {
      throw new HttpProblem("malformed_multipart", "Cannot read form: field image occurs twice");
    } else image = data;
  }
  if (!image) throw new HttpProblem("missing_image", "Cannot read form: want a file in the field image");
  return image;
}

function parseOptions(fields: ReadonlyMap<string, string>, besides: readonly string[] = []) {
  const options = Object.fromEntries(fields);
  for (const name of ["format", ...besides]) delete options[name];
  return parseSettings(options);
}

function chooseFormat(request: Request, named: string | undefined): FormatName {
  const accept = request.headers.get("Accept") ?? undefined;
  if (named !== undefined) {
    if (!isFormatName(named)) {
      const got = JSON.stringify(named.slice(0, 64));
      throw new OptionError("invalid_option", "format", got, `one of ${FORMAT_NAMES.join(", ")}`);
    }
    if (negotiate(accept, [FORMATS[named].mediaType])) return named;
    throw notAcceptable(`${named} is ${FORMATS[named].mediaType}, which Accept rules out`);
  }
  const type = negotiate(accept, MEDIA_TYPES);
  if (type) return FORMAT_NAMES.find((name) => FORMATS[name].mediaType === type)!;
  throw notAcceptable(`want one of ${MEDIA_TYPES.join(", ")}`);
}

function notAcceptable(detail: string): HttpProblem {
  return new HttpProblem("not_acceptable", `Cannot answer in a form that Accept allows: ${detail}`, {
    Vary: "Accept",
  });
}
