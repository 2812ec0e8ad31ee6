/** Server-sent events (HTML, section 9.2) as they stand in the body of an answer: `EventSource` cannot send a picture. */

/** One event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads events until the body ends; one that was cut off is not given. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader(), decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const event = /^event: (.*)$/m.exec(block)?.[1], data = /^data: (.*)$/m.exec(block)?.[1];
        if (event !== undefined && data !== undefined) yield { event, data };
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // who stops reading wants no more of it
  }
}
