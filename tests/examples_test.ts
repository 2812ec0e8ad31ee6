// What README.md, CONTRIBUTING.md and examples/ tell people to type is typed here.
import assert from "node:assert/strict";
import { join } from "node:path";
import { runCli } from "../cli.ts";
import config from "../deno.json" with { type: "json" };
import { type FormatName, FORMATS } from "../lib/formats/table.ts";
import { decodeImage } from "../lib/image/mod.ts";
import { createApp } from "../routes/app.ts";
import { withFolder } from "./fixtures/folder.ts";
import { quadrantsPng } from "./fixtures/quadrants.ts";
import { stubSegmenter } from "./fixtures/stub_segmenter.ts";
import { stubTerminal } from "./fixtures/stub_terminal.ts";

const README = Deno.readTextFileSync("README.md");

/** The fenced blocks of a language. */
function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, code]) =>
    code!
  );
}

/** Lines of its shell blocks, without comments. */
function commands(markdown: string): string[] {
  return blocks(markdown, "sh").flatMap((block) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim()).filter((line) => line !== "");
}

/** Splits a command into words; double quotes hold words together. */
function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

function stub() {
  return stubSegmenter({ segmented: 0, encoded: 0, settings: [] });
}

Deno.test("README.md shows examples/segment.ts as it is", async () => {
  const example = (await Deno.readTextFile("examples/segment.ts")).replace(/^\/\/.*\n/, "");
  assert.equal(blocks(README, "ts")[0], example);
});

Deno.test("examples/segment.ts segments a photograph", () =>
  withFolder(async (folder) => {
    await Deno.writeFile(join(folder, "photo.png"), quadrantsPng(64, 48));
    const { code, stderr } = await new Deno.Command("deno", {
      args: [
        "run",
        "--no-prompt",
        "--allow-read=.",
        "--allow-write=.",
        "../../examples/segment.ts",
        "photo.png",
      ],
      cwd: folder,
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const overlay = await decodeImage(await Deno.readFile(join(folder, "photo.overlay.png")));
    assert.deepEqual([overlay.width, overlay.height], [64, 48]);
    const { regions } = JSON.parse(await Deno.readTextFile(join(folder, "photo.regions.json")));
    assert.ok(regions.length >= 4);
  }));

Deno.test("README.md and CONTRIBUTING.md name only tasks that exist", async () => {
  const text = README + await Deno.readTextFile("CONTRIBUTING.md") +
    await Deno.readTextFile("ARCHITECTURE.md");
  const named = new Set([...text.matchAll(/\btask ([a-z][a-z:]*)/g)].map(([, name]) => name!));
  assert.ok(named.size >= 5);
  for (const name of named) assert.ok(Object.hasOwn(config.tasks, name), `deno task ${name} does not exist`);
});

Deno.test("README.md, CONTRIBUTING.md, ARCHITECTURE.md and SECURITY.md name only files that exist", async () => {
  for (const page of ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"]) {
    const text = await Deno.readTextFile(page);
    const linked = [...text.matchAll(/\]\(([^):#]+)\)/g)].map(([, path]) => path!);
    const quoted = [
      ...text.matchAll(/`((?:lib|cli|routes|workers|tests|tools|bench|docs|examples)\/[\w./-]*)`/g),
    ]
      .map(([, path]) => path!);
    for (const path of [...linked, ...quoted]) {
      assert.ok(exists(path), `${page} names ${path}, which does not exist`);
    }
  }
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

for (const command of commands(README).filter((line) => line.includes("task cli segment"))) {
  Deno.test(`README.md: ${command}`, () =>
    withFolder(async (folder) => {
      const here = (word: string) =>
        word === "photos/*.jpg"
          ? [join(folder, "a.jpg"), join(folder, "b.jpg")]
          : /^(photo\.jpg|out)$/.test(word)
          ? [join(folder, word)]
          : [word];
      for (const name of ["photo.jpg", "a.jpg", "b.jpg"]) await Deno.writeTextFile(join(folder, name), "ok");
      // what stands behind < and > is the shell's
      const args = words(command.replace(/[<>].*$/, "")).slice(3).flatMap(here);
      const terminal = stubTerminal({ stdin: "ok" });
      const code = await runCli(args, { terminal, signal: new AbortController().signal, openRunner: stub });
      assert.equal(code, 0, terminal.err());
    }));
}

for (const command of commands(README).filter((line) => line.startsWith("curl"))) {
  Deno.test(`README.md: ${command}`, async () => {
    const { request, mediaType } = asRequest(words(command).slice(1));
    const response = await createApp({ segmenter: stub() }).fetch(request);
    assert.equal(response.status, 201, await response.clone().text());
    assert.equal(response.headers.get("Content-Type"), mediaType);
    assert.ok((await response.arrayBuffer()).byteLength > 0);
  });
}

/** What curl would send, for the flags that the README uses, and the type of what it asks for. */
function asRequest(args: string[]): { request: Request; mediaType: string } {
  const headers = new Headers(), form = new FormData();
  let url = "";
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "-F") {
      const [name, file] = args[++i]!.split("=@") as [string, string];
      form.append(name, new File(["ok"], file, { type: "image/jpeg" }));
    } else if (arg === "-H") {
      const [name, value] = args[++i]!.split(": ") as [string, string];
      headers.set(name, value);
    } else if (arg === "-o") i++;
    else {
      assert.match(arg, /^http:/, `the test knows no ${arg} of curl`);
      url = arg;
    }
  }
  return {
    request: new Request(url, { method: "POST", headers, body: form }),
    mediaType: FORMATS[new URL(url).searchParams.get("format") as FormatName].mediaType,
  };
}
