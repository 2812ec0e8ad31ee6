/**
 * What holds for more than one path: measuring, and the answers to what is not there.
 */
import type { Context, Hono, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { AppEnv } from "./app_env.ts";
import type { ServiceMetrics } from "./metrics.ts";
import { HttpProblem, problemResponse, PROBLEMS } from "./problem.ts";

/** An answer as the log has it. */
export interface Answer {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** Methods by their names; any other word is one too, and clients must not make labels of their own for the figures. */
const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** Counts every answer and names its request. */
export function measure(
  metrics: ServiceMetrics,
  onAnswer: (answer: Answer) => void,
): MiddlewareHandler<AppEnv> {
  return async function measure(c, next) {
    const startedAt = performance.now();
    await next();
    // afterwards, since what is set before does not reach answers that are plain Responses
    const { requestId } = c.var;
    c.header("X-Request-Id", requestId);
    // the first that fits: /status is a form of a result as well, by its pattern
    const route = matchedRoutes(c).find(({ path }) => path !== "/*")?.path ?? "none";
    const method = METHODS.has(c.req.method) ? c.req.method : "other";
    const answer = { requestId, method, route, status: c.res.status };
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.answered(answer.method, route, answer.status, seconds);
    onAnswer({ ...answer, seconds });
  };
}

/** A problem through the context, which adds the headers set so far: a page must be able to read its errors. */
export function answerProblem(c: Context<AppEnv>, error: unknown): Response {
  const response = problemResponse(error, c.var.requestId);
  return c.newResponse(response.body, response);
}

/** What the `type` of a problem leads to. */
export function describeProblem(c: Context<AppEnv>): Response {
  const code = c.req.param("code") ?? "";
  if (!Object.hasOwn(PROBLEMS, code)) throw new HttpProblem("not_found", `Cannot find ${c.req.path}`);
  const body = { code, ...PROBLEMS[code as keyof typeof PROBLEMS] };
  return c.json(body, 200, { "Cache-Control": "public, max-age=3600" });
}

/**
 * Answers the methods that a path does not have with 405 and Allow (RFC 9110, section 15.5.6), and OPTIONS with 204. Goes
 * last, when all routes are there.
 */
export function refuseOtherMethods(app: Hono<AppEnv>): void {
  const allowed = new Map<string, Set<string>>();
  for (const { method, path } of app.routes) {
    if (method === "ALL") continue; // middleware
    const methods = allowed.get(path) ?? new Set();
    methods.add(method);
    if (method === "GET") methods.add("HEAD");
    allowed.set(path, methods);
  }
  for (const [path, methods] of allowed) {
    const allow = [...methods, "OPTIONS"].join(", ");
    app.all(path, function refuseOtherMethod(c) {
      if (c.req.method === "OPTIONS") return c.body(null, 204, { Allow: allow });
      const detail = `Cannot ${c.req.method.slice(0, 20)} here: want ${[...methods].join(", ")}`;
      throw new HttpProblem("method_not_allowed", detail, { Allow: allow });
    });
  }
}
