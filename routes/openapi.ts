/**
 * What the OpenAPI document (3.1) says about each route. Parameters come from the schemas that check them; here are the
 * bodies and answers, which no validator sees.
 */
import { type DescribeRouteOptions, type GenerateSpecOptions, resolver } from "hono-openapi";
import { FORMAT_NAMES, FORMATS } from "../lib/formats/table.ts";
import { VERSION } from "../lib/version.ts";
import { type ProblemCode, PROBLEMS } from "./problem.ts";
import { jobJson, problemJson, segmentationJson, submissionForm } from "./schema.ts";

/** Facts about the service as a whole. */
export const DOCUMENT: GenerateSpecOptions["documentation"] = {
  openapi: "3.1.0",
  info: {
    title: "Deep Superpixel Cut",
    version: VERSION,
    description:
      "Unsupervised image segmentation: a photograph in, regions out. A segmentation is named by its content " +
      "(image, options, version), so the same request has the same answer under the same address, and every GET of a " +
      "finished result may be cached forever.",
    license: { name: "MIT", identifier: "MIT" },
  },
  components: {
    securitySchemes: {
      key: { type: "http", scheme: "bearer", description: "Only where the service is run with keys." },
    },
  },
};

const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "application/octet-stream"] as const;

/** Every form of a result, by media type. */
const FORMS = {
  ...Object.fromEntries(FORMAT_NAMES.map((name) => [FORMATS[name].mediaType, {}])),
  "application/json": { schema: resolver(segmentationJson) },
};

const HEADERS = {
  ETag: header("Strong; the same for the same image, options, form and version."),
  "X-Request-Id": header("Names this request in the service's log."),
};

/** POST /v1/segmentations. */
export const postDescription: DescribeRouteOptions = {
  operationId: "segment",
  summary: "Segment an image",
  description:
    "Send the image file as the body, or a form with the file in the field `image`. Options go in the query " +
    "or, in a form, into fields. An option that is not known is refused. To those who prefer `text/event-stream` the " +
    "answer tells how the work goes on: `progress`, `preview`, and at the end one `status` with the result's `url`.",
  security: [{}, { key: [] }],
  requestBody: {
    required: true,
    content: {
      ...Object.fromEntries(IMAGE_TYPES.map((type) => [type, {}])),
      "multipart/form-data": { schema: resolver(submissionForm) },
    },
  },
  responses: {
    201: {
      description: "Segmented. Location is its address.",
      headers: {
        ...HEADERS,
        Location: header("Address of the segmentation."),
        "Server-Timing": header("Milliseconds by stage."),
      },
      content: FORMS,
    },
    202: unfinished("Queued: heavy work, or Prefer: respond-async."),
    200: {
      description: "It was there already, or comes as events.",
      headers: { ...HEADERS, Location: header("Address of the segmentation.") },
      content: { ...FORMS, "text/event-stream": {} },
    },
    ...problems(
      "empty_image",
      "not_acceptable",
      "request_timeout",
      "body_too_large",
      "not_an_image",
      "invalid_option",
    ),
    ...problems("unauthorized", "rate_limited", "internal_error", "queue_full", "storage_full"),
  },
};

/** GET /v1/segment. */
export const remoteDescription: DescribeRouteOptions = {
  operationId: "segmentRemote",
  summary: "Segment an image of another host",
  description: "Only for hosts that the service allows; off where there are none. Made for <img src>.",
  security: [{}, { key: [] }],
  responses: {
    200: { description: "The segmentation.", headers: HEADERS, content: FORMS },
    304: { description: "The copy that If-None-Match names is good.", headers: HEADERS },
    ...problems(
      "not_acceptable",
      "body_too_large",
      "not_an_image",
      "invalid_option",
      "remote_forbidden",
      "remote_failed",
    ),
    ...problems("unauthorized", "rate_limited", "internal_error", "queue_full"),
  },
};

/** GET /v1/segmentations/{id}. */
export const getDescription: DescribeRouteOptions = {
  operationId: "getSegmentation",
  summary: "A finished segmentation, in the form that Accept prefers",
  responses: {
    200: { description: "Here it is; it will never change.", headers: HEADERS, content: FORMS },
    202: unfinished("Queued or being processed. With Prefer: wait=10 it is waited for."),
    304: { description: "The copy that If-None-Match names is good.", headers: HEADERS },
    ...problems("not_found", "not_acceptable", "job_canceled", "worker_crashed"),
  },
};

/** GET /v1/segmentations/{id}/status. */
export const jobStatusDescription: DescribeRouteOptions = {
  operationId: "getJob",
  summary: "How a queued segmentation is",
  description: "State, place in the line, progress, tries, the reason of a failure, times. Never cached.",
  responses: {
    200: { description: "How it is.", content: { "application/json": { schema: resolver(jobJson) } } },
    ...problems("not_found", "jobs_unavailable"),
  },
};

/** GET /v1/segmentations/{id}/events. */
export const eventsDescription: DescribeRouteOptions = {
  operationId: "getJobEvents",
  summary: "The same as it happens, as server-sent events",
  description:
    "`status` whenever state or place change, `progress` twice a second at most, and `preview`, whose `image` is the " +
    "address of a PNG that holds itself (`data:image/png;base64,...`). Goes on after Last-Event-ID; ends with the job, " +
    "and answers 204 to whoever comes back after that.",
  responses: {
    200: { description: "Events.", content: { "text/event-stream": {} } },
    204: { description: "The job is over, and the client knows." },
    ...problems("not_found", "streams_full", "jobs_unavailable"),
  },
};

/** DELETE /v1/segmentations/{id}. */
export const deleteDescription: DescribeRouteOptions = {
  operationId: "cancelJob",
  summary: "Cancel a queued segmentation",
  description: "Ends the job within 2 s, for everyone who waits for this result.",
  security: [{}, { key: [] }],
  responses: {
    200: { description: "Canceled.", content: { "application/json": { schema: resolver(jobJson) } } },
    ...problems("not_found", "job_over", "unauthorized", "jobs_unavailable"),
  },
};

/** GET /v1/segmentations/{id}/{format}. */
export const getFileDescription: DescribeRouteOptions = {
  operationId: "getSegmentationFile",
  summary: "A finished segmentation in one form",
  description: FORMAT_NAMES.map((name) => `- \`${name}\`: ${FORMATS[name].description}`).join("\n"),
  responses: getDescription.responses!,
};

/** Describes the paths that only say how the service is. */
export function statusDescription(operationId: string, summary: string): DescribeRouteOptions {
  return { operationId, summary, responses: { 200: { description: "As JSON or text." } } };
}

function unfinished(description: string) {
  return {
    description,
    headers: {
      Location: header("Address of the segmentation."),
      "Retry-After": header("Seconds after which asking again is worthwhile."),
    },
    content: { "application/json": { schema: resolver(jobJson) } },
  };
}

/** One answer for each status among the codes, with all the codes of that status. */
function problems(...codes: ProblemCode[]) {
  return Object.fromEntries(codes.map((code) => {
    const { status } = PROBLEMS[code];
    const all = Object.entries(PROBLEMS).filter(([, problem]) => problem.status === status);
    return [status, {
      description: all.map(([name, { title }]) => `\`${name}\`: ${title}.`).join("\n"),
      content: { "application/problem+json": { schema: resolver(problemJson) } },
    }];
  }));
}

function header(description: string) {
  return { description, schema: { type: "string" as const } };
}
