/**
 * The decoders of imagescript (licensed AGPL-3.0-or-later or MIT; taken under MIT): its WebAssembly files alone. Its
 * JavaScript is left out because its root import loads a native addon, which needs a permission and does not exist on
 * every platform.
 *
 * An instance serves one decode at a time and is used again once that ended in order and freed what it took. After a
 * trap it is left to the garbage collector, whatever state its memory is in, so that a bad file poisons no later one.
 * A fresh instance for every file would be simpler, but V8 does not see the weight of their memories and lets them pile
 * up: 24 PNG files of 6 megapixels left 1.3 GB behind, and took four times as long.
 */
import "imagescript/package.json" with { type: "json" };
import { loadWasmBytes } from "../wasm_bytes.ts";

/** Pixels as a decoder leaves them. */
export interface RawPixels {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 1 grey, 3 sRGB, 4 sRGB with alpha or, out of a JPEG, CMYK with 255 for full ink. */
  readonly channels: 1 | 3 | 4;
  /** (H, W, channels) interleaved bytes; a view of the decoder's memory, so that it costs no copy. */
  readonly data: Uint8Array;
  /** Gives the decoder back; `data` is gone then. Call it once, or never: no other decode gets the instance before. */
  release(): void;
}

interface PngExports {
  readonly memory: WebAssembly.Memory;
  walloc(bytes: number): number;
  wfree(address: number): void;
  /** Address of the RGBA pixels, or a negative status. */
  decode(address: number, bytes: number): number;
  width(): number;
  height(): number;
}

interface JpegExports {
  readonly memory: WebAssembly.Memory;
  walloc(bytes: number): number;
  /** Handle of the frame; 0 or 1 on failure. Frees the input. */
  decode(address: number, bytes: number, scaleWidth: number, scaleHeight: number): number;
  decode_width(frame: number): number;
  decode_height(frame: number): number;
  decode_format(frame: number): number;
  decode_buffer(frame: number): number;
  decode_free(frame: number): void;
  /** Length of the buffer last asked for. */
  wlen(): number;
}

interface GifExports {
  readonly memory: WebAssembly.Memory;
  walloc(bytes: number): number;
  /** Handle of the decoder; 0 on failure. Takes the input over. */
  decoder_new(address: number, bytes: number, limit: number): number;
  /** Handle of the next frame; 0 on failure, 1 at the end. */
  decoder_frame(decoder: number): number;
  decoder_frame_width(frame: number): number;
  decoder_frame_height(frame: number): number;
  decoder_frame_buffer(frame: number): number;
  decoder_frame_free(frame: number): void;
  decoder_free(decoder: number): void;
  wlen(): number;
}

/** Decodes one file, given in parts; throws on what it cannot read. */
export type Decoder = (parts: readonly Uint8Array[]) => RawPixels;

type Format = "png" | "jpeg" | "gif";

/**
 * Loads a decoder.
 *
 * @param format What it is to decode. PNG comes out as RGBA, 16 bits made 8; GIF as RGBA, the first frame alone.
 * @returns The decoder.
 * @throws {Error} The WebAssembly file cannot be loaded.
 */
export async function loadDecoder(format: Format): Promise<Decoder> {
  const module = await compiled(format);
  return (parts) => {
    const instance = idle.get(format) ?? new WebAssembly.Instance(module, IMPORTS);
    idle.delete(format);
    const wasm: unknown = instance.exports;
    const release = () => void idle.set(format, instance);
    if (format === "png") return decodePng(wasm as PngExports, parts, release);
    if (format === "jpeg") return decodeJpeg(wasm as JpegExports, parts, release);
    return decodeGif(wasm as GifExports, parts, release);
  };
}

/** One instance of each that no decode is using; its memory stays at the most that any decode needed. */
const idle = new Map<Format, WebAssembly.Instance>();

/** What the modules import: notices that nothing here waits for. */
const IMPORTS = { env: { emscripten_notify_memory_growth() {}, push_to_stream() {} } };

const FILES: Readonly<Record<Format, string>> = {
  png: "imagescript/wasm/any/png.wasm",
  jpeg: "imagescript/wasm/any/jpeg.wasm",
  gif: "imagescript/wasm/any/gif.wasm",
};

const modules = new Map<Format, Promise<WebAssembly.Module>>();

/** The decoder's module, compiled once per isolate; a failure is not kept, so that a later call may succeed. */
function compiled(name: Format): Promise<WebAssembly.Module> {
  let module = modules.get(name);
  if (module === undefined) {
    module = loadWasmBytes(FILES[name]).then((bytes) => WebAssembly.compile(bytes));
    module.catch(() => modules.delete(name));
    modules.set(name, module);
  }
  return module;
}

function decodePng(wasm: PngExports, parts: readonly Uint8Array[], release: () => void): RawPixels {
  const { address, length } = copyIn(wasm, parts);
  const pixels = wasm.decode(address, length);
  wasm.wfree(address);
  if (pixels < 0) {
    release(); // a status is an orderly end: nothing is left behind
    throw new Error(`png decoder: status ${pixels}`);
  }
  const width = wasm.width();
  const height = wasm.height();
  const data = new Uint8Array(wasm.memory.buffer, pixels, width * height * 4);
  const free = () => {
    wasm.wfree(pixels);
    release();
  };
  return { width, height, channels: 4, data, release: free };
}

function decodeJpeg(wasm: JpegExports, parts: readonly Uint8Array[], release: () => void): RawPixels {
  const { address, length } = copyIn(wasm, parts);
  const frame = wasm.decode(address, length, 0, 0);
  if (frame === 0 || frame === 1) {
    release(); // an orderly end too
    throw new Error("jpeg decoder: cannot read the file");
  }
  const channels = ([1, 3, 4] as const)[wasm.decode_format(frame)];
  if (channels === undefined) throw new Error("jpeg decoder: unknown pixel format");
  // the buffer first: wlen() gives the length of what was asked for last
  const buffer = wasm.decode_buffer(frame);
  const data = new Uint8Array(wasm.memory.buffer, buffer, wasm.wlen());
  const width = wasm.decode_width(frame);
  const height = wasm.decode_height(frame);
  const free = () => {
    wasm.decode_free(frame);
    release();
  };
  return { width, height, channels, data, release: free };
}

function decodeGif(wasm: GifExports, parts: readonly Uint8Array[], release: () => void): RawPixels {
  const { address, length } = copyIn(wasm, parts);
  const decoder = wasm.decoder_new(address, length, 0);
  if (decoder === 0) throw new Error("gif decoder: cannot read the header");
  const frame = wasm.decoder_frame(decoder);
  if (frame === 0 || frame === 1) throw new Error("gif decoder: cannot read the first frame");
  const buffer = wasm.decoder_frame_buffer(frame);
  const data = new Uint8Array(wasm.memory.buffer, buffer, wasm.wlen());
  const width = wasm.decoder_frame_width(frame);
  const height = wasm.decoder_frame_height(frame);
  const free = () => {
    wasm.decoder_frame_free(frame);
    wasm.decoder_free(decoder);
    release();
  };
  return { width, height, channels: 4, data, release: free };
}

function copyIn(
  wasm: { readonly memory: WebAssembly.Memory; walloc(bytes: number): number },
  parts: readonly Uint8Array[],
): { address: number; length: number } {
  let length = 0;
  for (const part of parts) length += part.length;
  const address = wasm.walloc(length);
  const target = new Uint8Array(wasm.memory.buffer, address, length);
  let offset = 0;
  for (const part of parts) {
    target.set(part, offset);
    offset += part.length;
  }
  return { address, length };
}
