/**
 * Messages through a pipe between two processes: JSON with bytes behind it. Layout of a frame: "DSCF", length of the JSON,
 * length of the bytes (32 bit little-endian each), the JSON, the bytes.
 */

/** One message. */
export interface Frame {
  readonly header: unknown;
  readonly body: Uint8Array<ArrayBuffer>;
}

const MAGIC = 0x46435344; // "DSCF"
const PREFIX_BYTES = 12;
const NO_BYTES = new Uint8Array();

/** A frame as the parts to write, one after the other. */
export function encodeFrame(
  header: unknown,
  body: Uint8Array<ArrayBuffer> = NO_BYTES,
): Uint8Array<ArrayBuffer>[] {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const prefix = new DataView(new ArrayBuffer(PREFIX_BYTES));
  prefix.setUint32(0, MAGIC, true);
  prefix.setUint32(4, text.length, true);
  prefix.setUint32(8, body.length, true);
  return [new Uint8Array(prefix.buffer), text, body];
}

/**
 * Reads frames until the pipe ends; a frame that is cut off is not given.
 *
 * @throws {TypeError} if something else comes through the pipe.
 */
export async function* readFrames(stream: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const take = byteTaker(stream);
  for (;;) {
    const prefix = await take(PREFIX_BYTES);
    if (!prefix) return;
    const view = new DataView(prefix.buffer);
    if (view.getUint32(0, true) !== MAGIC) {
      throw new TypeError("Cannot read frame: want one that begins with DSCF");
    }
    const text = await take(view.getUint32(4, true));
    const body = text && await take(view.getUint32(8, true));
    if (!body) return;
    yield { header: JSON.parse(new TextDecoder().decode(text)), body };
  }
}

/** Gives exactly so many bytes of a stream, or `undefined` where it ends before. */
function byteTaker(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  let rest: Uint8Array = NO_BYTES;
  return async function take(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        rest = value;
      }
      const part = rest.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
    }
    return bytes;
  };
}
