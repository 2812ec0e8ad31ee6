/** Writes small MAT-files of level 5, element by element, so that tests can also write wrong ones. */
import { deflateSync } from "node:zlib";

export class MatWriter {
  readonly #little: boolean;

  constructor(endian: "little" | "big" = "little") {
    this.#little = endian === "little";
  }

  /** A file of the given elements. */
  file(...elements: Uint8Array[]): Uint8Array {
    const header = new Uint8Array(128).fill(32);
    header.set(new TextEncoder().encode("MATLAB 5.0 MAT-file, written by a test"));
    new DataView(header.buffer).setUint16(124, 0x0100, this.#little);
    header.set(new TextEncoder().encode(this.#little ? "IM" : "MI"), 126);
    return concat([header, ...elements]);
  }

  /** A data element: tag, data, padding; `small` packs up to 4 bytes into the tag. */
  element(type: number, body: Uint8Array, small = false): Uint8Array {
    const out = new Uint8Array(small ? 8 : 8 + (type === 15 ? body.length : Math.ceil(body.length / 8) * 8));
    const view = new DataView(out.buffer);
    if (small) view.setUint32(0, (body.length << 16) | type, this.#little);
    else {
      view.setUint32(0, type, this.#little);
      view.setUint32(4, body.length, this.#little);
    }
    out.set(body, small ? 4 : 8);
    return out;
  }

  compressed(element: Uint8Array): Uint8Array {
    return this.element(15, new Uint8Array(deflateSync(element)));
  }

  /** A miMATRIX element of an array class with its own contents. */
  array(classNumber: number, dims: number[], name: string, ...contents: Uint8Array[]): Uint8Array {
    return this.element(
      14,
      concat([
        this.element(6, this.#numbers([classNumber, 0], 4)),
        this.element(5, this.#numbers(dims, 4)),
        this.element(1, new TextEncoder().encode(name), name.length > 0 && name.length <= 4),
        ...contents,
      ]),
    );
  }

  uint16(dims: number[], values: number[], name = ""): Uint8Array {
    return this.array(11, dims, name, this.element(4, this.#numbers(values, 2)));
  }

  double(dims: number[], values: number[], name = ""): Uint8Array {
    return this.array(6, dims, name, this.element(9, this.#numbers(values, 8)));
  }

  /** A double array whose whole numbers are stored as bytes, as MATLAB does to save space. */
  packedDouble(dims: number[], values: number[], name = ""): Uint8Array {
    return this.array(6, dims, name, this.element(2, Uint8Array.from(values)));
  }

  text(text: string, name = ""): Uint8Array {
    return this.array(
      4,
      [1, text.length],
      name,
      this.element(4, this.#numbers(Array.from(text, (c) => c.charCodeAt(0)), 2)),
    );
  }

  cell(dims: number[], cells: Uint8Array[], name = ""): Uint8Array {
    return this.array(1, dims, name, ...cells);
  }

  /** A 1 x 1 struct. */
  struct(fields: Record<string, Uint8Array>, name = ""): Uint8Array {
    const names = Object.keys(fields), packed = new Uint8Array(32 * names.length);
    names.forEach((field, i) => packed.set(new TextEncoder().encode(field), 32 * i));
    const width = this.element(5, this.#numbers([32], 4), true);
    return this.array(2, [1, 1], name, width, this.element(1, packed), ...Object.values(fields));
  }

  #numbers(values: number[], size: 2 | 4 | 8): Uint8Array {
    const out = new Uint8Array(values.length * size), view = new DataView(out.buffer);
    values.forEach((value, i) => {
      if (size === 2) view.setUint16(2 * i, value, this.#little);
      else if (size === 4) view.setInt32(4 * i, value, this.#little);
      else view.setFloat64(8 * i, value, this.#little);
    });
    return out;
  }
}

function concat(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
