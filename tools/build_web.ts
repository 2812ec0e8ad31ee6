/**
 * Bundles the page's TypeScript, web/, for browsers into web/dist, which is committed, so that whoever runs the service
 * builds nothing. Run by `deno task build:web`; tests/web_build_test.ts bundles again and compares bytes.
 *
 * The bundler is Deno's own, `deno bundle`: esbuild at a version that goes with Deno's, with Deno's resolution, so the
 * import map, npm packages and bytes imports mean the same as everywhere else. Other versions of Deno may write other
 * bytes; {@linkcode BUNDLER} is the one whose bytes are committed.
 */
import { buildEngine, ENGINE_ID } from "./build_engine.ts";

/** The Deno whose bundler made what is committed. */
export const BUNDLER = "2.9.6";

/** What is bundled: the file in web/dist, by the module in web/ that it starts from. */
export const ENTRIES: Readonly<Record<string, string>> = {
  "page.js": "main.ts",
  "export.js": "export.ts",
  "service_worker.js": "service_worker.ts",
};

/** Stand in the service worker for the names of the files that it keeps, separated by commas. */
const PAGE_FILES = "__PAGE_FILES__", ENGINE_FILES = "__ENGINE_FILES__";
/** Stands in the service worker for the name of the build: a hash of everything that it keeps. */
const BUILD_ID = "__BUILD_ID__";

const web = new URL("../web/", import.meta.url);

/** Bundles one entry. @throws {Error} With the bundler's messages. */
export async function bundle(entry: string): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--no-check", "--platform", "browser", "--minify", `web/${entry}`],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`Cannot bundle web/${entry}: ${new TextDecoder().decode(stderr)}`);
  return new Uint8Array(stdout);
}

/** Bundles everything: the content of web/dist by name. */
export async function buildWeb(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, entry] of Object.entries(ENTRIES)) files.set(name, await bundle(entry));
  const engine = await buildEngine();
  replaceIn(files, ENGINE_ID, engine.id);
  replaceIn(files, ENGINE_FILES, [...engine.files.keys()].join());
  replaceIn(
    files,
    PAGE_FILES,
    ["export.js", "page.js", ...staticFiles().filter((name) => !/\.(html|md|txt)$/.test(name))].join(),
  );
  replaceIn(files, BUILD_ID, await buildId(files));
  for (const [name, file] of engine.files) files.set(`engine/${engine.id}/${name}`, file);
  return files;
}

/** Puts a value in place of the name that stands for it. */
function replaceIn(files: Map<string, Uint8Array<ArrayBuffer>>, name: string, value: string): void {
  for (const [path, file] of files) {
    const text = new TextDecoder().decode(file);
    if (text.includes(name)) files.set(path, new TextEncoder().encode(text.replaceAll(name, value)));
  }
}

/** A hash of all bundles and of all of web/static: it changes when anything does that a browser keeps. */
async function buildId(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<string> {
  const parts = [...files.values()];
  for (const name of staticFiles()) parts.push(await Deno.readFile(new URL(`static/${name}`, web)));
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(hash, 0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Paths in web/static, in order. */
function staticFiles(folder = ""): string[] {
  return [...Deno.readDirSync(new URL(`static/${folder}`, web))].flatMap(({ name, isDirectory }) =>
    isDirectory ? staticFiles(`${folder}${name}/`) : [folder + name]
  ).sort();
}

if (import.meta.main) {
  if (Deno.version.deno !== BUNDLER) {
    throw new Error(
      `Cannot build page: want Deno ${BUNDLER}, whose bundles are committed, got ${Deno.version.deno}`,
    );
  }
  const dist = new URL("dist/", web);
  const files = await buildWeb();
  await Deno.remove(dist, { recursive: true }).catch(() => {}); // the engine's folder has a new name
  for (const [name, file] of files) {
    const path = new URL(name, dist);
    await Deno.mkdir(new URL(".", path), { recursive: true });
    await Deno.writeFile(path, file);
  }
}
