/**
 * PGlite over a folder. Its files come as bytes from the package, so that the process needs no permission but for that
 * folder, and it gets the fsync that it lacks.
 */
import { fdatasyncSync } from "node:fs";
import { loadWasmBytes } from "../../lib/wasm_bytes.ts";

/** Starts it; a folder that is not there is made, which takes seconds. */
export async function startPglite(folder: string) {
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
