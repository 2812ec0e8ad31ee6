/**
 * The HTTP application: which path leads where, and what holds for all of them. `createApp()` reads its options once and
 * opens no port, so tests call `app.request()` and every host can serve `app.fetch`.
 */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { TypedResponse } from "hono/types";
import { describeRoute, generateSpecs, validator } from "hono-openapi";
import { OptionError } from "../lib/errors.ts";
import { MODEL_VERSION, VERSION } from "../lib/version.ts";
import type { SegmentRunner } from "../workers/segmenter.ts";
import { createGate, type GateOptions } from "./access.ts";
import { ByteBudget } from "./body.ts";
import { ServiceMetrics } from "./metrics.ts";
import {
  DOCUMENT,
  getDescription,
  getFileDescription,
  postDescription,
  remoteDescription,
  statusDescription,
} from "./openapi.ts";
import { HttpProblem, isServerFault, problemResponse, PROBLEMS } from "./problem.ts";
import { createReadiness } from "./readiness.ts";
import { fetchRemoteImage, type RemoteOptions } from "./remote_image.ts";
import { Results } from "./results.ts";
import { remoteQuery, type SegmentationJson, type SubmissionFields, submissionQuery } from "./schema.ts";
import {
  answerFromMemory,
  checkQuery,
  getRemoteSegmentation,
  getSegmentation,
  getSegmentationFile,
  postSegmentation,
  resourceMembers,
} from "./segmentations.ts";
import { MemoryStore, type ResultStore } from "./store.ts";
import { traceStages } from "./trace.ts";

/** Options of {@linkcode createApp}. */
export interface AppOptions {
  /** Segments images. */
  readonly segmenter: SegmentRunner;
  /** Encodes finished results in other forms. @default the segmenter */
  readonly encoder?: SegmentRunner;
  /** Keeps finished results. @default 256 MB of memory */
  readonly store?: ResultStore;
  /** Bytes of one request body. @default 20_000_000 */
  readonly maxBodyBytes?: number;
  /** Bytes of all request bodies held at the same time. @default 8 bodies of the largest size */
  readonly maxHeldBytes?: number;
  /** Milliseconds in which a body must have come. @default 30_000 */
  readonly bodyTimeoutMs?: number;
  /** Pixels of one image. @default 12_000_000 */
  readonly maxPixels?: number;
  /** Origins whose pages may call the service; `*` for all. @default none */
  readonly corsOrigins?: readonly string[];
  /** Who may have images segmented, and how often; results are open to everyone who knows their id. @default everyone */
  readonly access?: GateOptions;
  /** Makes GET /v1/segment fetch images from these hosts. @default none */
  readonly remote?: Pick<RemoteOptions, "hosts"> & Partial<RemoteOptions>;
  /** Told of every answer but those given at once from memory. @default nobody is */
  readonly onAnswer?: (answer: Answer) => void;
  /** Receives errors of the server. @default nothing does */
  readonly onError?: (error: unknown, requestId: string) => void;
}

/** An answer as the log has it. */
export interface Answer {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** What comes with a request: its id, and what the host tells about the connection. */
export type AppEnv = {
  Variables: { requestId: string };
  Bindings: { info?: { remoteAddr?: { hostname?: string } } };
};

/** Makes the application. */
export function createApp(options: AppOptions) {
  const {
    segmenter,
    encoder = segmenter,
    store = new MemoryStore(256_000_000),
    maxBodyBytes = 20_000_000,
    maxHeldBytes = 8 * maxBodyBytes,
    bodyTimeoutMs = 30_000,
    maxPixels = 12_000_000,
    corsOrigins = [],
    access = {},
    remote,
    onAnswer = () => {},
    onError = () => {},
  } = options;
  const limits = { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs, budget: new ByteBudget(maxHeldBytes) };
  const metrics = new ServiceMetrics({
    runner: () => segmenter.stats(),
    store: () => store instanceof MemoryStore ? store.stats() : undefined,
  });
  const results = new Results({
    segmenter,
    encoder,
    store,
    maxPixels,
    members: resourceMembers,
    onSegmented: (timings) => {
      metrics.segmented(timings);
      traceStages(timings);
    },
  });
  const checkReadiness = createReadiness(segmenter);
  const passGate = createGate(access);
  const fetchImage = (url: string, signal: AbortSignal) =>
    fetchRemoteImage(url, { hosts: [], maxBytes: maxBodyBytes, ...remote }, signal);

  /** For figures that are the operator's: with keys, only for those who have one. */
  const operatorGate = createGate({ keys: access.keys ?? [] });

  const app = new Hono<AppEnv>();
  if (store instanceof MemoryStore && corsOrigins.length === 0) {
    const prefix = "/v1/segmentations/";
    app.get(`${prefix}:id/:format`, function answerAtOnce(c, next) {
      const startedAt = performance.now();
      const answer = answerFromMemory(c.req.raw, store, c.req.path.slice(prefix.length), crypto.randomUUID());
      if (!answer) return next();
      const seconds = (performance.now() - startedAt) / 1000;
      metrics.answered(c.req.method, `${prefix}:id/:format`, answer.status, seconds);
      return Promise.resolve(answer);
    });
  }
  app.use(async function measure(c, next) {
    const startedAt = performance.now();
    await next();
    // afterwards, since what is set before does not reach answers that are plain Responses
    const { requestId } = c.var;
    c.header("X-Request-Id", requestId);
    const route = routePath(c, -1) === "/*" ? "none" : routePath(c, -1);
    const answer = { requestId, method: c.req.method, route, status: c.res.status };
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.answered(answer.method, route, answer.status, seconds);
    onAnswer({ ...answer, seconds });
  });
  app.use(requestId({ limitLength: 64 }));
  app.use(secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    crossOriginResourcePolicy: "cross-origin", // results are made to be shown on other pages
    referrerPolicy: "no-referrer",
  }));
  if (corsOrigins.length > 0) {
    app.use(cors({
      origin: corsOrigins.includes("*") ? "*" : [...corsOrigins],
      allowMethods: ["GET", "HEAD", "POST"],
      exposeHeaders: ["Location", "Content-Location", "ETag", "Retry-After", "Server-Timing", "X-Request-Id"],
      maxAge: 86400,
    }));
  }
  app.onError((error, c) => {
    if (isServerFault(error)) onError(error, c.var.requestId);
    return problem(c, error);
  });
  app.notFound((c) => problem(c, new HttpProblem("not_found", `Cannot find ${c.req.path}`)));

  // before work that costs something
  const gate: MiddlewareHandler<AppEnv> = async function gate(c, next) {
    const env: AppEnv["Bindings"] | undefined = c.env; // undefined where the host tells nothing
    const headers = passGate(c.req.raw, env?.info?.remoteAddr?.hostname);
    await next();
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  };
  app.on("POST", "/v1/segmentations", gate);
  app.on("GET", "/v1/segment", gate);

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
      operatorGate(c.req.raw, undefined);
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
        (await postSegmentation(c.req.raw, results, limits)) as JsonAnswer<SegmentationJson, 200 | 201>,
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
    .get("/v1/segmentations/:id", describeRoute(getDescription), async (c) => {
      return (await getSegmentation(c.req.raw, results, c.req.param("id"))) as JsonAnswer<
        SegmentationJson,
        200
      >;
    })
    .get("/v1/segmentations/:id/:format", describeRoute(getFileDescription), (c) => {
      return getSegmentationFile(c.req.raw, results, c.req.param("id"), c.req.param("format"));
    })
    .get("/problems/:code", describeRoute({ hide: true }), getProblem);

  let document: Promise<string> | undefined;
  app.get("/openapi.json", async (c) => {
    document ??= generateSpecs(routes, { documentation: DOCUMENT, defaultValidationErrorResponse: false })
      .then((specs) => JSON.stringify(specs));
    return c.body(await document, 200, {
      "Content-Type": "application/json",
      "Cache-Control": "public, max-age=3600",
    });
  });
  for (const [path, allow] of Object.entries(ALLOWED)) app.all(path, otherMethod(allow));
  return routes;
}

/** Methods of each path, for 405. */
const ALLOWED = {
  "/healthz": "GET, HEAD",
  "/version": "GET, HEAD",
  "/readyz": "GET, HEAD",
  "/metrics": "GET, HEAD",
  "/v1/segment": "GET, HEAD",
  "/openapi.json": "GET, HEAD",
  "/problems/:code": "GET, HEAD",
  "/v1/segmentations": "POST",
  "/v1/segmentations/:id": "GET, HEAD",
  "/v1/segmentations/:id/:format": "GET, HEAD",
};

/** A raw answer whose body is JSON of a type, as far as the typed client is concerned. */
type JsonAnswer<T, Status extends 200 | 201> = Response & TypedResponse<T, Status, "json">;

/** Does nothing but tell the typed client that a form with an image may be sent. */
const acceptsForm: MiddlewareHandler<AppEnv, "/v1/segmentations", {
  in: { form?: SubmissionFields & { image: File | Blob } };
}> = (_, next) => next();

/** The application's type, for Hono's typed client. */
export type AppType = ReturnType<typeof createApp>;

/** Through the context, which adds the headers that middleware has set so far: a page must be able to read its errors. */
function problem(c: Context<AppEnv>, error: unknown): Response {
  const response = problemResponse(error, c.var.requestId);
  return c.newResponse(response.body, response);
}

/** What the `type` of a problem leads to. */
function getProblem(c: Context<AppEnv>): Response {
  const code = c.req.param("code") ?? "";
  if (!Object.hasOwn(PROBLEMS, code)) throw new HttpProblem("not_found", `Cannot find ${c.req.path}`);
  return c.json({ code, ...PROBLEMS[code as keyof typeof PROBLEMS] }, 200, {
    "Cache-Control": "public, max-age=3600",
  });
}

/** 405 with Allow (RFC 9110, section 15.5.6), and an answer to OPTIONS. */
function otherMethod(allow: string) {
  return function answerOtherMethod(c: Context<AppEnv>): Response {
    if (c.req.method === "OPTIONS") return c.body(null, 204, { Allow: `${allow}, OPTIONS` });
    throw new HttpProblem("method_not_allowed", `Cannot ${c.req.method.slice(0, 20)} here: want ${allow}`, {
      Allow: `${allow}, OPTIONS`,
    });
  };
}
