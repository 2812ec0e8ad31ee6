/**
 * What a request asks for: options, the form of the answer, the scale, and the image in its body. Everything is checked
 * here; nothing is computed.
 */
import { OptionError } from "../lib/errors.ts";
import { FORMAT_NAMES, type FormatName, FORMATS, isFormatName } from "../lib/formats/table.ts";
import type { Scale } from "../lib/hierarchy/tree.ts";
import { type ResolvedSettings, SEGMENT_OPTIONS } from "../lib/options.ts";
import { parseSettings } from "../lib/settings.ts";
import { parseMultipart } from "./multipart.ts";
import { negotiate } from "./negotiate.ts";
import { HttpProblem } from "./problem.ts";

/** Media types of a body that is an image file. The bytes decide what it is; these only say that it is one. */
const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "application/octet-stream"];
/** Of a form with a file in it. */
export const FORM_TYPE = "multipart/form-data";
const MEDIA_TYPES = [...new Set(FORMAT_NAMES.map((name) => FORMATS[name].mediaType))];

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
  const named = fields.get("format");
  if (!wantsEvents(request, named)) chooseFormat(request, named);
  return fields;
}

/** Whether a client would rather hear how the work goes on than have its result in the same answer. */
export function wantsEvents(request: Request, named: string | undefined): boolean {
  if (request.method !== "POST" || named !== undefined) return false;
  const accept = request.headers.get("Accept") ?? undefined;
  return negotiate(accept, ["application/json", "text/event-stream"]) === "text/event-stream";
}

/**
 * The scale that a query asks for: `regions=12` or `threshold=0.4`.
 *
 * @throws {OptionError} for anything else, since every other query would be another entry in every cache.
 */
export function readScale(request: Request): Scale | undefined {
  const [first, ...more] = [...new URL(request.url).searchParams];
  if (!first) return undefined;
  const [name, text] = first;
  if (more.length > 0) {
    throw new OptionError("invalid_option", more[0]![0].slice(0, 64), "two options", "at most one");
  }
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (name === "regions" && Number.isInteger(value) && value >= 1 && value <= MOST_REGIONS) {
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

/**
 * The media type of a body, which says whether it is an image file or a form with one.
 *
 * @throws {HttpProblem} `unsupported_media_type`.
 */
export function mediaTypeOf(request: Request): string {
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

/**
 * The image in a form; its other fields are added to those of the query.
 *
 * @throws {HttpProblem} `malformed_multipart` or `missing_image`.
 * @throws {OptionError} for a field that the query has already.
 */
export function readForm(
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

/**
 * The settings among the fields.
 *
 * @throws {OptionError} for the first field that is unknown or out of range.
 */
export function parseOptions(
  fields: ReadonlyMap<string, string>,
  besides: readonly string[] = [],
): ResolvedSettings {
  const options = Object.fromEntries(fields);
  for (const name of ["format", ...besides]) delete options[name];
  return parseSettings(options);
}

/**
 * The form of the answer: the one named, if Accept allows it, else the one that Accept prefers.
 *
 * @throws {OptionError} for a name that no form has.
 * @throws {HttpProblem} `not_acceptable`.
 */
export function chooseFormat(request: Request, named: string | undefined): FormatName {
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
