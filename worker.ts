/**
 * `deno task worker`: takes heavy jobs from the queue at DATABASE_URL and computes them, DSC_JOB_SLOTS at once, until
 * SIGTERM or Ctrl-C. Then it takes no more, gives those at work DSC_SHUTDOWN_SECONDS, hands back what is left, and ends.
 *
 * @module
 */
import { processEnvironment, readConfig } from "./routes/config.ts";
import { log } from "./routes/log.ts";
import { openServiceQueue, takeServiceJobs } from "./routes/service.ts";
import { describeGpu, probeGpu } from "./lib/backend/probe_gpu.ts";

async function work(): Promise<number> {
  const config = readConfig(processEnvironment);
  if (config.DATABASE_URL === undefined) {
    log("no queue", {
      error:
        "Cannot take jobs: set DATABASE_URL. The embedded queue is for one process, and deno task start is that one",
    });
    return 2;
  }
  const stopped = Promise.withResolvers<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    try {
      Deno.addSignalListener(signal, () => stopped.resolve(signal));
    } catch {
      // Windows has no SIGTERM
    }
  }
  const queue = await openServiceQueue(
    config,
    "server",
    (error) => log("queue error", { error: String(error) }),
  );
  const slots = config.DSC_JOB_SLOTS ?? Math.ceil(navigator.hardwareConcurrency / 2);
  const worker = takeServiceJobs(queue, slots, config);
  log("taking jobs", { slots, gpu: describeGpu(await probeGpu()) });

  const graceMs = config.DSC_SHUTDOWN_SECONDS * 1000;
  log("stopping", { signal: await stopped.promise, running: worker.running, graceMs });
  const deadline = setTimeout(() => Deno.exit(1), graceMs + 10_000);
  await worker.close(graceMs);
  await queue.close();
  clearTimeout(deadline);
  log("stopped");
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await work());
  } catch (error) {
    log("not started", { error: (error as Error).message });
    Deno.exit(1);
  }
}
