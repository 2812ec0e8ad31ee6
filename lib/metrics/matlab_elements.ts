/**
 * The data elements that MAT-files of level 5 are built of: tags, compression, numbers in all their storage types.
 */

import { LimitError, MatlabError } from "../errors.ts";

/** Typed arrays that numeric classes are read into. */
export type MatlabData =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Data type of an array. */
export const MATRIX = 14;
/** Data type of a deflated element. */
export const COMPRESSED = 15;

/** Typed arrays by array class. */
export const DATA_BY_CLASS: Readonly<Record<string, new (length: number) => MatlabData>> = {
  double: Float64Array,
  single: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
};

/** Inflates a compressed element, up to `maxBytes`. */
export async function inflate(body: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const source = new Blob([body as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(new DecompressionStream("deflate")).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause) => {
      throw new MatlabError("corrupt_file", "Cannot read MAT-file: a compressed variable is broken", {
        cause,
      });
    });
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw new LimitError(
        "too_many_bytes",
        maxBytes,
        length,
        `Cannot read MAT-file: a variable inflates to over ${maxBytes} bytes`,
      );
    }
    chunks.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** A data element. */
export interface Element {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Walks the data elements of a body: a tag (type, length), the data, padding to 8 bytes. */
export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  #at = 0;

  constructor(bytes: Uint8Array, little: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = little;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  element(): Element {
    this.#need(this.#at + 8);
    const word = this.#view.getUint32(this.#at, this.#little);
    // the small format packs length and type in one word and up to 4 bytes in the next
    const small = word >>> 16;
    const type = small ? word & 0xffff : word;
    const length = small || this.#view.getUint32(this.#at + 4, this.#little);
    const start = this.#at + (small ? 4 : 8);
    if (small > 4) {
      throw new MatlabError("corrupt_file", `Cannot read MAT-file: a small element of ${small} bytes`);
    }
    this.#need(start + length);
    // compressed elements are not padded; of the last element some writers leave the padding out
    this.#at = small ? start + 4 : start + (type === COMPRESSED ? length : Math.ceil(length / 8) * 8);
    return { type, body: this.#bytes.subarray(start, start + length) };
  }

  #need(end: number): void {
    if (end > this.#bytes.length) {
      throw new MatlabError(
        "truncated_file",
        `Cannot read MAT-file: it ends ${end - this.#bytes.length} bytes early`,
      );
    }
  }
}

/** Arrays as stored, by an element's data type; doubles of whole numbers, for example, are often stored as bytes. */
const STORED: Readonly<Record<number, new (buffer: ArrayBuffer) => MatlabData>> = {
  1: Int8Array,
  2: Uint8Array,
  3: Int16Array,
  4: Uint16Array,
  5: Int32Array,
  6: Uint32Array,
  7: Float32Array,
  9: Float64Array,
  16: Uint8Array, // UTF-8: exact for ASCII, the only text these files hold
  17: Uint16Array,
};

/** Numbers of an element, as the typed array of an array class. */
export function toNumbers(element: Element, little: boolean, className: string): MatlabData {
  const stored = STORED[element.type];
  if (!stored) {
    throw new MatlabError(
      "corrupt_file",
      `Cannot read MAT-file: numbers stored as data type ${element.type}`,
    );
  }
  const size = (stored as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  // a copy, because elements start at any multiple of 4 and typed arrays want their own alignment
  const bytes = element.body.slice(0, element.body.length - element.body.length % size);
  if (little !== HOST_IS_LITTLE) reverseEach(bytes, size);
  const values = new stored(bytes.buffer);
  const wanted = DATA_BY_CLASS[className]!;
  if (values instanceof wanted) return values;
  const data = new wanted(values.length);
  data.set(values);
  return data;
}

const HOST_IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function reverseEach(bytes: Uint8Array, size: number): void {
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
}

/** Text up to the first zero byte. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
