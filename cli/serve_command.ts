/**
 * `serve`: the HTTP service of main.ts on a port of this machine.
 */
import type { Flag } from "./flags.ts";
import { readFlags } from "./flags.ts";
import { EXIT_OK } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

const DEFAULT_PORT = "8000";
const DEFAULT_HOST = "127.0.0.1";

/** Flags of `serve`. */
export const SERVE_FLAGS: readonly Flag[] = [
  {
    name: "port",
    short: "p",
    value: "N",
    description: `Port to listen on, 0 for any that is free. Default: ${DEFAULT_PORT}.`,
  },
  {
    name: "host",
    value: "ADDRESS",
    description: `Address to listen on; 0.0.0.0 lets other machines in. Default: ${DEFAULT_HOST}.`,
  },
];

/** Answers requests, and lets running work finish at the end. */
export interface Service {
  fetch(request: Request, info?: unknown): Response | Promise<Response>;
  close(graceMs?: number): Promise<void>;
}

/** What the command works with. */
export interface ServeContext {
  readonly terminal: Terminal;
  /** Ends the service. */
  readonly signal: AbortSignal;
  /** Called when the arguments are understood. */
  readonly openService: () => Promise<Service>;
}

/** Whoever stops the service by hand waits this long for running work; a second Ctrl-C does not wait. */
const GRACE_MS = 5000;

/**
 * Serves until the signal.
 *
 * @param args What follows the command's name.
 * @returns The exit code.
 * @throws {UsageError} The arguments are not understood.
 */
export async function serveCommand(args: readonly string[], context: ServeContext): Promise<number> {
  const { terminal, signal, openService } = context;
  const { values, positionals } = readFlags(args, SERVE_FLAGS);
  if (positionals.length > 0) {
    throw new UsageError(`serve takes no ${positionals[0]}`, "For a port: --port 9000");
  }
  const port = readPort(values.get("port")?.[0] ?? DEFAULT_PORT);
  const hostname = values.get("host")?.[0] ?? DEFAULT_HOST;
  const service = await openService();
  const server = listen(port, hostname, service, terminal);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  if (signal.aborted) stop();
  signal.addEventListener("abort", () => stop(), { once: true });
  await stopped;
  // answers in progress wait for the workers, so both drain together
  await Promise.all([server.shutdown(), service.close(GRACE_MS)]);
  return EXIT_OK;
}

function listen(port: number, hostname: string, service: Service, terminal: Terminal): Deno.HttpServer {
  try {
    return Deno.serve({
      port,
      hostname,
      onListen: (address) => {
        const shown = hostname === "0.0.0.0" ? "localhost" : hostname;
        terminal.writeStderr(`Listening on http://${shown}:${address.port}/ until Ctrl-C\n`);
      },
    }, (request, info) => service.fetch(request, info));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    throw new Error(`port ${port} is taken; another one: serve --port ${port + 1}`, { cause });
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new UsageError(`--port: want a whole number from 0 to 65535, got ${JSON.stringify(text)}`);
  }
  return port;
}
