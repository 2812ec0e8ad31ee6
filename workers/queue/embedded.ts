/**
 * PostgreSQL in this process: PGlite over a folder. It is made for one process, knows no lock of its own (a second opener
 * silently loses rows), no vacuum and no checkpoints; all three are here.
 */
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { denoProgram, READABLE, ROOT } from "./deno_program.ts";
import { isDiskFull, QueueError } from "./errors.ts";
import { startPglite } from "./pglite.ts";

/** An open database, and how to leave it. */
export interface EmbeddedDatabase {
  // deno-lint-ignore no-explicit-any -- PGlite's own type would pull its types into everyone's check
  readonly pglite: any;
  /** What autovacuum and the checkpointer do elsewhere; to be called now and then. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the database in a folder, which is made if need be.
 *
 * @throws {QueueError} `data_folder_in_use` or `data_folder_unusable`, with the way out.
 */
export async function openEmbedded(folder: string): Promise<EmbeddedDatabase> {
  const lock = await lockFolder(folder);
  try {
    await makeElsewhere(`${folder}/pglite`);
    const pglite = await startPglite(`${folder}/pglite`);
    return {
      pglite,
      async tidy() {
        await pglite.exec("vacuum");
        await pglite.exec("checkpoint");
      },
      async close() {
        await pglite.close();
        lock.close();
      },
    };
  } catch (cause) {
    lock.close();
    throw unusable(folder, cause);
  }
}

/** The lock is the system's, on an open file: it ends with the process, however that ends. */
async function lockFolder(folder: string): Promise<Deno.FsFile> {
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    lock = await Deno.open(`${folder}/lock`, { create: true, write: true });
  } catch (cause) {
    throw unusable(folder, cause);
  }
  if (await lock.tryLock(true)) return lock;
  lock.close();
  throw new QueueError(
    "data_folder_in_use",
    `Cannot open data folder ${folder}: another process uses it, and an embedded database is for one; ` +
      "stop that process, set DSC_DATA to another folder (to none for no queue), or set DATABASE_URL to share one",
  );
}

const MAKE = fileURLToPath(new URL("./embedded_make.ts", import.meta.url));

/**
 * Has a new database made by another process, if one may be started: it is seconds of work without a pause and half a
 * gigabyte that is never given back, and this process may be answering requests. What goes wrong there goes wrong here
 * again, with a better message.
 */
async function makeElsewhere(folder: string): Promise<void> {
  const program = denoProgram();
  if (program === undefined || await exists(folder)) return;
  const absolute = resolve(`${folder}.new`);
  await Deno.remove(absolute, { recursive: true }).catch(() => {}); // half of one, if that
  const path = relative(ROOT, absolute); // see there
  const { success } = await new Deno.Command(program, {
    args: ["run", "--no-prompt", `--allow-read=${READABLE},${path}`, `--allow-write=${path}`, MAKE, path],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (success) await Deno.rename(absolute, folder); // whole or not at all
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function unusable(folder: string, cause: unknown): QueueError {
  const readOnly = cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable ||
    /read-only file system|EROFS|EACCES/i.test(String(cause));
  const reason = isDiskFull(cause)
    ? "its disk is full; free some space"
    : readOnly
    ? "it cannot be written to; give this user (and Deno, by --allow-read and --allow-write) leave to"
    : `its database does not start (${
      String(cause).slice(0, 200)
    }); restore it, or move it away to begin anew`;
  return new QueueError(
    "data_folder_unusable",
    `Cannot open data folder ${folder}: ${reason}, set DSC_DATA to another folder (to none for no queue), or set DATABASE_URL`,
    { cause },
  );
}
