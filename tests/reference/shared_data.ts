/** Where the shared data lies; tests that need it say so and skip where it is absent. */
import { join } from "node:path";

const root = Deno.env.get("DSC_SHARED") ?? "../shared";

/** Path of the BSDS500 folder, or undefined where there is none. */
export const bsds500: string | undefined = exists(join(root, "bsds500")) ? join(root, "bsds500") : undefined;

/** Adds to a test's name why it is skipped. */
export function needsBsds500(name: string): { name: string; ignore: boolean } {
  return bsds500
    ? { name, ignore: false }
    : { name: `${name} (skipped: no BSDS500 at ${root})`, ignore: true };
}

/** Paths of a folder's .mat files, by name. */
export function matFiles(folder: string): string[] {
  const path = join(bsds500!, folder);
  const names = Array.from(Deno.readDirSync(path), (entry) => entry.name).filter((name) =>
    name.endsWith(".mat")
  );
  return names.sort().map((name) => join(path, name));
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
