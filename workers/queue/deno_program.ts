/**
 * Deno as a program to start, where this process may.
 */

/** Deno by its own path or, if only that is allowed, by its name; `undefined` where no process may be started. */
export function denoProgram(): string | undefined {
  return [Deno.execPath(), "deno"].find((command) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted"
  );
}
