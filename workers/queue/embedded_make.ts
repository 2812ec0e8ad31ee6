/**
 * Makes the embedded database in a folder and ends: `embedded_make.ts FOLDER`. Started by `embedded.ts`, which holds the
 * folder's lock meanwhile.
 *
 * @module
 */
import { startPglite } from "./pglite.ts";

if (import.meta.main) {
  const pglite = await startPglite(Deno.args[0]!);
  await pglite.close();
  Deno.exit(0);
}
