/**
 * Entry for hosts that serve a default export: Deno Deploy and `deno serve main.ts`. Configured by the variables of
 * `routes/config.ts`; nothing heavy is loaded before the first image. `server.ts` listens on a port itself.
 *
 * @module
 */
import { processEnvironment, readConfig } from "./routes/config.ts";
import { createService, type Service } from "./routes/service.ts";

let service: Service | undefined;

/** The service of this process, made when first asked for. It has a queue only where there is a DATABASE_URL. */
export function openService(): Service {
  return service ??= createService(readConfig(processEnvironment));
}

export default {
  fetch(request: Request, info?: unknown): Response | Promise<Response> {
    return openService().fetch(request, info);
  },
};

// `deno serve` drains on a signal, but waits for the workers too, which never end by themselves
if (import.meta.main) {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    try {
      Deno.addSignalListener(signal, endWorkers);
    } catch {
      // hosts without signals end the process their own way
    }
  }
}

async function endWorkers(): Promise<void> {
  await service?.close(readConfig(processEnvironment).DSC_SHUTDOWN_SECONDS * 1000);
  setTimeout(() => Deno.exit(0), 500); // time for the last answers to leave
}
