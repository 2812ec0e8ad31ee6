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

/** What the command works with. */
export interface ServeContext {
  readonly terminal: Terminal;
  /** Ends the service. */
  readonly signal: AbortSignal;
  /** Loads the application; called when the arguments are understood. */
  readonly loadApp: () => Promise<{ fetch(request: Request): Response | Promise<Response> }>;
}

/**
 * Serves until the signal.
 *
 * @param args What follows the command's name.
 * @returns The exit code.
 * @throws {UsageError} The arguments are not understood.
 */
export async function serveCommand(args: readonly string[], context: ServeContext): Promise<number> {
  const { terminal, signal, loadApp } = context;
  const { values, positionals } = readFlags(args, SERVE_FLAGS);
  if (positionals.length > 0) {
    throw new UsageError(`serve takes no ${positionals[0]}`, "For a port: --port 9000");
  }
  const port = readPort(values.get("port")?.[0] ?? DEFAULT_PORT);
  const hostname = values.get("host")?.[0] ?? DEFAULT_HOST;
  const app = await loadApp();
  const server = Deno.serve({
    port,
    hostname,
    signal,
    onListen: ({ hostname, port }) => {
      const shown = hostname === "0.0.0.0" ? "localhost" : hostname;
      terminal.writeStderr(`Listening on http://${shown}:${port}/ until Ctrl-C\n`);
    },
  }, (request) => app.fetch(request));
  await server.finished;
  return EXIT_OK;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new UsageError(`--port: want a whole number from 0 to 65535, got ${JSON.stringify(text)}`);
  }
  return port;
}
