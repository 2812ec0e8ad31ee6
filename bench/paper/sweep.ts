/**
 * Runs every configuration on every image: image by image, since configurations share most of an image's work. What is
 * done is kept in the benchmark's store, as `deno task bsds` keeps it.
 */
import type { Terminal } from "../../cli/terminal.ts";
import { WorkerPool } from "../../workers/pool.ts";
import type { Dataset } from "../bsds/dataset.ts";
import { createBenchProgress } from "../bsds/progress.ts";
import { collect, type MethodResults, writeReport } from "../bsds/report.ts";
import type { ImageResult, MethodConfig } from "../bsds/score_image.ts";
import { openStore } from "../bsds/store.ts";
import type { PaperProtocol } from "./worker.ts";

/**
 * @param dataset Images with ground truth; those without are named as problems.
 * @param configs Configurations by name.
 * @param options Split's name, isolates, folder of results, digest of the code.
 * @param terminal Where progress is shown.
 * @param signal Stops the run; what is done by then is kept.
 * @returns Results by name.
 */
export async function sweep<Name extends string>(
  dataset: Dataset,
  configs: ReadonlyMap<Name, MethodConfig>,
  options: { readonly split: string; readonly workers: number; readonly out: string; readonly code: string },
  terminal: Pick<Terminal, "writeStderr" | "stderrIsTerminal" | "columns">,
  signal: AbortSignal,
): Promise<Map<Name, MethodResults>> {
  const rows = Array.from(configs, ([name, config]) => ({
    name,
    config,
    store: openStore(options.out, dataset, config, options.code),
    results: new Map<string, ImageResult>(),
  }));
  const scored = dataset.images.filter(({ groundTruth }) => groundTruth);
  const todo = scored.flatMap((image) => {
    const missing = rows.filter(({ store, results }) => {
      const kept = store.load(image.id);
      if (kept) results.set(image.id, kept);
      return !kept;
    });
    return missing.length > 0 ? [{ image, missing }] : [];
  });
  if (todo.length > 0) {
    const progress = createBenchProgress(terminal, "paper", scored.length, scored.length - todo.length);
    const pool = new WorkerPool<PaperProtocol>({
      module: new URL("./worker.ts", import.meta.url),
      size: Math.min(options.workers, todo.length),
      waitingLimit: todo.length,
      deadlineMs: Infinity,
    });
    try {
      await Promise.all(todo.map(async ({ image, missing }) => {
        const job = { image, configs: missing.map(({ config }) => config) };
        const found = await pool.run("image", job, { signal }).catch((error): ImageResult[] => {
          if (signal.aborted) throw error;
          // the isolate died under this image; the others go on in a new one
          return missing.map(() => ({
            id: image.id,
            scores: undefined,
            problem: error.message,
            milliseconds: 0,
          }));
        });
        missing.forEach(({ store, results }, i) => {
          const result = found[i]!;
          if (!result.problem) store.save(result);
          results.set(image.id, result);
        });
        progress.step();
      }));
    } finally {
      progress.clear();
      await pool.close(0);
    }
  }
  return new Map(rows.map(({ name, config, store, results }) => {
    const inOrder = dataset.images.flatMap(({ id }) => results.get(id) ?? []);
    const summary = collect(config, options.split, inOrder, dataset.problems);
    writeReport(summary, store.folder);
    return [name, summary];
  }));
}
