/**
 * PostgreSQL in this process: PGlite over a folder. It is made for one process, knows no lock of its own (a second opener
 * silently loses rows), no fsync, no vacuum and no checkpoints; all four are here.
 *
 * Its files come as bytes from the package, so that the process needs no permission but for the data folder.
 */
import { fdatasyncSync } from "node:fs";
import { loadWasmBytes } from "../../lib/wasm_bytes.ts";
import { isDiskFull, QueueError } from "./errors.ts";

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

async function startPglite(folder: string) {
  const [{ PGlite }, { NodeFS }, wasm, initdb, data] = await Promise.all([
    import("@electric-sql/pglite"),
    import("@electric-sql/pglite/nodefs"),
    loadWasmBytes("@electric-sql/pglite/pglite.wasm"),
    loadWasmBytes("@electric-sql/pglite/initdb.wasm"),
    loadWasmBytes("@electric-sql/pglite/pglite.data"),
  ]);
  const [pgliteWasmModule, initdbWasmModule] = await Promise.all([
    WebAssembly.compile(wasm),
    WebAssembly.compile(initdb),
  ]);

  // Emscripten's file system forgets fsync: without it a power cut can lose what was committed
  class DurableFS extends NodeFS {
    override async init(...args: Parameters<InstanceType<typeof NodeFS>["init"]>) {
      const started = await super.init(...args);
      started.emscriptenOpts.preRun!.push((module: unknown) => {
        const { NODEFS } = module as { NODEFS: { stream_ops: Record<string, unknown> } };
        NODEFS.stream_ops["fsync"] = (stream: { nfd: number }) => {
          fdatasyncSync(stream.nfd);
          return 0;
        };
      });
      return started;
    }
  }
  const settings = ["wal_sync_method=fsync", "max_wal_size=64MB", "min_wal_size=32MB"];
  return await PGlite.create({
    fs: new DurableFS(folder),
    pgliteWasmModule,
    initdbWasmModule,
    fsBundle: new Blob([data]),
    startParams: [
      ...PGlite.defaultStartParams.filter((param: string) => param !== "-F"), // -F is "no fsync"
      ...settings.flatMap((setting) => ["-c", setting]),
    ],
  });
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
