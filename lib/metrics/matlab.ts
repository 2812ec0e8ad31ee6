/**
 * Reads MATLAB's MAT-files of level 5 (every save since MATLAB 5 but `-v7.3`), from bytes, wherever
 * `DecompressionStream` exists. Format: "MAT-File Format", The MathWorks. Numeric arrays, text, cells and structs are
 * read; sparse arrays, objects and 64-bit integers are reported as unsupported without spoiling the other variables.
 * Refuses level 4 and 7.3 (HDF5).
 */

import { MatlabError } from "../errors.ts";
import {
  COMPRESSED,
  Cursor,
  DATA_BY_CLASS,
  inflate,
  latin1,
  type MatlabData,
  MATRIX,
  toNumbers,
} from "./matlab_elements.ts";

export type { MatlabData };

/** What a variable, a cell or a field holds. Arrays are column by column, as MATLAB keeps them. */
export type MatlabValue = MatlabNumeric | MatlabText | MatlabCell | MatlabStruct | MatlabUnsupported;

/** A numeric or logical array; of complex ones the real part. */
export interface MatlabNumeric {
  /** What it is. */
  readonly kind: "numeric";
  /** MATLAB's class, such as "double" or "uint16". */
  readonly class: string;
  /** Rows, columns, ... */
  readonly dims: readonly number[];
  /** Values, column by column. */
  readonly data: MatlabData;
}

/** A character array. */
export interface MatlabText {
  /** What it is. */
  readonly kind: "text";
  /** Rows, columns, ... */
  readonly dims: readonly number[];
  /** Characters, column by column. */
  readonly text: string;
}

/** A cell array. */
export interface MatlabCell {
  /** What it is. */
  readonly kind: "cell";
  /** Rows, columns, ... */
  readonly dims: readonly number[];
  /** Cells, column by column. */
  readonly cells: readonly MatlabValue[];
}

/** A struct array: one map of fields for each element. */
export interface MatlabStruct {
  /** What it is. */
  readonly kind: "struct";
  /** Rows, columns, ... */
  readonly dims: readonly number[];
  /** Elements, column by column. */
  readonly elements: readonly ReadonlyMap<string, MatlabValue>[];
}

/** A class that this reader does not read. */
export interface MatlabUnsupported {
  /** What it is. */
  readonly kind: "unsupported";
  /** MATLAB's class. */
  readonly class: string;
}

/** Options of {@linkcode readMatlab}. */
export interface ReadMatlabOptions {
  /** Most bytes that one compressed variable may inflate to. @default 268_435_456 */
  maxBytes?: number;
}

const HEADER = 128;
/** Cells in cells in cells: real files nest three deep; the bound keeps a forged one off the stack's end. */
const DEEPEST = 64;

/** Array classes, by number. */
const CLASSES = [
  "",
  "cell",
  "struct",
  "object",
  "char",
  "sparse",
  "double",
  "single",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "function",
  "opaque",
];

/**
 * Reads all variables of a MAT-file.
 *
 * @param bytes The file.
 * @param options See {@linkcode ReadMatlabOptions}.
 * @returns Variables by name, in the file's order.
 * @throws {MatlabError} When the bytes are no MAT-file of level 5, or cut short, or broken.
 * @throws {LimitError} When a variable inflates to more than `maxBytes`.
 *
 * @example
 * ```ts
 * import { readMatlab } from "./matlab.ts";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(readMatlab(new Uint8Array(10)), /want a MAT-file of level 5/);
 * ```
 */
export async function readMatlab(
  bytes: Uint8Array,
  options: ReadMatlabOptions = {},
): Promise<Map<string, MatlabValue>> {
  const { maxBytes = 268_435_456 } = options;
  const little = readHeader(bytes);
  const file = new Cursor(bytes.subarray(HEADER), little);
  const variables = new Map<string, MatlabValue>();
  while (!file.done) {
    let element = file.element();
    if (element.type === COMPRESSED) {
      element = new Cursor(await inflate(element.body, maxBytes), little).element();
    }
    if (element.type !== MATRIX) continue; // a reader skips what it does not know, says the format
    const { name, value } = readArray(element.body, little, 0);
    variables.set(name, value);
  }
  return variables;
}

/** Returns whether the file is little-endian. */
function readHeader(bytes: Uint8Array): boolean {
  if (
    String.fromCharCode(...bytes.subarray(1, 4)) === "HDF" || latin1(bytes.subarray(0, 10)) === "MATLAB 7.3"
  ) {
    throw new MatlabError(
      "unsupported_version",
      "Cannot read MAT-file: it is of version 7.3 (HDF5), want level 5",
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const endian = bytes.length < HEADER ? "" : latin1(bytes.subarray(126, 128));
  if ((endian !== "IM" && endian !== "MI") || view.getUint16(124, endian === "IM") !== 0x0100) {
    throw new MatlabError(
      "not_matlab",
      `Cannot read MAT-file: ${bytes.length} bytes without its signature, want a MAT-file of level 5`,
    );
  }
  return endian === "IM";
}

function readArray(
  body: Uint8Array,
  little: boolean,
  depth: number,
): { name: string; value: MatlabValue } {
  if (body.length === 0) { // how an empty cell or field is written
    return { name: "", value: { kind: "numeric", class: "double", dims: [0, 0], data: new Float64Array(0) } };
  }
  if (depth > DEEPEST) {
    throw new MatlabError("corrupt_file", `Cannot read MAT-file: arrays nest over ${DEEPEST} deep`);
  }
  const cursor = new Cursor(body, little);
  const flags = toNumbers(cursor.element(), little, "uint32");
  const className = CLASSES[flags[0]! & 0xff] || `class ${flags[0]! & 0xff}`;
  if (className === "opaque") return { name: "", value: { kind: "unsupported", class: className } };
  const dims = Array.from(toNumbers(cursor.element(), little, "int32"));
  const name = latin1(cursor.element().body);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length < 2 || dims.some((dim) => dim < 0) || !Number.isSafeInteger(count)) {
    throw new MatlabError("corrupt_file", `Cannot read MAT-file: array "${name}" has dimensions ${dims}`);
  }
  return { name, value: readContents(cursor, className, dims, count, little, depth) };
}

function readContents(
  cursor: Cursor,
  className: string,
  dims: readonly number[],
  count: number,
  little: boolean,
  depth: number,
): MatlabValue {
  if (className === "cell") {
    const cells: MatlabValue[] = [];
    for (let i = 0; i < count; i++) cells.push(readArray(cursor.element().body, little, depth + 1).value);
    return { kind: "cell", dims, cells };
  }
  if (className === "struct") {
    const width = toNumbers(cursor.element(), little, "int32")[0] ?? 0;
    const packed = cursor.element().body;
    if (width < 1) {
      throw new MatlabError("corrupt_file", "Cannot read MAT-file: a struct's field names are empty");
    }
    const names: string[] = [];
    for (let i = 0; i < packed.length; i += width) names.push(latin1(packed.subarray(i, i + width)));
    const elements: Map<string, MatlabValue>[] = [];
    for (let i = 0; i < (names.length > 0 ? count : 0); i++) {
      const fields = new Map<string, MatlabValue>();
      for (const name of names) fields.set(name, readArray(cursor.element().body, little, depth + 1).value);
      elements.push(fields);
    }
    return { kind: "struct", dims, elements };
  }
  const stored = className === "char" ? "uint16" : className;
  if (!(stored in DATA_BY_CLASS)) return { kind: "unsupported", class: className };
  const data = toNumbers(cursor.element(), little, stored);
  if (data.length !== count) {
    throw new MatlabError(
      "corrupt_file",
      `Cannot read MAT-file: an array of ${dims.join(" x ")} holds ${data.length} numbers`,
    );
  }
  if (className !== "char") return { kind: "numeric", class: className, dims, data };
  return { kind: "text", dims, text: Array.from(data, (code) => String.fromCharCode(code)).join("") };
}
