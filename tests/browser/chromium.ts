// A real browser for tests: Debian's chromium, driven by playwright-core, before a service on a spare port of this machine.
import assert from "node:assert/strict";
// types alone: the package wants more permissions than the tests without a browser are given, so it is loaded on use
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

export type { Page } from "playwright-core";

/** What answers the page's requests: an app of `createApp()`, or a service of `createService()`. */
export interface App {
  fetch(request: Request, info?: unknown): Response | Promise<Response>;
}

/** Options of {@linkcode withPage}. */
export interface PageOptions extends BrowserContextOptions {
  /** Where the page starts; without it, it stays blank. @default "/" */
  readonly path?: string | undefined;
  /** Errors on the page's console that the test expects; any other fails it. @default none */
  readonly expectedErrors?: RegExp;
}

/** What a test gets besides the page. */
export interface Surroundings {
  /** Of the service, without a slash at the end. */
  readonly url: string;
  /** Requests that left the page so far, its workers' included: method and address. */
  readonly requests: readonly string[];
  /** Errors on the page's console so far, uncaught exceptions and breaches of the content security policy included. */
  readonly errors: readonly string[];
  /** Ends the service, as if the network were gone. */
  stopServing(): Promise<void>;
}

/** Where chromium is found, or nothing. */
const executable = await findChromium();

/** Why no browser can be driven here, or undefined where one can. */
export const missingBrowser: string | undefined = await whyNot();

/** Milliseconds to wait for what should be there in a few: a busy machine takes its time. */
const PATIENCE = 90_000;

/** One browser for all tests of a file; each gets a context, with storage and caches, of its own. */
let running: Promise<Browser> | undefined;

Deno.test.afterAll(async () => {
  await (await running)?.close();
});

/**
 * A test that needs a browser; where there is none it skips and its name says why. What playwright and the browser leave
 * open between tests is not the test's: the sanitizers are off.
 */
export function browserTest(name: string, body: () => Promise<void>): void {
  Deno.test({
    name: missingBrowser ? `${name} (skipped: ${missingBrowser})` : name,
    ignore: missingBrowser !== undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: body,
  });
}

/**
 * Serves an app, opens it in a fresh page, and closes all afterwards. Fails when the page logged an error that the test
 * did not expect.
 */
export async function withPage(
  app: App,
  body: (page: Page, surroundings: Surroundings) => Promise<void>,
  options: PageOptions = {},
): Promise<void> {
  const { path = "/", expectedErrors, ...contextOptions } = options;
  const browser = await (running ??= launchChromium());
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request, info) => app.fetch(request, info),
  );
  let stopping: Promise<void> | undefined;
  const stopServing = () => stopping ??= server.shutdown();
  const url = `http://127.0.0.1:${server.addr.port}`;
  const context = await browser.newContext({ baseURL: url, ...contextOptions });
  try {
    const requests: string[] = [], errors: string[] = [];
    context.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
    context.on("weberror", (error) => errors.push(String(error.error())));
    context.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    if (options.path !== undefined || !("path" in options)) await page.goto(path);
    await body(page, { url, requests, errors, stopServing }).catch((cause) => {
      if (errors.length === 0) throw cause;
      throw new Error(`${cause}\nThe page's console: ${errors.join("\n")}`, { cause });
    });
    assert.deepEqual(
      errors.filter((text) => !expectedErrors?.test(text)),
      [],
      "errors on the page's console",
    );
  } finally {
    await context.close();
    await stopServing();
  }
}

/** A software GPU, so that WebGPU can be tried where no other is; pages see it as any other adapter. */
const GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

/** Starts the browser; whoever starts it closes it. */
export async function launchChromium(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: executable!,
    // no sandbox of its own: containers do not let the browser make one, and it only ever sees this machine's pages
    args: ["--no-sandbox", ...GPU],
  });
}

/** The first of these names that PATH has; `CHROMIUM` names another. */
async function findChromium(): Promise<string | undefined> {
  if ((await Deno.permissions.query({ name: "env" })).state !== "granted") return undefined;
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const candidates = names.flatMap((name) => folders.map((folder) => `${folder}/${name}`));
  for (const path of [Deno.env.get("CHROMIUM") ?? "", ...candidates]) {
    const isFile = await Deno.stat(path).then((found) => found.isFile, () => false);
    if (isFile) return path;
  }
}

async function whyNot(): Promise<string | undefined> {
  for (const name of ["env", "run", "read", "write", "sys", "net"] as const) {
    const { state } = await Deno.permissions.query({ name });
    if (state !== "granted") return "a browser needs permissions, deno task test:browser has them";
  }
  return executable === undefined ? "chromium is not installed" : undefined;
}
