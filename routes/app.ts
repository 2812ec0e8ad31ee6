/**
 * The HTTP application: which path leads where, and what holds for all of them. `createApp()` reads its options once and
 * opens no port, so tests call `app.request()` and every host can serve `app.fetch`.
 */
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { describeRoute, generateSpecs, validator } from "hono-openapi";
import { OptionError } from "../lib/errors.ts";
import { MODEL_VERSION, VERSION } from "../lib/version.ts";
import type { SegmentRunner } from "../workers/segmenter.ts";
import { requireKey } from "./access.ts";
import { acceptsForm, type AppEnv, type JsonAnswer } from "./app_env.ts";
import { ByteBudget } from "./body.ts";
import { deleteJob, getJobEvents, getJobStatus, type JobJson } from "./job_handlers.ts";
import type { Jobs } from "./jobs.ts";
import { ServiceMetrics } from "./metrics.ts";
import { type Answer, answerProblem, describeProblem, measure, refuseOtherMethods } from "./middleware.ts";
import {
  deleteDescription,
  DOCUMENT,
  eventsDescription,
  getDescription,
  getFileDescription,
  jobStatusDescription,
  postDescription,
  remoteDescription,
  statusDescription,
} from "./openapi.ts";
import { getAsset, getPage, getServiceWorker } from "./page.ts";
import { pathOf } from "./paths.ts";
import { HttpProblem, isServerFault } from "./problem.ts";
import { createReadiness } from "./readiness.ts";
import { REFERENCE_CSS, REFERENCE_POLICY, type ReferenceDocument, referencePage } from "./reference.ts";
import { limitRate } from "./rate_limit.ts";
import { checkQuery, readScale } from "./read_request.ts";
import { ReadyAnswers } from "./ready_answers.ts";
import { fetchRemoteImage, type RemoteOptions } from "./remote_image.ts";
import { Results } from "./results.ts";
import { remoteQuery, scaleQuery, type SegmentationJson, submissionQuery } from "./schema.ts";
import { FILE_HEADERS, securityHeaders } from "./security_headers.ts";
import {
  getRemoteSegmentation,
  getSegmentation,
  getSegmentationFile,
  postSegmentation,
} from "./segmentations.ts";
import { MemoryStore, type ResultStore } from "./store.ts";
import { traceStages } from "./trace.ts";

/** Headers that a page of another origin may read. */
const EXPOSED = "Location,Content-Location,ETag,Retry-After,Server-Timing,X-Request-Id,Preference-Applied";

/** Options of {@linkcode createApp}. */
export interface AppOptions {
  /** Segments images. */
  readonly segmenter: SegmentRunner;
  /** Encodes finished results in other forms. @default the segmenter */
  readonly encoder?: SegmentRunner;
  /** Keeps finished results. @default 256 MB of memory */
  readonly store?: ResultStore;
  /** Takes heavy work, and keeps results for longer. @default there is no queue, everything is answered at once */
  readonly jobs?: Jobs | undefined;
  /** Bytes of finished answers kept ready in memory, in front of the store. @default 32_000_000 */
  readonly readyBytes?: number;
  /** Bytes of one request body. @default 20_000_000 */
  readonly maxBodyBytes?: number;
  /** Bytes of all request bodies held at the same time. @default 8 bodies of the largest size */
  readonly maxHeldBytes?: number;
  /** Milliseconds in which a body must have come. @default 30_000 */
  readonly bodyTimeoutMs?: number;
  /** Pixels of one image. @default 13_000_000: phones say 12 and mean up to 12.6 */
  readonly maxPixels?: number;
  /** Origins whose pages may call the service; `*` for all. @default none */
  readonly corsOrigins?: readonly string[];
  /** Keys, one of which is needed to have images segmented; results are open to all who know their id. @default none */
  readonly keys?: readonly string[];
  /** Images a minute from one key or address, 0 for no limit. @default 0 */
  readonly ratePerMinute?: number;
  /** Proxies in front that append to X-Forwarded-For. @default 0 */
  readonly trustedProxies?: number;
  /** Makes GET /v1/segment fetch images from these hosts. @default none */
  readonly remote?: Pick<RemoteOptions, "hosts"> & Partial<RemoteOptions>;
  /** Told of every answer but those given at once from memory. @default nobody is */
  readonly onAnswer?: (answer: Answer) => void;
  /** Receives errors of the server. @default nothing does */
  readonly onError?: (error: unknown, requestId: string) => void;
}

/** Makes the application. */
export function createApp(options: AppOptions) {
  const {
    segmenter,
    encoder = segmenter,
    store = new MemoryStore(256_000_000),
    jobs,
    readyBytes = 32_000_000,
    maxBodyBytes = 20_000_000,
    maxHeldBytes = 8 * maxBodyBytes,
    bodyTimeoutMs = 30_000,
    maxPixels = 13_000_000,
    corsOrigins = [],
    keys = [],
    ratePerMinute = 0,
    trustedProxies = 0,
    remote,
    onAnswer = () => {},
    onError = () => {},
  } = options;
  const limits = { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs, budget: new ByteBudget(maxHeldBytes) };
  const allOrigins = corsOrigins.includes("*");
  // where the answer depends on who asks, none is ready for everyone
  const ready = new ReadyAnswers(corsOrigins.length > 0 && !allOrigins ? 0 : readyBytes, {
    ...FILE_HEADERS,
    ...(allOrigins ? { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED } : {}),
  });
  const metrics = new ServiceMetrics({
    runner: () => segmenter.stats(),
    store: () => store instanceof MemoryStore ? store.stats() : undefined,
    ready: () => ready.given,
    queue: () => jobs?.stats(),
    streams: () => jobs?.streams ?? 0,
  });
  const results = new Results({
    segmenter,
    encoder,
    store,
    jobs,
    maxPixels,
    pathOf,
    onSegmented: (backend, timings) => {
      metrics.segmented(backend, timings);
      traceStages(timings);
    },
  });
  const checkReadiness = createReadiness(segmenter);
  const fetchImage = (url: string, signal: AbortSignal) =>
    fetchRemoteImage(url, { hosts: [], maxBytes: maxBodyBytes, ...remote }, signal);

  const app = new Hono<AppEnv>();
  app.use(measure(metrics, onAnswer));
  app.use(requestId({ limitLength: 64 }));
  app.use(securityHeaders);
  if (corsOrigins.length > 0) {
    const allow = cors({
      origin: allOrigins ? "*" : [...corsOrigins],
      allowMethods: ["GET", "HEAD", "POST", "DELETE"],
      exposeHeaders: EXPOSED.split(","),
      maxAge: 86400,
    });
    // an OPTIONS that is no preflight wants to know the methods
    const isPlain = (c: Context) =>
      c.req.method === "OPTIONS" && !c.req.header("Access-Control-Request-Method");
    app.use((c, next) => isPlain(c) ? next() : allow(c, next));
  }
  const faultOf = (c: Context) => (error: unknown) => {
    if (isServerFault(error)) onError(error, c.get("requestId"));
  };
  app.onError((error, c) => {
    faultOf(c)(error);
    return answerProblem(c, error);
  });
  app.notFound((c) => answerProblem(c, new HttpProblem("not_found", `Cannot find ${c.req.path}`)));

  const gates = [requireKey(keys), limitRate({ ratePerMinute, trustedProxies })] as const;
  app.on("POST", "/v1/segmentations", ...gates);
  app.on("GET", "/v1/segment", ...gates);
  app.on("DELETE", "/v1/segmentations/:id", requireKey(keys));
  app.on("GET", "/metrics", requireKey(keys)); // the operator's figures

  const wantsScale = validator("query", scaleQuery, (result, c) => {
    if (result.success) return;
    readScale(c.req.raw); // says it better, and as a problem
    throw new HttpProblem("malformed_request", "Cannot read query: it does not fit /openapi.json");
  });
  const routes = app
    .get("/healthz", describeRoute(statusDescription("health", "Whether the service answers")), (c) => {
      return c.json({ status: "ok" }, 200, { "Cache-Control": "no-store" });
    })
    .get("/version", describeRoute(statusDescription("version", "Versions of service and model")), (c) => {
      return c.json({ version: VERSION, model: MODEL_VERSION }, 200, { "Cache-Control": "no-cache" });
    })
    .get(
      "/readyz",
      describeRoute(statusDescription("ready", "Whether images come out segmented")),
      async (c) => {
        return c.json(await checkReadiness(), 200, { "Cache-Control": "no-store" });
      },
    )
    .get("/metrics", describeRoute(statusDescription("metrics", "Figures for Prometheus")), async (c) => {
      const headers = { "Content-Type": metrics.contentType, "Cache-Control": "no-store" };
      return c.body(await metrics.text(), 200, headers);
    })
    .post(
      "/v1/segmentations",
      describeRoute(postDescription),
      validator("query", submissionQuery, (result, c) => {
        if (result.success) return;
        checkQuery(c.req.raw); // says it better, and as a problem
        throw new HttpProblem("malformed_request", "Cannot read query: it does not fit /openapi.json");
      }),
      acceptsForm,
      async (c) =>
        (await postSegmentation(c.req.raw, results, limits, jobs, faultOf(c))) as
          | JsonAnswer<SegmentationJson, 200 | 201>
          | JsonAnswer<JobJson, 202>,
    )
    .get(
      "/v1/segment",
      describeRoute({ ...remoteDescription, hide: remote === undefined }),
      validator("query", remoteQuery, (result, c) => {
        if (remote === undefined) {
          throw new HttpProblem("not_found", "Cannot fetch images: this service allows no host");
        }
        if (result.success) return;
        checkQuery(c.req.raw, ["url"]);
        throw new OptionError("invalid_option", "url", "none", "the address of an image");
      }),
      async (c) => {
        const { signal } = c.req.raw;
        const answer = await getRemoteSegmentation(
          c.req.raw,
          results,
          (url) => fetchImage(url, signal),
          limits.budget,
        );
        return answer as JsonAnswer<SegmentationJson, 200>;
      },
    )
    .get("/v1/segmentations/:id", describeRoute(getDescription), wantsScale, async (c) => {
      const answer = await getSegmentation(c.req.raw, results, c.req.param("id"), jobs);
      return answer as JsonAnswer<SegmentationJson, 200> | JsonAnswer<JobJson, 202>;
    })
    .delete("/v1/segmentations/:id", describeRoute(deleteDescription), async (c) => {
      return (await deleteJob(jobs, c.req.param("id"))) as JsonAnswer<JobJson, 200>;
    })
    .get("/v1/segmentations/:id/status", describeRoute(jobStatusDescription), async (c) => {
      return (await getJobStatus(c.req.raw, jobs, c.req.param("id"))) as JsonAnswer<JobJson, 200>;
    })
    .get("/v1/segmentations/:id/events", describeRoute(eventsDescription), (c) => {
      return getJobEvents(c.req.raw, jobs, c.req.param("id"));
    })
    .get("/v1/segmentations/:id/:format", describeRoute(getFileDescription), wantsScale, async (c) => {
      const { id, format } = c.req.param();
      const answer = await getSegmentationFile(c.req.raw, results, id, format, jobs);
      ready.keep(c.req.raw, answer);
      return answer;
    })
    .get("/problems/:code", describeRoute({ hide: true }), describeProblem);

  let document: Promise<ReferenceDocument> | undefined;
  const openDocument = () =>
    document ??= generateSpecs(routes, {
      documentation: DOCUMENT,
      defaultValidationErrorResponse: false,
    }) as Promise<ReferenceDocument>;
  const hour = { "Cache-Control": "public, max-age=3600" };
  app.get("/openapi.json", async (c) => c.json(await openDocument(), 200, hour));
  app.get(
    "/reference.css",
    (c) => c.body(REFERENCE_CSS, 200, { ...hour, "Content-Type": "text/css; charset=utf-8" }),
  );
  app.get("/reference", async (c) => {
    return c.html(referencePage(await openDocument()), 200, {
      ...hour,
      "Content-Security-Policy": REFERENCE_POLICY,
    });
  });
  app.get("/", (c) => getPage(c.req.raw, { maxBytes: maxBodyBytes, maxPixels }));
  app.get("/service_worker.js", (c) => getServiceWorker(c.req.raw));
  app.get("/assets/:path{.+}", (c) => getAsset(c.req.raw, c.req.param("path")));
  refuseOtherMethods(app);

  const route = app.fetch;
  app.fetch = (request, ...host) => ready.answer(request) ?? route(request, ...host);
  return routes;
}

/** The application's type, for Hono's typed client. */
export type AppType = ReturnType<typeof createApp>;
