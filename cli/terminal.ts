/**
 * What the command line reads from and writes to. Tests put their own in its place.
 */

/** Standard input, output and error. */
export interface Terminal {
  /** Everything on standard input. */
  readStdin(): Promise<Uint8Array<ArrayBuffer>>;
  /** Writes to standard output: results only. */
  writeStdout(data: Uint8Array | string): Promise<void>;
  /** Writes to standard error: progress, notes and failures. */
  writeStderr(text: string): void;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** False where NO_COLOR (no-color.org) is set. */
  readonly color: boolean;
  /** Characters per line. */
  columns(): number;
}

/** The process's own. None of this needs a permission. */
export function processTerminal(): Terminal {
  const encoder = new TextEncoder();
  return {
    readStdin: async () => new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer()),
    writeStdout: async (data) => {
      let rest = typeof data === "string" ? encoder.encode(data) : data;
      while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
    },
    writeStderr: (text) => {
      let rest = encoder.encode(text);
      while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
    },
    stdinIsTerminal: Deno.stdin.isTerminal(),
    stdoutIsTerminal: Deno.stdout.isTerminal(),
    stderrIsTerminal: Deno.stderr.isTerminal(),
    color: !Deno.noColor,
    columns: () => {
      try {
        return Deno.consoleSize().columns || 80; // some terminals say 0
      } catch {
        return 80;
      }
    },
  };
}
