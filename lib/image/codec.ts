/**
 * The decoders of imagescript (licensed AGPL-3.0-or-later or MIT; taken under MIT): its WebAssembly files alone. Its
 * JavaScript is left out because its root import loads a native addon, which needs a permission and does not exist on
 * every platform.
 *
 * Each decode runs in a fresh instance: a file that traps poisons no later one, and the memory goes when the instance
 * does, as wasm memory never shrinks.
 */
import "imagescript/package.json" with { type: "json" };
import { loadWasmBytes, type WasmSource } from "../wasm_bytes.ts";

/** Pixels as a decoder leaves them. */
export interface RawPixels {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 1 grey, 3 sRGB, 4 sRGB with alpha or, out of a JPEG, CMYK with 255 for full ink. */
  readonly channels: 1 | 3 | 4;
  /** (H, W, channels) interleaved bytes; a view of the instance's memory, so that it costs no copy. */
  readonly data: Uint8Array;
}

interface PngExports {
  readonly memory: WebAssembly.Memory;
  walloc(bytes: number): number;
  /** Address of the RGBA pixels, or a negative status. */
  decode(address: number, bytes: number): number;
  width(): number;
  height(): number;
}

interface JpegExports {
  readonly memory: WebAssembly.Memory;
  walloc(bytes: number): number;
  /** Handle of the frame; 0 or 1 on failure. */
  decode(address: number, bytes: number, scaleWidth: number, scaleHeight: number): number;
  decode_width(frame: number): number;
  decode_height(frame: number): number;
  decode_format(frame: number): number;
  decode_buffer(frame: number): number;
  /** Length of the buffer last asked for. */
  wlen(): number;
}

interface GifExports {
  readonly memory: WebAssembly.Memory;
  walloc(bytes: number): number;
  /** Handle of the decoder; 0 on failure. */
  decoder_new(address: number, bytes: number, limit: number): number;
  /** Handle of the next frame; 0 on failure, 1 at the end. */
  decoder_frame(decoder: number): number;
  decoder_frame_width(frame: number): number;
  decoder_frame_height(frame: number): number;
  decoder_frame_buffer(frame: number): number;
  wlen(): number;
}

/** Decodes one file, given in parts; throws on what it cannot read. To be called once. */
export type Decoder = (parts: readonly Uint8Array[]) => RawPixels;

/**
 * Opens a decoder with an instance of its own, for one file.
 *
 * @param format What it is to decode. PNG comes out as RGBA, 16 bits made 8; GIF as RGBA, the first frame alone.
 * @returns The decoder.
 * @throws {Error} The WebAssembly file cannot be loaded.
 */
export async function openDecoder(format: "png" | "jpeg" | "gif"): Promise<Decoder> {
  const instance = new WebAssembly.Instance(await compiled(format), IMPORTS);
  const wasm: unknown = instance.exports;
  if (format === "png") return (parts) => decodePng(wasm as PngExports, parts);
  if (format === "jpeg") return (parts) => decodeJpeg(wasm as JpegExports, parts);
  return (parts) => decodeGif(wasm as GifExports, parts);
}

/** What the modules import: notices that nothing here waits for. */
const IMPORTS = { env: { emscripten_notify_memory_growth() {}, push_to_stream() {} } };

const SOURCES = {
  png: {
    importBytes: () => import("imagescript/wasm/any/png.wasm", { with: { type: "bytes" } }),
    resolveUrl: () => import.meta.resolve("imagescript/wasm/any/png.wasm"),
  },
  jpeg: {
    importBytes: () => import("imagescript/wasm/any/jpeg.wasm", { with: { type: "bytes" } }),
    resolveUrl: () => import.meta.resolve("imagescript/wasm/any/jpeg.wasm"),
  },
  gif: {
    importBytes: () => import("imagescript/wasm/any/gif.wasm", { with: { type: "bytes" } }),
    resolveUrl: () => import.meta.resolve("imagescript/wasm/any/gif.wasm"),
  },
} satisfies Record<string, WasmSource>;

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** The decoder's module, compiled once per isolate; a failure is not kept, so that a later call may succeed. */
function compiled(name: keyof typeof SOURCES): Promise<WebAssembly.Module> {
  let module = modules.get(name);
  if (module === undefined) {
    module = loadWasmBytes(SOURCES[name]).then((bytes) => WebAssembly.compile(bytes));
    module.catch(() => modules.delete(name));
    modules.set(name, module);
  }
  return module;
}

function decodePng(wasm: PngExports, parts: readonly Uint8Array[]): RawPixels {
  const { address, length } = copyIn(wasm, parts);
  const pixels = wasm.decode(address, length);
  if (pixels < 0) throw new Error(`png decoder: status ${pixels}`);
  const width = wasm.width();
  const height = wasm.height();
  return { width, height, channels: 4, data: new Uint8Array(wasm.memory.buffer, pixels, width * height * 4) };
}

function decodeJpeg(wasm: JpegExports, parts: readonly Uint8Array[]): RawPixels {
  const { address, length } = copyIn(wasm, parts);
  const frame = wasm.decode(address, length, 0, 0);
  if (frame === 0 || frame === 1) throw new Error("jpeg decoder: cannot read the file");
  const channels = ([1, 3, 4] as const)[wasm.decode_format(frame)];
  if (channels === undefined) throw new Error("jpeg decoder: unknown pixel format");
  // the buffer first: wlen() gives the length of what was asked for last
  const buffer = wasm.decode_buffer(frame);
  const data = new Uint8Array(wasm.memory.buffer, buffer, wasm.wlen());
  return { width: wasm.decode_width(frame), height: wasm.decode_height(frame), channels, data };
}

function decodeGif(wasm: GifExports, parts: readonly Uint8Array[]): RawPixels {
  const { address, length } = copyIn(wasm, parts);
  const decoder = wasm.decoder_new(address, length, 0);
  if (decoder === 0) throw new Error("gif decoder: cannot read the header");
  const frame = wasm.decoder_frame(decoder);
  if (frame === 0 || frame === 1) throw new Error("gif decoder: cannot read the first frame");
  const buffer = wasm.decoder_frame_buffer(frame);
  const data = new Uint8Array(wasm.memory.buffer, buffer, wasm.wlen());
  return {
    width: wasm.decoder_frame_width(frame),
    height: wasm.decoder_frame_height(frame),
    channels: 4,
    data,
  };
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
