/**
 * Results kept on disk, one small file for each image, so that a run stopped half-way goes on where it was. They lie in a
 * folder named for everything that decides them, the code included: a result is never mistaken for that of other code.
 */
import { createHash } from "node:crypto";
import { join, relative, resolve } from "node:path";
import type { Dataset } from "./dataset.ts";
import type { ImageResult, MethodConfig } from "./score_image.ts";

/** Results of one configuration. */
export interface ResultStore {
  /** Names the configuration. */
  readonly hash: string;
  readonly folder: string;
  /** The result of an image, if there is one. */
  load(id: string): ImageResult | undefined;
  /** Keeps a result. */
  save(result: ImageResult): void;
}

const ROOT = resolve(import.meta.dirname!, "..", "..");
/** What can change a result: the library with its weights, the methods here, the packages' versions. */
const CODE = ["lib", "bench/bsds", "import_map.json"];
/** What cannot, so that a change of the report does not cost hours. */
const NOT_CODE = new Set(["args.ts", "dataset.ts", "progress.ts", "report.ts", "run.ts", "store.ts"]);

/**
 * Opens the results of a configuration.
 *
 * @param out Folder under which all configurations lie.
 * @param dataset Whose images.
 * @param config Method, settings, scales, seed.
 * @param code Digest of the code, from {@linkcode codeDigest}.
 * @returns The results so far, and a place for more.
 */
export function openStore(out: string, dataset: Dataset, config: MethodConfig, code: string): ResultStore {
  const folderPath = Deno.realPathSync(dataset.folder);
  const identity = JSON.stringify({ ...config, data: folderPath, scored: dataset.scored, code }, null, 2);
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 12);
  const folder = join(out, hash);
  Deno.mkdirSync(join(folder, "images"), { recursive: true });
  Deno.writeTextFileSync(join(folder, "config.json"), identity + "\n");
  const path = (id: string) => join(folder, "images", `${id}.json`);
  return {
    hash,
    folder,
    load(id) {
      try {
        return JSON.parse(Deno.readTextFileSync(path(id))) as ImageResult;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
        throw error;
      }
    },
    save(result) {
      Deno.writeTextFileSync(`${path(result.id)}.part`, JSON.stringify(result));
      Deno.renameSync(`${path(result.id)}.part`, path(result.id));
    },
  };
}

let digest: string | undefined;

/** Digest of all code and weights that decide results, taken once: what runs is what was loaded. */
export function codeDigest(): string {
  return digest ??= digestCode();
}

function digestCode(): string {
  const hash = createHash("sha256");
  for (const path of CODE.flatMap((name) => filesUnder(join(ROOT, name))).sort()) {
    if (NOT_CODE.has(relative(join(ROOT, "bench", "bsds"), path))) continue;
    hash.update(relative(ROOT, path)).update("\0").update(Deno.readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

function filesUnder(path: string): string[] {
  if (!Deno.statSync(path).isDirectory) return [path];
  return Array.from(Deno.readDirSync(path)).flatMap((entry) => filesUnder(join(path, entry.name)));
}
