// The command line with a segmenter that computes nothing; `cli_process_test.ts` runs the real one as a process.
import assert from "node:assert/strict";
import { join } from "node:path";
import { runCli } from "../cli.ts";
import { Interrupted } from "../cli/exit_code.ts";
import { nearest } from "../cli/nearest.ts";
import { planOutput, writeWhole } from "../cli/output.ts";
import { createProgressLine, renderProgress } from "../cli/progress_line.ts";
import { BackendError } from "../lib/errors.ts";
import { FORMAT_NAMES } from "../lib/formats/table.ts";
import { OPTION_NAMES } from "../lib/settings.ts";
import type { SegmentRunner } from "../workers/segmenter.ts";
import { withFolder } from "./fixtures/folder.ts";
import { type StubLog, stubSegmenter } from "./fixtures/stub_segmenter.ts";
import { stubTerminal, type TerminalState } from "./fixtures/stub_terminal.ts";

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47];

interface Run {
  readonly code: number;
  readonly out: string;
  readonly outBytes: Uint8Array;
  readonly err: string;
  readonly log: StubLog;
}

/** Runs the command line in a fresh folder; every word that starts with @ becomes a path in it. */
async function run(
  folder: string,
  args: readonly string[],
  state: Partial<TerminalState> = {},
  replace: { runner?: SegmentRunner; signal?: AbortSignal } = {},
): Promise<Run> {
  const terminal = stubTerminal(state);
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const code = await runCli(args.map((arg) => arg.startsWith("@") ? join(folder, arg.slice(1)) : arg), {
    terminal,
    signal: replace.signal ?? new AbortController().signal,
    openRunner: () => replace.runner ?? stubSegmenter(log),
  });
  return { code, out: terminal.outText(), outBytes: terminal.out(), err: terminal.err(), log };
}

/** A test in a folder of its own that holds files of the given contents; the stub reads them as what to do. */
function testInFolder(name: string, files: Record<string, string>, body: (folder: string) => Promise<void>) {
  Deno.test(name, () =>
    withFolder(async (folder) => {
      for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, path), text);
      await body(folder);
    }));
}

function list(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

testInFolder(
  "segment writes labels and overlay into the output folder",
  { "a.jpg": "ok" },
  async (folder) => {
    const { code, out, err } = await run(folder, ["segment", "@a.jpg", "-o", "@out"]);
    assert.equal(code, 0, err);
    assert.deepEqual(list(join(folder, "out")), ["a.labels.png", "a.overlay.png"]);
    assert.match(out, /a\.jpg: 2 regions in 8 x 6 pixels/);
    assert.match(out, /to see finer ones: --regions 12/);
    assert.match(out, /a\.overlay\.png/);
    assert.equal(err, "");
    const labels = await Deno.readFile(join(folder, "out", "a.labels.png"));
    assert.deepEqual([...labels.subarray(0, 4)], PNG_SIGNATURE);
  },
);

testInFolder("segment writes every format of the table", { "a.jpg": "tree" }, async (folder) => {
  const flags = FORMAT_NAMES.flatMap((name) => ["--format", name]);
  const { code, err } = await run(folder, ["segment", "@a.jpg", "-o", "@out/", ...flags]);
  assert.equal(code, 0, err);
  assert.deepEqual(list(join(folder, "out")), FORMAT_NAMES.map((name) => `a.${name}`).sort());
});

testInFolder("segment knows formats by their short names", { "a.jpg": "ok" }, async (folder) => {
  const { code } = await run(folder, ["segment", "@a.jpg", "-o", "@out", "-f", "labels,json", "-f", "svg"]);
  assert.equal(code, 0);
  assert.deepEqual(list(join(folder, "out")), ["a.labels.png", "a.regions.json", "a.regions.svg"]);
});

testInFolder("segment takes the format from the output file's name", { "a.jpg": "ok" }, async (folder) => {
  assert.equal((await run(folder, ["segment", "@a.jpg", "-o", "@cut.json"])).code, 0);
  const { regions } = JSON.parse(await Deno.readTextFile(join(folder, "cut.json")));
  assert.equal(regions.length, 2);
});

testInFolder("segment takes every option of the table as a flag", { "a.jpg": "ok" }, async (folder) => {
  const { code, err, log } = await run(folder, [
    "segment",
    "@a.jpg",
    "--json",
    "--superpixel-method=mean-shift",
    "--partitions",
    "12",
    "--alpha",
    "0.5",
    "--seed=7",
    "--backend",
    "cpu",
  ]);
  assert.equal(code, 0, err);
  const settings = log.settings[0]!;
  assert.deepEqual(Object.keys(settings), OPTION_NAMES);
  assert.equal(settings.superpixelMethod, "mean-shift");
  assert.deepEqual(
    [settings.partitions, settings.alpha, settings.seed, settings.backend],
    [12, 0.5, 7, "cpu"],
  );
});

testInFolder("segment --json alone prints a line for each file and writes none", {
  "a.jpg": "ok",
  "b.jpg": "broken",
}, async (folder) => {
  const { code, out } = await run(folder, ["segment", "@a.jpg", "@b.jpg", "--json"]);
  assert.equal(code, 3);
  const [a, b] = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(a.regionCount, 2);
  assert.equal(a.settings.partitions, 8);
  assert.deepEqual(a.files, {});
  assert.equal(a.labelRuns, undefined);
  assert.equal(b.error.code, "corrupt_image");
  assert.deepEqual(list(folder), ["a.jpg", "b.jpg"]);
});

testInFolder(
  "segment - reads standard input and writes the labels to standard output",
  {},
  async (folder) => {
    const { code, outBytes, err } = await run(folder, ["segment", "-"], { stdin: "ok" });
    assert.equal(code, 0, err);
    assert.deepEqual([...outBytes.subarray(0, 4)], PNG_SIGNATURE);
    assert.equal(err, "");
  },
);

testInFolder("segment goes on after a bad file and lists it at the end", {
  "a.jpg": "ok",
  "b.jpg": "what?",
  "c.jpg": "ok",
}, async (folder) => {
  const { code, err, log } = await run(folder, ["segment", "@a.jpg", "@b.jpg", "@c.jpg", "-o", "@out"]);
  assert.equal(code, 3);
  assert.equal(log.segmented, 2);
  assert.match(err, /1 of 3 files failed:\n.*b\.jpg: Cannot decode image/);
  assert.equal(list(join(folder, "out")).length, 4);
});

testInFolder(
  "segment answers 1 when files fail for different reasons",
  { "b.jpg": "what?" },
  async (folder) => {
    const { code, err } = await run(folder, ["segment", "@b.jpg", "@missing.jpg", "-o", "@out"]);
    assert.equal(code, 1);
    assert.match(err, /missing\.jpg: no such file/);
  },
);

testInFolder("segment says how to allow a picture over the limit", { "a.jpg": "huge" }, async (folder) => {
  const { code, err } = await run(folder, ["segment", "@a.jpg", "-o", "@out", "--max-pixels", "100"]);
  assert.equal(code, 3);
  assert.match(err, /--max-pixels 1000000000/);
});

testInFolder(
  "segment stops at a backend that is not there, with exit code 4",
  { "a.jpg": "", "b.jpg": "" },
  async (folder) => {
    const runner = {
      ...stubSegmenter({ segmented: 0, encoded: 0, settings: [] }),
      run: () => Promise.reject(new BackendError("backend_unavailable", "Cannot start webgpu: no adapter")),
      close: () => Promise.resolve(),
    } as unknown as SegmentRunner;
    const { code, err } = await run(folder, ["segment", "@a.jpg", "@b.jpg", "-o", "@out"], {}, { runner });
    assert.equal(code, 4);
    assert.match(err, /no adapter\n {2}To go without: --backend wasm/);
    assert.match(err, /1 of 2 files failed, 1 not tried/);
  },
);

testInFolder("segment stops on an interrupt with 130 and leaves no half of a file", {
  "a.jpg": "ok",
  "b.jpg": "slow",
  "c.jpg": "ok",
}, async (folder) => {
  const stop = new AbortController();
  const log: StubLog = { segmented: 0, encoded: 0, settings: [] };
  const inner = stubSegmenter(log);
  const runner: SegmentRunner = {
    run: (kind, job, options) => {
      if (log.segmented === 1) setTimeout(() => stop.abort(new Interrupted("SIGINT")), 5);
      return inner.run(kind, job, options);
    },
    stats: () => inner.stats(),
    close: (grace) => inner.close(grace),
  };
  const { code, err } = await run(
    folder,
    ["segment", "@a.jpg", "@b.jpg", "@c.jpg", "-o", "@out"],
    {},
    { runner, signal: stop.signal },
  );
  assert.equal(code, 130);
  assert.match(err, /Interrupted: 1 of 3 files were done/);
  assert.deepEqual(list(join(folder, "out")), ["a.labels.png", "a.overlay.png"]);
});

testInFolder("segment draws progress on a terminal and takes it away", { "a.jpg": "ok" }, async (folder) => {
  const inner = stubSegmenter({ segmented: 0, encoded: 0, settings: [] });
  const runner: SegmentRunner = {
    run: (kind, job, options) => {
      options?.onReport?.({ stage: "cut", fraction: 0.5, iteration: 64, iterations: 128 });
      return inner.run(kind, job, options);
    },
    stats: () => inner.stats(),
    close: (grace) => inner.close(grace),
  };
  const { err } = await run(
    folder,
    ["segment", "@a.jpg", "-o", "@out"],
    { stderrIsTerminal: true, columns: 200 },
    { runner },
  );
  assert.match(err, /a\.jpg {2}={12}-{12} {3}50% {2}cutting 64\/128/);
  assert.ok(err.endsWith("\r\x1b[K"));
});

for (
  const [name, args, wanted] of [
    ["no file", ["segment"], /segment needs a file/],
    [
      "an unknown flag",
      ["segment", "a.jpg", "--partitons", "4"],
      /--partitons is not known\n {2}Did you mean --partitions\?/,
    ],
    [
      "a flag in camel case",
      ["segment", "a.jpg", "--superpixelMethod", "slic"],
      /Did you mean --superpixel-method\?/,
    ],
    ["the start of a flag", ["segment", "a.jpg", "--iter", "4"], /Did you mean --iterations\?/],
    ["a flag without its value", ["segment", "a.jpg", "-o"], /-o needs a value/],
    ["a flag where a value should be", ["segment", "a.jpg", "-o", "--json"], /-o needs a value/],
    [
      "a value out of range",
      ["segment", "a.jpg", "--partitions", "1"],
      /--partitions: want a whole number from 2 to 256, got "1"/,
    ],
    [
      "a negative value",
      ["segment", "a.jpg", "--alpha", "-1"],
      /--alpha: want a number from 0 to 100, got "-1"/,
    ],
    [
      "an unknown choice",
      ["segment", "a.jpg", "--method", "sliic"],
      /--method: want one of dsc, flat-dsc, .*got "sliic"/,
    ],
    ["a flag given twice", ["segment", "a.jpg", "--seed", "1", "--seed", "2"], /--seed is given twice/],
    ["a value for a switch", ["segment", "a.jpg", "--json=yes"], /--json takes no value/],
    ["an unknown format", ["segment", "a.jpg", "-f", "overlai"], /Did you mean overlay\?/],
    [
      "a tree from a method without one",
      ["segment", "a.jpg", "--method", "slic", "-f", "hierarchy"],
      /hierarchy\.json needs a hierarchy, and --method slic makes none/,
    ],
    [
      "a number of regions from a method without a tree",
      ["segment", "a.jpg", "--method", "flat-dsc", "--regions", "5"],
      /--regions needs a hierarchy, and --method flat-dsc makes none\n.*--partitions/,
    ],
    ["a wrong limit", ["segment", "a.jpg", "--max-pixels", "1e6"], /--max-pixels: want a whole number/],
    ["a file given twice", ["segment", "a.jpg", "a.jpg"], /a\.jpg is given twice/],
    [
      "a file for several inputs",
      ["segment", "a.jpg", "b.jpg", "-o", "x.png"],
      /x\.png is one file, but there are 2/,
    ],
    [
      "a file for several formats",
      ["segment", "a.jpg", "-o", "x.png", "-f", "mean", "-f", "json"],
      /but there are 2 formats/,
    ],
    [
      "a file of no known format",
      ["segment", "a.jpg", "-o", "x.tiff"],
      /x\.tiff: no format is known by that name/,
    ],
    [
      "two inputs with one output name",
      ["segment", "x/a.jpg", "y/a.jpg"],
      /would both be written to a\.labels\.png/,
    ],
    ["an output that is an input", ["segment", "a.png", "-o", "a.png"], /a\.png would be written over/],
    ["two results for standard output", ["segment", "a.jpg", "-o", "-", "--json"], /--json and a picture/],
    ["a command that is a file", ["photo.jpg"], /To segment a file of that name: segment photo\.jpg/],
    ["a mistyped command", ["segmnet", "a.jpg"], /Did you mean segment\?/],
    ["a wrong port", ["serve", "--port", "99999"], /--port: want a whole number from 0 to 65535/],
  ] as const
) {
  Deno.test(`the command line refuses ${name} with exit code 2`, async () => {
    const { code, err, log } = await run(".", args);
    assert.match(err, wanted);
    assert.equal(code, 2);
    assert.equal(log.segmented, 0);
  });
}

Deno.test("segment refuses to write bytes to a terminal, and to read a picture from one", async () => {
  const out = await run(".", ["segment", "-"], { stdoutIsTerminal: true });
  assert.match(out.err, /bytes would go to the terminal/);
  const input = await run(".", ["segment", "-", "--json"], { stdinIsTerminal: true });
  assert.match(input.err, /- is standard input, but that is the terminal/);
  assert.deepEqual([out.code, input.code], [2, 2]);
});

Deno.test("--help shows examples before anything else and every flag of the table", async () => {
  const { code, out } = await run(".", ["segment", "--help"]);
  assert.equal(code, 0);
  assert.ok(out.indexOf("Examples") < out.indexOf("Flags"));
  for (const name of OPTION_NAMES) {
    assert.match(out, new RegExp(`--${name.replace(/[A-Z]/g, "-$&").toLowerCase()} `));
  }
  for (const line of out.split("\n")) assert.ok(line.length <= 100, `too wide: ${line}`);
  assert.match((await run(".", ["help", "serve"])).out, /--port/);
  assert.match((await run(".", ["-h"])).out, /Examples/);
});

Deno.test("the command line without arguments shows its help on standard error", async () => {
  const { code, out, err } = await run(".", []);
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /Examples/);
});

Deno.test("--version prints the version of deno.json", async () => {
  const { default: config } = await import("../deno.json", { with: { type: "json" } });
  assert.equal((await run(".", ["--version"])).out, `${config.version}\n`);
});

Deno.test("nearest() finds swapped, missing and wrong letters, and nothing far away", () => {
  const words = ["partitions", "seed", "superpixels"];
  assert.equal(nearest("partitoins", words), "partitions");
  assert.equal(nearest("sed", words), "seed");
  assert.equal(nearest("SUPERPIXEL", words), "superpixels");
  assert.equal(nearest("zebra", words), undefined);
});

Deno.test("planOutput() writes into a folder that exists even if its name has a dot", () => {
  const request = { inputs: ["a.jpg"], output: "v1.0", formats: [], json: false };
  assert.equal(planOutput(request, (path) => path === "v1.0")[0]![0]!.path, join("v1.0", "a.labels.png"));
});

testInFolder(
  "writeWhole() leaves an older file as it was when it is stopped",
  { "a.json": "old" },
  async (folder) => {
    const path = join(folder, "a.json");
    await assert.rejects(writeWhole(path, "new", AbortSignal.abort(new Error("stopped"))));
    assert.equal(await Deno.readTextFile(path), "old");
    assert.deepEqual(list(folder), ["a.json"]);
    await writeWhole(path, "new");
    assert.equal(await Deno.readTextFile(path), "new");
  },
);

Deno.test("renderProgress() never fills the terminal's last column, whatever its width", () => {
  const progress = { stage: "superae", fraction: 1 / 3, iteration: 12, iterations: 1000 } as const;
  for (let columns = 1; columns < 140; columns++) {
    const line = renderProgress("photographs/a_rather_long_name.jpg", progress, 60_000, columns, false);
    assert.ok(line.length < columns || line.length === 0, `${line.length} in ${columns}`);
  }
  assert.match(
    renderProgress("a.jpg", progress, 60_000, 100, false),
    / 33% {2}smoothing 12\/1000 {2}2 min 00 s left$/,
  );
});

Deno.test("renderProgress() without colour holds no escape code", () => {
  const progress = { stage: "cut", fraction: 0.5 } as const;
  assert.ok(!renderProgress("a", progress, 0, 80, false).includes("\x1b"));
  assert.ok(renderProgress("a", progress, 0, 80, true).includes("\x1b[36m"));
});

Deno.test("createProgressLine() is silent where standard error is not a terminal", () => {
  const terminal = stubTerminal();
  const line = createProgressLine(terminal);
  line.start("a");
  line.update({ stage: "cut", fraction: 0.5 });
  line.clear();
  assert.equal(terminal.err(), "");
});

Deno.test("deno.json: the tasks of the product never stop at a permission prompt, which Ctrl-C does not end", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  for (const name of ["cli", "doctor", "start", "worker"]) {
    assert.match(tasks[name].command, / --no-prompt /, name);
  }
});
