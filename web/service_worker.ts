/**
 * Keeps the page for when there is no network: what it shows itself with when it is first opened and, once it is idle, its
 * samples and the engine, with which images are segmented here. All files of one build are kept together and given
 * together, so that a page never runs with another build's script; the next build takes over when it is complete.
 */
import { ENGINE_FOLDER } from "./engine/folder.ts";
import { KEEP_REST } from "./keep.ts";

/** What the build puts in: a hash of every file below, and their names, separated by commas. */
const BUILD = "__BUILD_ID__";
const PAGE_FILES = "__PAGE_FILES__".split(",").map((name) => `/assets/${name}`);
const SAMPLES = PAGE_FILES.filter((path) => path.startsWith("/assets/samples/"));
const ENGINE_FILES = "__ENGINE_FILES__".split(",").map((name) => ENGINE_FOLDER + name);

const PAGE_CACHE = `page ${BUILD}`;
/** By its own name: most new builds of the page come with the same engine. */
const ENGINE_CACHE = `engine ${ENGINE_FOLDER}`;

// the DOM's types do not know a service worker's own scope
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Telling extends Extendable {
  readonly data: unknown;
}
interface Scope {
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: Telling) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}

const scope = globalThis as unknown as Scope;

scope.addEventListener("install", (event) => {
  event.waitUntil(keepPage().then(() => scope.skipWaiting()));
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => scope.clients.claim()));
});

scope.addEventListener("message", (event) => {
  if (event.data === KEEP_REST) event.waitUntil(keepRest());
});

scope.addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname === "/") event.respondWith(given(PAGE_CACHE, "/", request)); // whatever the query says
  else if (PAGE_FILES.includes(pathname)) event.respondWith(given(PAGE_CACHE, pathname, request));
  else if (ENGINE_FILES.includes(pathname)) event.respondWith(given(ENGINE_CACHE, pathname, request));
  // all else, the service's answers above all, goes its own way
});

async function keepPage(): Promise<void> {
  const paths = ["/", ...PAGE_FILES.filter((path) => !SAMPLES.includes(path))];
  // past the browser's own cache, which may still have files of the build before
  const requests = paths.map((path) => new Request(path, { cache: "no-cache" }));
  await (await caches.open(PAGE_CACHE)).addAll(requests);
}

async function keepRest(): Promise<void> {
  for (const [name, paths] of [[ENGINE_CACHE, ENGINE_FILES], [PAGE_CACHE, SAMPLES]] as const) {
    const cache = await caches.open(name);
    for (const path of paths) if (!await cache.match(path)) await cache.add(path);
  }
}

async function dropOthers(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name !== PAGE_CACHE && name !== ENGINE_CACHE) await caches.delete(name);
  }
}

/** What is kept or else what the network gives, which is then kept. */
async function given(name: string, path: string, request: Request): Promise<Response> {
  const cache = await caches.open(name);
  const kept = await cache.match(path);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.status === 200) await cache.put(path, answer.clone()).catch(() => {}); // a full disk keeps nothing
  return answer;
}
