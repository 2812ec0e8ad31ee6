/**
 * Pictures: from a file, the clipboard or a sample to bytes that the service reads and pixels that the page shows. The
 * browser turns photos upright as their EXIF says, which is what the service does, too.
 */

/** What the service takes; from the page's head, where the service writes it. */
export interface Limits {
  readonly maxBytes: number;
  readonly maxPixels: number;
}

/** A picture that can be sent and shown. */
export interface Picture {
  /** Without its extension. */
  readonly name: string;
  /** A PNG, JPEG or GIF file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  /** In full size. */
  readonly canvas: HTMLCanvasElement;
  /** What was done to it before it could be sent, in words. */
  readonly note?: string;
}

/** A picture that is larger than the service takes, and the way out. */
export class TooLargeError extends Error {
  /** Makes a smaller one, here in the browser. */
  readonly shrink: () => Promise<Picture>;

  constructor(message: string, shrink: () => Promise<Picture>) {
    super(message);
    this.name = "TooLargeError";
    this.shrink = shrink;
  }
}

/** What is shrunk is shrunk to this: regions are found at less, and it is sent and drawn sooner. */
const SHRUNK_PIXELS = 8_000_000;

/** Reads the limits that the service wrote into the page. */
export function readLimits(): Limits {
  const text = document.querySelector<HTMLMetaElement>('meta[name="dsc-limits"]')?.content ?? "{}";
  return { maxBytes: 20_000_000, maxPixels: 13_000_000, ...JSON.parse(text) };
}

/**
 * Opens a picture.
 *
 * @throws {TooLargeError} If it is larger than the limits.
 * @throws {Error} If the browser cannot open it; the message is for people.
 */
export async function openPicture(file: Blob, name: string, limits: Limits): Promise<Picture> {
  if (file.size === 0) throw new Error("This file is empty. Choose another one.");
  const bytes = new Uint8Array(await file.arrayBuffer());
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes], { type: file.type }));
  } catch {
    throw new Error(
      isHeic(bytes)
        ? "This browser cannot open HEIC photos. Save it as JPEG first: on an iPhone, share it with “Most compatible”."
        : "This file is not a picture that the browser can open. Choose a JPEG, PNG, GIF or WebP.",
    );
  }
  const { width, height } = bitmap;
  const title = name.replace(/\.[a-z0-9]{2,5}$/i, "") || "picture";
  const shrink = () => shrunk(bitmap, title, limits);
  // before anything of its full size is made
  if (width * height > limits.maxPixels) {
    throw new TooLargeError(
      `This picture has ${more(width * height, limits.maxPixels, "megapixels")}.`,
      shrink,
    );
  }
  const canvas = toCanvas(bitmap, width, height);
  if (!isReadable(bytes)) {
    const converted = await encode(canvas, "image/png");
    if (converted.length <= limits.maxBytes) {
      return { name: title, bytes: converted, width, height, canvas, note: "Turned into a PNG here first." };
    }
    return await shrink();
  }
  if (bytes.length > limits.maxBytes) {
    throw new TooLargeError(
      `This file has ${more(bytes.length, limits.maxBytes, "MB")}.`,
      shrink,
    );
  }
  return { name: title, bytes, width, height, canvas };
}

/** The picture at a size that the service takes, as JPEG. */
async function shrunk(bitmap: ImageBitmap, name: string, limits: Limits): Promise<Picture> {
  const pixels = Math.min(limits.maxPixels, SHRUNK_PIXELS);
  const scale = Math.min(1, Math.sqrt(pixels / (bitmap.width * bitmap.height)));
  const width = Math.max(1, Math.floor(bitmap.width * scale));
  const height = Math.max(1, Math.floor(bitmap.height * scale));
  const canvas = toCanvas(bitmap, width, height);
  let bytes = await encode(canvas, "image/jpeg", 0.92);
  for (let quality = 0.8; bytes.length > limits.maxBytes && quality > 0.3; quality -= 0.15) {
    bytes = await encode(canvas, "image/jpeg", quality);
  }
  return { name, bytes, width, height, canvas, note: `Shrunk here to ${width} × ${height}.` };
}

function toCanvas(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  // what is transparent lies on white, as the service has it
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}

async function encode(
  canvas: HTMLCanvasElement,
  type: string,
  quality?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, type, quality));
  if (!blob) throw new Error("The browser could not make a smaller copy. Try a smaller picture.");
  return new Uint8Array(await blob.arrayBuffer());
}

/** PNG, JPEG or GIF. */
function isReadable(bytes: Uint8Array): boolean {
  const starts = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  return starts(0x89, 0x50, 0x4e, 0x47) || starts(0xff, 0xd8, 0xff) || starts(0x47, 0x49, 0x46, 0x38);
}

function isHeic(bytes: Uint8Array): boolean {
  return /^ftyp(hei|mif1|msf1)/.test(String.fromCharCode(...bytes.subarray(4, 12)));
}

/** Says by how much in millions it is too large: with as many digits as it takes to tell the two apart. */
function more(value: number, limit: number, unit: string): string {
  let digits = limit < 10e6 ? 1 : 0;
  while (digits < 6 && (value / 1e6).toFixed(digits) === (limit / 1e6).toFixed(digits)) digits++;
  return `${(value / 1e6).toFixed(digits)} ${unit}; the service takes ${(limit / 1e6).toFixed(digits)}`;
}
