// What docs/http.md and README.md tell people to send to the service is sent here, to one on a spare port.
import assert from "node:assert/strict";
import { encodePng } from "../lib/image/png.ts";
import { createApp } from "../routes/app.ts";
import { ENVIRONMENT } from "../routes/config.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import { withFolder } from "./fixtures/folder.ts";

const DOCS = await Deno.readTextFile(new URL("../docs/http.md", import.meta.url));
const README = await Deno.readTextFile(new URL("../README.md", import.meta.url));
const PHOTO = encodePng({
  width: 60,
  height: 40,
  data: new Uint8Array(7200).map((_, i) => i % 180 < 90 ? 40 : 200),
});

/** Fenced blocks of a language. */
function blocks(language: string, page = DOCS): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code!);
}

/** A folder with photo.jpg (the bytes decide what it is), and a real service. */
function withService(body: (url: string, folder: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/photo.jpg`, PHOTO);
    const segmenter = createSegmentRunner({ size: 1 });
    const app = createApp({ segmenter });
    const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
    const server = Deno.serve(options, (request) => app.fetch(request));
    try {
      await body(`http://127.0.0.1:${server.addr.port}`, folder);
    } finally {
      await server.shutdown();
      await segmenter.close(0);
    }
  });
}

async function whyNot(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output();
    return success ? undefined : `${program} lacks what is needed`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? `${program} is not installed`
      : `running ${program} is not allowed`;
  }
}

async function run(program: string, args: string[], cwd: string): Promise<string> {
  const output = await new Deno.Command(program, { args, cwd }).output();
  assert.ok(output.success, new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout);
}

const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));
const noCurl = await whyNot("curl", "--version");
Deno.test({
  name: `docs/http.md: its ${commands.length} curl commands${noCurl ? ` (skipped: ${noCurl})` : ""}`,
  ignore: noCurl !== undefined,
  fn: (t) =>
    withService(async (url, folder) => {
      for (const command of commands) {
        const [program, ...args] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) =>
          quoted ?? plain!
        );
        await t.step(command, async () => {
          assert.equal(program, "curl");
          const here = args.map((arg) => arg.replace("http://localhost:8000", url));
          const out = await run("curl", ["-sS", "--fail-with-body", ...here], folder);
          if (args.includes("-N")) {
            return assert.match(out, /^event: progress\n[^]*"state":"succeeded"[^]*\n\n$/);
          }
          if (!args.includes("-o")) {
            return assert.equal(JSON.parse(out).width, 60);
          }
          const bytes = await Deno.readFile(`${folder}/${args[args.indexOf("-o") + 1]}`);
          assert.equal(new TextDecoder("latin1").decode(bytes.subarray(1, 4)), "PNG");
        });
      }
    }),
});

const noPython = await whyNot("python3", "-c", "import numpy, requests");
for (
  const [page, text, pattern] of [
    ["docs/http.md", DOCS, /^\d+ regions, label 0 at the top left\n$/],
    ["README.md", README, /^(\d+ pixels, left, top, width, height: \[[\d, ]+\]\n)+$/],
  ] as const
) {
  Deno.test({
    name: `${page}: the Python example${noPython ? ` (skipped: ${noPython})` : ""}`,
    ignore: noPython !== undefined,
    fn: () =>
      withService(async (url, folder) => {
        const code = blocks("python", text)[0]!.replaceAll("http://localhost:8000", url);
        assert.match(await run("python3", ["-c", code, url], folder), pattern);
      }),
  });
}

Deno.test("README.md: the example of the typed client", () =>
  withService(async (url, folder) => {
    const code = blocks("ts", README).find((block) => block.includes("hono/client"))!
      .replace("./routes/", "../../routes/").replace("http://localhost:8000", url);
    await Deno.writeTextFile(`${folder}/client.ts`, code);
    const flags = ["run", "--no-prompt", "--allow-net=127.0.0.1", "--allow-read=photo.jpg"];
    const out = await run("deno", [...flags, "client.ts"], folder);
    assert.match(out, /^\d+ regions, at \/v1\/segmentations\/[0-9a-f-]{36}\n$/);
  }));

Deno.test("docs/deploy.md describes every variable with its default", async () => {
  const text = await Deno.readTextFile(new URL("../docs/deploy.md", import.meta.url));
  for (const [name, variable] of Object.entries(ENVIRONMENT)) {
    const [, fallback, description] =
      new RegExp(`^\\| \`${name}\` +\\| (.*?) *\\| (.*?) *\\|$`, "m").exec(text) ?? [];
    assert.equal(fallback, variable.type === "list" ? "" : String(variable.default ?? ""), name);
    assert.equal(description, variable.description, name);
  }
});

/** The text of all files below the project with this ending, the tests and what was built aside. */
async function textOf(folders: readonly string[], ending: string): Promise<string> {
  let text = "";
  for (const folder of folders) {
    for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isFile && name.endsWith(ending)) text += await Deno.readTextFile(path);
      if (isDirectory && folder !== ".") text += await textOf([path], ending);
    }
  }
  return text;
}

Deno.test("the environment variables in the code, its messages and the documentation are those that are described", async () => {
  const product = await textOf([".", "lib", "routes", "workers", "cli"], ".ts");
  const pages = await textOf([".", "docs"], ".md");
  const named = new Set((product + pages).match(/\bDSC_[A-Z_]+\b/g));
  named.delete("DSC_SHARED"); // of the tests
  assert.deepEqual(
    [...named].sort(),
    Object.keys(ENVIRONMENT).filter((name) => name.startsWith("DSC_")).sort(),
  );
  // whoever reads the environment does so through the table
  assert.deepEqual(product.match(/\benv\.(get|has|toObject)\(.*?\)/g), ["env.get(name)"]);
});

Deno.test("docs/deploy.md: the units run what the tasks run, and leave them time to end", async () => {
  const text = await Deno.readTextFile(new URL("../docs/deploy.md", import.meta.url));
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const units = blocks("ini", text).map((unit) => {
    const entries = unit.split("\n").filter((line) => line.includes("=")).map((line) => line.split(/=(.*)/s));
    return Object.fromEntries(entries) as Record<string, string>;
  });
  const commands = units.map(({ ExecStart }) =>
    ExecStart!.replace("/usr/local/bin/deno", "deno").replaceAll("/var/lib/dsc", "data")
  );
  assert.deepEqual(commands, [tasks.start.command, tasks.worker.command]);
  for (const { Environment, TimeoutStopSec } of units) {
    assert.ok(Number(TimeoutStopSec) >= ENVIRONMENT.DSC_SHUTDOWN_SECONDS.default + 10);
    for (const [name] of Environment!.split(" ").map((setting) => setting.split("="))) {
      assert.ok(name! in ENVIRONMENT || name === "DENO_DIR", name);
    }
  }
});

Deno.test("docs/http.md shows an error as the service gives it", async () => {
  const segmenter = createSegmentRunner({ size: 1 });
  const response = await createApp({ segmenter }).request("/v1/segmentations?partitions=1", {
    method: "POST",
  });
  const { requestId, errors, ...problem } = await response.json();
  const { errors: shown, ...example } = JSON.parse(blocks("json")[0]!);
  assert.deepEqual(problem, example);
  assert.deepEqual([errors[0].field, typeof requestId], [shown[0].field, "string"]);
});
