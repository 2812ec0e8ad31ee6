/** What went wrong, in words, and the ways out of it. */
import { ServiceError } from "./service.ts";

/** Something that a person can do about it. */
export type WayOut = "again" | "shrink" | "another" | "here";

/** Says it. */
export function explain(error: unknown): { message: string; ways: readonly WayOut[] } {
  const { message } = error as Error;
  if (!(error instanceof ServiceError)) return { message, ways: ["again", "another"] };
  switch (error.code) {
    case "too_many_pixels":
    case "body_too_large":
    case "too_many_bytes":
    case "too_much_memory":
    case "too_much_work":
      return { message, ways: ["shrink", "another"] };
    case "offline":
      return { message: `${message} Check the connection and try again.`, ways: ["again"] };
    case "queue_full":
    case "server_busy":
    case "rate_limited": {
      const when = error.retryAfter ? `in ${error.retryAfter} s` : "soon";
      return {
        message: `The service is busy. Try again ${when}, or segment in this browser.`,
        ways: ["again", "here"],
      };
    }
    case "unauthorized":
      return {
        message:
          "This service wants a key, which a page cannot keep safe. Segment in this browser, or use it by HTTP.",
        ways: ["here"],
      };
    default:
      return { message, ways: ["again", "another"] };
  }
}
