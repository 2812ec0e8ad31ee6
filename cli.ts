/**
 * The command line. `deno task cli --help` says what it does; the commands are in `cli/`.
 */
import { batchCommand, type BatchContext } from "./cli/batch_command.ts";
import { EXIT_OK, EXIT_USAGE, exitCodeOf, Interrupted } from "./cli/exit_code.ts";
import { helpText } from "./cli/help.ts";
import { nearest } from "./cli/nearest.ts";
import { segmentCommand } from "./cli/segment_command.ts";
import { serveCommand } from "./cli/serve_command.ts";
import { processTerminal, type Terminal } from "./cli/terminal.ts";
import { UsageError } from "./cli/usage_error.ts";
import { VERSION } from "./lib/version.ts";
import { createSegmentRunner, type SegmentRunner } from "./workers/segmenter.ts";

/** What a run of the command line works with; tests put their own in its place. */
export interface CliContext {
  readonly terminal: Terminal;
  /** Stops the work; its reason is an {@linkcode Interrupted}. */
  readonly signal: AbortSignal;
  readonly openRunner: (options?: { waitingLimit: number }) => SegmentRunner;
  /** The queue of a batch. @default that of the environment */
  readonly openQueue?: BatchContext["openQueue"];
}

const COMMANDS = ["segment", "batch", "doctor", "serve", "help"] as const;

/**
 * Runs the command line.
 *
 * @param args What follows the program's name.
 * @param context Where it reads, writes and computes.
 * @returns The exit code.
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const { terminal } = context;
  try {
    return await runCommand(args, context);
  } catch (error) {
    if (error instanceof Interrupted) return exitCodeOf(error);
    terminal.writeStderr(`${error instanceof Error ? error.message : error}\n`);
    if (error instanceof UsageError && error.hint) terminal.writeStderr(`  ${error.hint}\n`);
    return exitCodeOf(error);
  }
}

async function runCommand(args: readonly string[], context: CliContext): Promise<number> {
  const { terminal } = context;
  const [command, ...rest] = args;
  // what stands behind -- is a file's name, even if it is --help
  const flags = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  if (flags.includes("--help") || flags.includes("-h") || command === "help") {
    await terminal.writeStdout(helpText(command === "help" ? rest[0] : command));
    return EXIT_OK;
  }
  switch (command) {
    case "segment":
      return await segmentCommand(rest, context);
    case "batch":
      return await batchCommand(rest, { openQueue: openBatchQueue, ...context });
    case "doctor":
      return await (await import("./cli/doctor_command.ts")).doctorCommand(
        rest,
        terminal,
        context.openQueue ?? openBatchQueue,
      );
    case "serve":
      return await serveCommand(rest, {
        ...context,
        openService: async () => (await import("./main.ts")).openService(),
      });
    case "--version":
    case "-V":
      await terminal.writeStdout(`${VERSION}\n`);
      return EXIT_OK;
    case undefined:
      terminal.writeStderr(helpText());
      return EXIT_USAGE;
  }
  const guess = nearest(command, COMMANDS);
  throw new UsageError(
    `${command} is not a command, want ${COMMANDS.join(", ")}`,
    guess ? `Did you mean ${guess}?` : `To segment a file of that name: segment ${command}`,
  );
}

/** The queue that the environment names; computes for it with every core, or not at all where workers do. */
async function openBatchQueue({ jobs, data }: { jobs: number | undefined; data: string | undefined }) {
  const [{ processEnvironment, readConfig }, { openQueue }, { takeJobs }, { fileURLToPath }] = await Promise
    .all([
      import("./routes/config.ts"),
      import("./workers/queue/job_queue.ts"),
      import("./workers/queue/job_worker.ts"),
      import("node:url"),
    ]);
  const { DATABASE_URL, DSC_DATA, DSC_RESULT_BYTES, DSC_RESULT_HOURS } = readConfig(processEnvironment);
  const url = data === undefined ? DATABASE_URL : undefined;
  // paths of the user's are meant from where the user is; the project's own folder is the project's
  const folder = data ?? (DSC_DATA === "data" ? fileURLToPath(new URL("./data", import.meta.url)) : DSC_DATA);
  const queue = await openQueue({
    url,
    folder,
    resultHours: DSC_RESULT_HOURS,
    resultBytes: DSC_RESULT_BYTES,
    waitingLimit: 100_000,
  });
  const slots = jobs ?? (url === undefined ? navigator.hardwareConcurrency : 0);
  const worker = slots > 0 ? takeJobs(queue, { slots }) : undefined;
  return {
    queue,
    async close() {
      await worker?.close(0);
      await queue.close();
    },
  };
}

/** An end asked for by the system stops the work cleanly; asked for twice, at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    if (name === "SIGTERM" && Deno.build.os === "windows") continue; // there is none
    Deno.addSignalListener(name, () => {
      const reason = new Interrupted(name);
      if (stop.signal.aborted) Deno.exit(reason.exitCode);
      stop.abort(reason);
    });
  }
  return stop.signal;
}

/**
 * `-C FOLDER` in front of the command, as git has it: paths are meant from there. A task runs in the project's root, so
 * `deno task cli` says with it where the user is.
 */
function workFromFolder(args: readonly string[]): readonly string[] {
  if (args[0] !== "-C" || args[1] === undefined) return args;
  Deno.chdir(args[1]);
  return args.slice(2);
}

if (import.meta.main) {
  const code = await runCli(workFromFolder(Deno.args), {
    terminal: processTerminal(),
    signal: stopOnSignals(),
    // a picture may take as long as it takes: whoever waits has Ctrl-C
    openRunner: (options) => createSegmentRunner({ size: 1, deadlineMs: Infinity, ...options }),
  });
  Deno.exit(code); // signal listeners keep the process alive
}
