/**
 * The contract as zod schemas, made from the tables of options and formats: requests are checked against them, the OpenAPI
 * document is generated from them, and the typed client takes its types from them.
 */
import { z } from "zod";
import { FORMAT_NAMES, type FormatName } from "../lib/formats/table.ts";
import type { RegionsJson } from "../lib/formats/regions_json.ts";
import {
  type ChoiceOption,
  type NumberOption,
  type OptionName,
  type ResolvedSettings,
  SEGMENT_OPTIONS,
} from "../lib/options.ts";
import { OPTION_NAMES } from "../lib/settings.ts";
import type { JobJson } from "./job_handlers.ts";
import { type ProblemDetails, PROBLEMS } from "./problem.ts";

/** Options of a submission as text, the way a query or a form carries them. */
export type SubmissionFields = Partial<Record<OptionName, string> & { format: FormatName }>;

/** regions.json of the service: the library's, with its name and the addresses of all forms. */
export interface SegmentationJson extends RegionsJson {
  readonly id: string;
  readonly url: string;
  readonly files: Readonly<Record<FormatName, string>>;
}

const submissionShape = {
  ...Object.fromEntries(OPTION_NAMES.map((name) => [name, optionSchema(SEGMENT_OPTIONS[name]).optional()])),
  format: z.enum(FORMAT_NAMES as [FormatName, ...FormatName[]]).optional().meta({
    description: "Form of the answer, by name. Without it the Accept header decides.",
  }),
};

/** The query of a submission: every option of the table, and the form of the answer. */
export const submissionQuery = z.strictObject(submissionShape) as unknown as z.ZodType<
  unknown,
  SubmissionFields | undefined
>;

/** The same as a form, with the image. */
export const submissionForm = z.strictObject({
  image: z.string().meta({ description: "The image file.", contentMediaType: "application/octet-stream" }),
  ...submissionShape,
});

/** The query of GET /v1/segment. */
export const remoteQuery = z.strictObject({
  url: z.url().meta({
    description: "Address of a PNG, JPEG or GIF file, on a host that the service allows.",
  }),
  ...submissionShape,
}) as unknown as z.ZodType<unknown, SubmissionFields & { url: string }>;

/** The query of a finished result: another scale, where there is a hierarchy. */
export const scaleQuery = z.strictObject({
  regions: z.coerce.number().int().min(1).max(SEGMENT_OPTIONS.superpixels.max).optional().meta({
    description: "Cuts the hierarchy into so many regions, at most the number of superpixels.",
  }),
  threshold: z.coerce.number().min(0).max(1).optional().meta({
    description: "Makes all merges of at most this height; 0 shows the superpixels, 1 one region.",
  }),
}) as unknown as z.ZodType<
  unknown,
  { regions?: string; threshold?: string } | undefined
>;

/** Settings as results repeat them. */
const settings = z.object(
  Object.fromEntries(OPTION_NAMES.map((name) => [name, optionSchema(SEGMENT_OPTIONS[name])])),
) as unknown as z.ZodType<ResolvedSettings>;

const pixels = (count: number, description: string) =>
  z.array(z.number()).length(count).meta({ description });

const region = z.object({
  label: z.int().meta({ description: "Value of the region's pixels in the label map." }),
  area: z.int().meta({ description: "Pixels." }),
  bbox: pixels(4, "Left, top, width, height in pixels."),
  centroid: pixels(2, "Mean x and y of its pixels, from the centre of the top left one."),
  color: pixels(3, "Mean sRGB colour, 0 to 255 each."),
  neighbors: z.array(z.int()).meta({ description: "Labels that share a boundary edge, ascending." }),
});

/** regions.json. */
export const segmentationJson = z.object({
  id: z.uuid().meta({
    description: "Made of image, options and version: the same everywhere. Cannot be guessed.",
  }),
  url: z.string(),
  files: z.record(z.string(), z.string()).meta({ description: "Path of every form, by name." }),
  width: z.int(),
  height: z.int(),
  backend: z.string(),
  settings,
  superpixelCount: z.int(),
  regions: z.array(region),
  losses: z.array(z.object({ iteration: z.int(), total: z.number() }).loose()),
  labelRuns: z.array(z.int()).meta({
    description: "The label map row by row: label, length, label, length, ... In NumPy: " +
      "np.repeat(runs[0::2], runs[1::2]).reshape(height, width).",
  }),
}).meta({ ref: "Segmentation" }) as unknown as z.ZodType<SegmentationJson>;

const milliseconds = z.record(z.string(), z.number()).meta({ description: "Milliseconds by stage." });

/** A queued segmentation. */
export const jobJson = z.object({
  id: z.uuid(),
  url: z.string().meta({ description: "Where the result is when it is there." }),
  status: z.string(),
  events: z.string(),
  state: z.enum(["queued", "processing", "succeeded", "failed", "canceled"]),
  position: z.int().optional().meta({ description: "Jobs before it." }),
  progress: z.object({ stage: z.string(), fraction: z.number() }).loose().optional().meta({
    description: "Stage, share of the whole that is done, and iteration and loss where there are any.",
  }),
  tries: z.int(),
  estimate: z.number().meta({ description: "Estimated seconds of one core." }),
  error: z.object({ code: z.string(), message: z.string() }).optional().meta({
    description: "Why it failed, or why its last try did.",
  }),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().optional(),
  finishedAt: z.iso.datetime().optional(),
  timings: milliseconds.optional(),
}).meta({ ref: "Job" }) as unknown as z.ZodType<JobJson>;

/** Problem details (RFC 9457). */
export const problemJson = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(PROBLEMS) as [string, ...string[]]).meta({
    description: "Stable; branch on this.",
  }),
  requestId: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
}).meta({ ref: "Problem" }) as unknown as z.ZodType<ProblemDetails>;

function optionSchema(option: NumberOption | ChoiceOption) {
  const { title, description } = option;
  if (option.type === "choice") {
    return z.enum(option.values as [string, ...string[]]).meta({
      title,
      description,
      default: option.default,
    });
  }
  const number = option.type === "integer" ? z.coerce.number().int() : z.coerce.number();
  return number.min(option.min).max(option.max).meta({ title, description, default: option.default });
}
