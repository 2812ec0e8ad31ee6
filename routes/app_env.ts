/**
 * Types that the application shares with its middleware and with Hono's typed client.
 */
import type { MiddlewareHandler, TypedResponse } from "hono";
import type { RateLimitInfo } from "hono-rate-limiter";
import type { SubmissionFields } from "./schema.ts";

/** What comes with a request: its id, its key's name, and what the host tells about the connection. */
export type AppEnv = {
  Variables: { requestId: string; client?: string; rateLimit: RateLimitInfo };
  Bindings: { info?: { remoteAddr?: { hostname?: string } } };
};

/** A raw answer whose body is JSON of a type, as far as the typed client is concerned. */
export type JsonAnswer<T, Status extends 200 | 201 | 202> = Response & TypedResponse<T, Status, "json">;

/** Does nothing but tell the typed client that a form with an image may be sent. */
export const acceptsForm: MiddlewareHandler<AppEnv, "/v1/segmentations", {
  in: { form?: SubmissionFields & { image: File | Blob } };
}> = (_, next) => next();
