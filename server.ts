/**
 * `deno task start`: the service on a port of this machine, until SIGTERM or Ctrl-C. Then it accepts nothing new, lets
 * running work finish for DSC_SHUTDOWN_SECONDS, hands back jobs that are not done, and ends. It has a queue: PostgreSQL's
 * where there is a DATABASE_URL, else its own in the folder DSC_DATA.
 *
 * @module
 */
import { processEnvironment, readConfig } from "./routes/config.ts";
import { log } from "./routes/log.ts";
import { createService, type Service } from "./routes/service.ts";
import { QueueError } from "./workers/queue/errors.ts";

async function serve(): Promise<void> {
  const config = readConfig(processEnvironment);
  const service = createService(config, "server");
  const server = listen(config.PORT, service);

  startJobs(service);

  const stopped = Promise.withResolvers<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    try {
      Deno.addSignalListener(signal, () => stopped.resolve(signal));
    } catch {
      // Windows has no SIGTERM
    }
  }
  service.warmUp().then(() => log("ready"), (error) => log("warm-up failed", { error: String(error) }));

  const graceMs = config.DSC_SHUTDOWN_SECONDS * 1000;
  log("stopping", { signal: await stopped.promise, graceMs });
  const deadline = setTimeout(() => Deno.exit(1), graceMs + 5000);
  // answers in progress depend on the workers, so both drain together
  await Promise.all([server.shutdown(), service.close(graceMs)]);
  clearTimeout(deadline);
  log("stopped");
  Deno.exit(0);
}

function listen(port: number, service: Service): Deno.HttpServer {
  try {
    return Deno.serve({
      port,
      onListen: (address) => log("listening", { hostname: address.hostname, port: address.port }),
    }, (request, info) => service.fetch(request, info));
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    log("port in use", { port, error: `another process listens on port ${port}; set PORT to a free one` });
    Deno.exit(1);
  }
}

/** A database that is away may come back; a folder that is no use stays so, and whoever started this should know. */
async function startJobs(service: Service): Promise<void> {
  for (;;) {
    try {
      return await service.startJobs();
    } catch (error) {
      log("queue not open", { error: (error as Error).message });
      if (!(error instanceof QueueError) || error.code.startsWith("data_folder")) Deno.exit(1);
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
  }
}

if (import.meta.main) await serve();
