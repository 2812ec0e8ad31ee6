/**
 * Label maps for other evaluators: one .npy file for each image, and a mark that says which configuration made them.
 */
import { join } from "node:path";
import { cutTree } from "../../lib/metrics/cut_tree.ts";
import { encodeNpy } from "../../lib/npy.ts";
import type { Image } from "../../lib/image/image.ts";
import type { Partitions } from "./methods.ts";
import type { ResultStore } from "./store.ts";

/**
 * Makes ready the folder for a method's label maps. Maps of another configuration are removed; maps that are not the
 * benchmark's own are never touched.
 *
 * @throws {Error} When the folder holds .npy files without the benchmark's mark.
 */
export function openExport(parent: string, method: string, store: ResultStore): string {
  const folder = join(parent, method), mark = join(folder, "export.json");
  Deno.mkdirSync(folder, { recursive: true });
  const maps = Array.from(Deno.readDirSync(folder), (entry) => entry.name).filter((name) =>
    name.endsWith(".npy")
  );
  const own = Deno.readTextFileSync(join(store.folder, "config.json")), found = readIfThere(mark);
  if (found === undefined && maps.length > 0) {
    throw new Error(
      `Cannot export: ${folder} holds .npy files that are not this benchmark's; name another folder`,
    );
  }
  if (found !== own) {
    for (const name of maps) Deno.removeSync(join(folder, name));
    Deno.writeTextFileSync(mark, own);
  }
  return folder;
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether an image's label maps are there. */
export function isExported(folder: string, id: string): boolean {
  try {
    return Deno.statSync(join(folder, `${id}.npy`)).isFile;
  } catch {
    return false;
  }
}

/** Writes (S, H, W) uint16, under another name first: an interrupted run leaves no half of a file. */
export async function exportMaps(
  partitions: Partitions,
  scales: readonly number[],
  image: Image,
  path: string,
): Promise<void> {
  const pixels = image.width * image.height;
  const stack = new Uint16Array(scales.length * pixels);
  for (let s = 0; s < scales.length; s++) {
    const labels = partitions.kind === "maps"
      ? partitions.maps[s]!
      : cutTree(partitions.superpixels, partitions.tree, (partitions.thresholds ?? scales)[s]!);
    for (let p = 0; p < pixels; p++) {
      if (labels[p]! > 65535) throw new RangeError(`label ${labels[p]} does not fit in uint16`);
    }
    stack.set(labels, s * pixels);
  }
  await Deno.writeFile(`${path}.part`, encodeNpy(stack, [scales.length, image.height, image.width]));
  await Deno.rename(`${path}.part`, path);
}
