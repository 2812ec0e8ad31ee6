/**
 * Server-sent events (HTML, section 9.2), in the one spelling that all streams of the service have.
 */

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
