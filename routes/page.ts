/**
 * The page: GET / and the files it is made of, under /assets. They are built beforehand (`deno task build:web`), read once
 * and kept; the page works with what comes from here alone, which its Content-Security-Policy says, too.
 */
import { acceptsGzip, gzip } from "./gzip.ts";
import { HttpProblem } from "./problem.ts";

/**
 * What the page may do: run its own script and worker, show its own pictures, speak to this service. Pictures made in the
 * page are drawn on canvases, which need no leave.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A script that is a worker has a policy of its own. Segmenting in the browser compiles WebAssembly. */
export const WORKER_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' blob:; worker-src 'self'";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

/** Where the files are: what was built, and what is as it was written. */
const FOLDERS = [new URL("../web/dist/", import.meta.url), new URL("../web/static/", import.meta.url)];

/** A path within a folder: plain names, no step upwards. */
const ASSET = /^(?:[a-z0-9][\w-]*\/)*[a-z0-9][\w-]*(?:\.[\w-]+)*\.([a-z0-9]+)$/i;

/** Everything with the hash of its content in the name never changes. */
const IMMUTABLE = "public, max-age=31536000, immutable";
/** All else is asked for again each time, which costs a 304. */
const REVALIDATE = "no-cache";
const HASHED = /^engine\/[^/]+\//;

/** What gzip makes smaller; pictures are packed already. */
const PACKABLE = /\.(css|html|js|json|svg|txt|wasm|webmanifest)$/;

/** Where the page wants the limits: the content of a meta element. */
const LIMITS = `"{}"`;

interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  /** The same under gzip, made when first asked for. */
  packed?: Promise<Uint8Array<ArrayBuffer>>;
}

const files = new Map<string, Promise<PageFile | undefined>>();

/** What the page must know of the service before it sends anything. */
export interface PageLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
}

/** GET /, with the service's limits in its head. */
export async function getPage(request: Request, limits: PageLimits): Promise<Response> {
  const key = `/ ${JSON.stringify(limits)}`;
  if (!files.has(key)) {
    const page = await open("index.html");
    const text = new TextDecoder().decode(page?.body).replace(LIMITS, `'${JSON.stringify(limits)}'`);
    files.set(key, fileOf(new TextEncoder().encode(text)));
  }
  return await answer(request, "index.html", key);
}

/** GET /service_worker.js: at the root, since a service worker rules what lies below it. */
export function getServiceWorker(request: Request): Promise<Response> {
  return answer(request, "service_worker.js");
}

/** GET /assets/{path}. */
export function getAsset(request: Request, path: string): Promise<Response> {
  return answer(request, path);
}

async function answer(request: Request, path: string, key = path): Promise<Response> {
  const type = MEDIA_TYPES[ASSET.exec(path)?.[1] ?? ""];
  const file = type === undefined ? undefined : await open(path, key);
  if (type === undefined || !file) {
    throw new HttpProblem(
      "not_found",
      `Cannot find /assets/${path.slice(0, 100)}: the page has no such file`,
    );
  }
  const headers: Record<string, string> = {
    ETag: file.etag,
    "Cache-Control": HASHED.test(path) ? IMMUTABLE : REVALIDATE,
    "Content-Security-Policy": path.endsWith(".html")
      ? PAGE_POLICY
      : path.endsWith(".js")
      ? WORKER_POLICY
      : "default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
  };
  const packable = PACKABLE.test(path), packs = packable && acceptsGzip(request);
  if (packable) headers.Vary = "Accept-Encoding";
  // other bytes need another strong tag (RFC 9110, section 8.8.3.3)
  if (packs) headers.ETag = `${file.etag.slice(0, -1)}-gzip"`;
  // a compressing proxy makes the tag weak
  if (request.headers.get("If-None-Match")?.replace(/^W\//, "") === headers.ETag) {
    return new Response(null, { status: 304, headers });
  }
  headers["Content-Type"] = type;
  if (packs) headers["Content-Encoding"] = "gzip";
  const body = packs ? await (file.packed ??= gzip(file.body)) : file.body;
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

function open(path: string, key = path): Promise<PageFile | undefined> {
  let file = files.get(key);
  if (!file) {
    file = read(path);
    files.set(key, file);
    // only what is there is kept: names that are not are without number
    file.then((found) => found ?? files.delete(key), () => files.delete(key));
  }
  return file;
}

async function read(path: string): Promise<PageFile | undefined> {
  for (const folder of FOLDERS) {
    try {
      return await fileOf(await Deno.readFile(new URL(path, folder)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) continue;
      throw error;
    }
  }
  return undefined;
}

async function fileOf(body: Uint8Array<ArrayBuffer>): Promise<PageFile> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body), 0, 12);
  return { body, etag: `"${Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")}"` };
}
