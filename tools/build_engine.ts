/**
 * Bundles "run here", web/engine/worker.ts with all of the library that it needs, for browsers: one file to start with,
 * parts that load when they are first needed (a backend, the weights), and the .wasm files as they are.
 */
import { loadWasmBytes } from "../lib/wasm_bytes.ts";
import "@tensorflow/tfjs-backend-wasm/package.json" with { type: "json" }; // puts the packages into the module graph
import "imagescript/package.json" with { type: "json" };

/** Stands in the page for the name of the engine's folder: a hash of everything in it. */
export const ENGINE_ID = "__ENGINE_ID__";

/** What the library loads besides code. The worker looks for each under the last part of its name. */
const WASM = [
  "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
  "imagescript/wasm/any/gif.wasm",
  "imagescript/wasm/any/jpeg.wasm",
  "imagescript/wasm/any/png.wasm",
];

/** The engine's files, and the hash that names their folder. */
export interface Engine {
  readonly id: string;
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Bundles the engine. @throws {Error} With the bundler's messages. */
export async function buildEngine(): Promise<Engine> {
  const files = new Map([...renamed(await bundled())].sort(([a], [b]) => a < b ? -1 : 1));
  for (const specifier of WASM) {
    files.set(specifier.slice(specifier.lastIndexOf("/") + 1), await loadWasmBytes(specifier));
  }
  return { id: await hashOf(files), files };
}

/** What the bundler writes: `worker.js` and parts with names of its own. */
async function bundled(): Promise<Map<string, string>> {
  const out = new URL("../out/", import.meta.url);
  await Deno.mkdir(out, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: out.pathname, prefix: "engine_" });
  try {
    const { success, stderr } = await new Deno.Command("deno", {
      args: [
        ...["bundle", "--quiet", "--no-check", "--platform", "browser", "--minify", "--code-splitting"],
        ...["--outdir", folder, "web/engine/worker.ts"],
      ],
      cwd: new URL("..", import.meta.url),
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) {
      throw new Error(`Cannot bundle web/engine/worker.ts: ${new TextDecoder().decode(stderr)}`);
    }
    const files = new Map<string, string>();
    for (const { name } of Deno.readDirSync(folder)) {
      files.set(name, await Deno.readTextFile(`${folder}/${name}`));
    }
    return files;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Gives parts names by the order in which they are first named, going out from the worker. The bundler's own names hash
 * the paths of this machine, too.
 */
function renamed(files: ReadonlyMap<string, string>): Map<string, Uint8Array<ArrayBuffer>> {
  const names = new Map([["worker.js", "worker.js"]]);
  for (const name of names.keys()) { // grows while it is walked
    for (const [, part = ""] of files.get(name)!.matchAll(PART)) {
      if (!names.has(part)) names.set(part, `${names.size}.js`);
    }
  }
  return new Map(
    [...names].map(([name, own]) => {
      const text = files.get(name)!.replace(PART, (_, part: string) => `"./${names.get(part)!}"`);
      return [own, new TextEncoder().encode(text)];
    }),
  );
}

/** How a file names another of the same folder. */
const PART = /"\.\/([\w-]+\.js)"/g;

async function hashOf(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<string> {
  const parts = [...files].flatMap(([name, file]) => [`${name} ${file.length}\n`, file]);
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(hash, 0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
