/**
 * Deno as a program to start, where this process may, and where its permissions are meant from.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The project's folder, in which programs are started: commas in a flag separate paths and cannot be escaped, so the flags
 * name paths below this one, whatever it is called itself.
 */
export const ROOT = resolve(fileURLToPath(import.meta.url), "../../..");

/** The code that such programs run, for their --allow-read. */
export const READABLE = "workers,lib";

/** Deno by its own path or, if only that is allowed, by its name; `undefined` where no process may be started. */
export function denoProgram(): string | undefined {
  return [Deno.execPath(), "deno"].find((command) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted"
  );
}
