/**
 * multipart/form-data (RFC 7578) from bytes that are there already. The platform's `formData()` walks a body byte by byte
 * in JavaScript, which blocks the isolate that answers everyone for as long; this one searches for the boundary natively
 * and hands out views.
 */
import { Buffer } from "node:buffer";
import { HttpProblem } from "./problem.ts";

/** A field of a form. */
export interface FormPart {
  readonly name: string;
  /** The bytes, a view into the body. */
  readonly data: Uint8Array<ArrayBuffer>;
}

const MAX_PARTS = 64;
const MAX_HEADER_BYTES = 4096;

/**
 * Splits a body.
 *
 * @param body The whole body.
 * @param contentType The Content-Type header, with its boundary.
 * @throws {HttpProblem} `malformed_multipart`.
 */
export function parseMultipart(body: Uint8Array<ArrayBuffer>, contentType: string): FormPart[] {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  if (!boundary) throw malformed("want a boundary of 1 to 70 characters in Content-Type");
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`--${boundary[1] ?? boundary[2]}`, "latin1");
  const separator = Buffer.concat([Buffer.from("\r\n"), delimiter]);

  // the first delimiter need not follow a line end, and text before it is to be ignored (RFC 2046, section 5.1.1)
  let position = buffer.indexOf(delimiter);
  while (position > 0 && buffer.toString("latin1", position - 2, position) !== "\r\n") {
    position = buffer.indexOf(delimiter, position + 1);
  }
  if (position < 0) throw malformed("the boundary does not occur in the body");
  position += delimiter.length;
  const parts: FormPart[] = [];
  for (;;) {
    if (buffer.toString("latin1", position, position + 2) === "--") return parts;
    const headerStart = skipPadding(buffer, position);
    const headerEnd = buffer.subarray(0, headerStart + MAX_HEADER_BYTES).indexOf("\r\n\r\n", headerStart - 2);
    if (headerEnd < 0) throw malformed(`a part's headers do not end within ${MAX_HEADER_BYTES} bytes`);
    const dataEnd = buffer.indexOf(separator, headerEnd + 2);
    if (dataEnd < 0) throw malformed("the last boundary is missing");
    if (parts.length === MAX_PARTS) throw malformed(`there are more than ${MAX_PARTS} parts`);
    const header = headerEnd > headerStart ? buffer.toString("utf8", headerStart, headerEnd) : "";
    const dataStart = Math.min(headerEnd + 4, dataEnd);
    parts.push({ name: nameOf(header), data: body.subarray(dataStart, dataEnd) });
    position = dataEnd + separator.length;
  }
}

function skipPadding(buffer: Buffer, position: number): number {
  while (buffer[position] === 0x20 || buffer[position] === 0x09) position++;
  if (buffer[position] !== 0x0d || buffer[position + 1] !== 0x0a) {
    throw malformed("a boundary is not a line of its own");
  }
  return position + 2;
}

function nameOf(header: string): string {
  const line = /^content-disposition:\s*form-data\s*(;.*)$/im.exec(header)?.[1];
  const match = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(line ?? "");
  const name = (match?.[1] ?? match?.[2] ?? "").replace(/\\(.)/g, "$1");
  if (name === "") throw malformed("a part has no name");
  return name;
}

function malformed(detail: string): HttpProblem {
  return new HttpProblem("malformed_multipart", `Cannot read multipart body: ${detail}`);
}
