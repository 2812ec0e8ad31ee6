/**
 * Server-sent events (HTML, section 9.2), in the one spelling that all streams of the service have, and a segmentation
 * that is computed at once as such a stream.
 */
import type { ResolvedSettings } from "../lib/options.ts";
import { pathOf } from "./paths.ts";
import { problemResponse } from "./problem.ts";
import type { Results } from "./results.ts";

/** Headers of a stream; the last one keeps nginx from holding it back. */
export const EVENT_HEADERS = {
  "Cache-Control": "no-store",
  "Content-Type": "text/event-stream",
  "X-Accel-Buffering": "no",
};

/** One event, its data as JSON. */
export function serverEvent(event: string, data: unknown, id?: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Segments at once and answers with a stream: `progress` and `preview` as in a job's, and at the end one `status` with the
 * result's address, or with what a problem would have said. What goes wrong before there is any progress is a problem.
 *
 * @param onEnd Called when the work is over, however it ended.
 * @param onError Receives what goes wrong once the answer has begun; before, it is thrown.
 */
export async function streamSegmentation(
  request: Request,
  results: Results,
  id: string,
  image: Uint8Array<ArrayBuffer>,
  settings: ResolvedSettings,
  onEnd: () => void,
  onError: (error: unknown) => void,
): Promise<Response> {
  const left = new AbortController(), begun = Promise.withResolvers<void>();
  const encoder = new TextEncoder(), url = pathOf(id);
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => controller = given,
    cancel: () => left.abort(new DOMException("the client has gone", "AbortError")),
  });
  let answered = false;
  const send = (event: string, data: unknown) => {
    if (!left.signal.aborted) controller.enqueue(encoder.encode(serverEvent(event, data)));
  };
  const signal = AbortSignal.any([request.signal, left.signal]);
  const work = results.ensure(id, image, settings, signal, ({ preview, ...progress }) => {
    send("progress", progress);
    if (preview !== undefined) send("preview", { image: preview });
    begun.resolve();
  });
  const told = work.then(
    ({ timings }) => send("status", { id, state: "succeeded", url, timings }),
    async (error) => {
      if (answered) onError(error);
      const { code, detail } = await problemResponse(error).json();
      send("status", { id, state: "failed", url, error: { code, message: detail } });
    },
  );
  told.finally(() => {
    onEnd();
    if (!left.signal.aborted) controller.close();
  }).catch(() => {}); // the client went at this very moment
  await Promise.race([begun.promise, work]); // nothing is answered yet: what is thrown here becomes a problem
  answered = true;
  return new Response(body, { headers: { ...EVENT_HEADERS, Location: url, Vary: "Accept" } });
}
