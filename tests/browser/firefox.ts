// Firefox for tests: Debian's firefox-esr, driven by WebDriver BiDi (W3C), of which a handful of commands do.
import type { App } from "./chromium.ts";

/** Where Firefox is found, or nothing. */
const executable = await findFirefox();

/** Why no Firefox can be driven here, or undefined where one can. */
export const missingFirefox: string | undefined = await whyNot();

/** Milliseconds to wait for what should be there in a few: a busy machine takes its time. */
const PATIENCE = 90_000;

/** A page in Firefox. */
export interface FirefoxPage {
  /** Opens a path of the service. */
  open(path: string): Promise<void>;
  /** The value of an expression, awaited; a number, a text or a truth value. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true. */
  until(expression: string): Promise<void>;
  /** Puts a file into an input. */
  choose(selector: string, path: string): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  /** What is seen, as a PNG file. */
  screenshot(): Promise<Uint8Array>;
  /** Errors on the page's console so far. */
  readonly errors: readonly string[];
}

/** A test that needs Firefox; where there is none it skips and its name says why. */
export function firefoxTest(name: string, body: () => Promise<void>): void {
  Deno.test({
    name: missingFirefox ? `${name} (skipped: ${missingFirefox})` : name,
    ignore: missingFirefox !== undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: body,
  });
}

/** Serves an app, starts Firefox before it, and ends both afterwards. */
export async function withFirefox(app: App, body: (page: FirefoxPage) => Promise<void>): Promise<void> {
  const profile = await Deno.makeTempDir({ prefix: "firefox_" });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request, info) => app.fetch(request, info),
  );
  const firefox = new Deno.Command(executable!, {
    args: ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
    env: { HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: "1" }, // containers do not let it make one
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    const session = await openSession(await addressOf(firefox.stderr));
    await body(await openPage(session, `http://127.0.0.1:${server.addr.port}`));
    session.close();
  } finally {
    firefox.kill("SIGKILL");
    await firefox.status;
    await server.shutdown();
    await Deno.remove(profile, { recursive: true }).catch(() => {}); // its children may still be writing
  }
}

interface Session {
  send(method: string, params: object): Promise<Record<string, unknown>>;
  onEvent(listener: (method: string, params: Record<string, unknown>) => void): void;
  close(): void;
}

/** Firefox says where it listens; what else it says is passed over. */
async function addressOf(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stderr.getReader(), decoder = new TextDecoder();
  const passOver = async () => {
    while (!(await reader.read()).done);
  };
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`Cannot drive Firefox: it ended after saying ${text}`);
    text += decoder.decode(value, { stream: true });
    const address = /listening on (ws:\S+)/.exec(text)?.[1];
    if (!address) continue;
    passOver().catch(() => {});
    return address;
  }
}

async function openSession(address: string): Promise<Session> {
  const socket = new WebSocket(`${address}/session`);
  await new Promise((open, failed) => {
    socket.onopen = open;
    socket.onerror = failed;
  });
  let last = 0, listener = (_: string, __: Record<string, unknown>) => {};
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  socket.onmessage = ({ data }) => {
    const { id, type, method, params, result, error, message } = JSON.parse(data);
    if (type === "event") return listener(method, params);
    if (type === "success") waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(`${error}: ${message}`));
  };
  const session: Session = {
    send(method, params) {
      const answer = Promise.withResolvers<Record<string, unknown>>();
      waiting.set(++last, answer);
      socket.send(JSON.stringify({ id: last, method, params }));
      const timer = setTimeout(() => answer.reject(new Error(`Firefox does not answer ${method}`)), PATIENCE);
      return answer.promise.finally(() => clearTimeout(timer));
    },
    onEvent: (given) => void (listener = given),
    close: () => socket.close(),
  };
  await session.send("session.new", { capabilities: {} });
  return session;
}

async function openPage(session: Session, url: string): Promise<FirefoxPage> {
  const { send } = session, errors: string[] = [];
  const { contexts } = await send("browsingContext.getTree", {}) as { contexts: { context: string }[] };
  const { context } = contexts[0]!;
  await send("session.subscribe", { events: ["log.entryAdded"] });
  session.onEvent((_, { level, text }) => {
    if (level === "error") errors.push(String(text));
  });
  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = await send("script.evaluate", { expression, target: { context }, awaitPromise: true });
    const { type, result, exceptionDetails } = answer as {
      type: string;
      result: { value: T };
      exceptionDetails?: { text: string };
    };
    if (type === "exception") throw new Error(`${exceptionDetails?.text} in ${expression}`);
    return result.value;
  };
  return {
    errors,
    evaluate,
    async open(path) {
      await send("browsingContext.navigate", { context, url: url + path, wait: "complete" });
    },
    async until(expression) {
      for (const end = performance.now() + PATIENCE; !await evaluate<boolean>(expression);) {
        if (performance.now() > end) {
          throw new Error(`It did not come true: ${expression}\nThe page's console: ${errors}`);
        }
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    async choose(selector, path) {
      const locator = { type: "css", value: selector };
      const { nodes } = await send("browsingContext.locateNodes", { context, locator }) as {
        nodes: { sharedId: string }[];
      };
      await send("input.setFiles", { context, element: { sharedId: nodes[0]!.sharedId }, files: [path] });
    },
    async resize(width, height) {
      await send("browsingContext.setViewport", { context, viewport: { width, height } });
    },
    async screenshot() {
      const { data } = await send("browsingContext.captureScreenshot", { context }) as { data: string };
      return Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    },
  };
}

/** The first of these names that PATH has; `FIREFOX` names another. */
async function findFirefox(): Promise<string | undefined> {
  if ((await Deno.permissions.query({ name: "env" })).state !== "granted") return undefined;
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const candidates = ["firefox-esr", "firefox"].flatMap((name) =>
    folders.map((folder) => `${folder}/${name}`)
  );
  for (const path of [Deno.env.get("FIREFOX") ?? "", ...candidates]) {
    if (await Deno.stat(path).then((found) => found.isFile, () => false)) return path;
  }
}

async function whyNot(): Promise<string | undefined> {
  for (const name of ["env", "run", "read", "write", "net"] as const) {
    const { state } = await Deno.permissions.query({ name });
    if (state !== "granted") return "a browser needs permissions, deno task test:browser has them";
  }
  return executable === undefined ? "firefox-esr is not installed" : undefined;
}
