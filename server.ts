/**
 * `deno task start`: the service on a port of this machine, until SIGTERM or Ctrl-C. Then it accepts nothing new, lets
 * running work finish for DSC_SHUTDOWN_SECONDS and ends.
 *
 * @module
 */
import { openService } from "./main.ts";
import { processEnvironment, readConfig } from "./routes/config.ts";
import { log } from "./routes/log.ts";

async function serve(): Promise<void> {
  const config = readConfig(processEnvironment);
  const service = openService();
  const server = Deno.serve({
    port: config.PORT,
    onListen: (address) => log("listening", { hostname: address.hostname, port: address.port }),
  }, (request, info) => service.fetch(request, info));

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

if (import.meta.main) await serve();
