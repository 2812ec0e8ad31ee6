/**
 * Reads a picture that the command line named.
 */
import { isFolder } from "./output.ts";

/**
 * The bytes of a file.
 *
 * @param path The file.
 * @returns Its bytes.
 * @throws {Error} When there is none, it is a folder, or it cannot be read; the message goes behind the path.
 */
export async function readInput(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) throw new Error("no such file", { cause });
    if (isFolder(path)) throw new Error("is a folder; name the files in it", { cause });
    throw cause;
  }
}
