// The one direction of imports: lib/ knows nobody, workers/ know lib/, routes/ know both, and the ends (cli.ts, main.ts,
// examples/) know all three. ARCHITECTURE.md says why.
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path/posix";

/** What the modules of a folder may import. */
interface Layer {
  /** Own modules, by the start of their path. */
  readonly own: readonly string[];
  /** Packages, by the start of their specifier. */
  readonly packages: RegExp;
  /** Whether `Deno` may be used. */
  readonly deno: boolean;
}

const LAYERS: Readonly<Record<string, Layer>> = {
  // runs in any runtime, a browser's worker included
  "lib/": {
    own: ["lib/"],
    packages: /^(@tensorflow\/|fflate$|imagescript\/|ml-matrix$)/,
    deno: false,
  },
  "workers/": {
    own: ["lib/", "workers/"],
    packages: /^(node:(fs|path|url)|pg-boss|@electric-sql\/pglite)/,
    deno: true,
  },
  // formats, errors and settings, but no tensors, no pixels and no algorithms
  "routes/": {
    own: [
      "routes/",
      "workers/",
      "lib/content_id.ts",
      "lib/errors.ts",
      "lib/formats/",
      "lib/options.ts",
      "lib/progress.ts",
      "lib/settings.ts",
      "lib/version.ts",
      "web/dist",
      "web/static",
    ],
    packages: /^(?!@tensorflow|imagescript|fflate|ml-matrix|node:(fs|child_process))/,
    deno: true,
  },
  // runs in a browser: of workers/ only what drives isolates, nothing that reads a disk
  "web/": {
    own: [
      "lib/",
      "web/",
      "workers/messages.ts",
      "workers/pool.ts",
      "workers/runner.ts",
      "workers/serve_jobs.ts",
    ],
    // takeaway.ts writes a program for Deno, as text
    packages: /^@deep-superpixel-cut\/dsc$/,
    deno: true,
  },
  "cli/": {
    own: ["cli/", "lib/", "workers/"],
    packages: /^(node:(path|util|timers\/promises)|picomatch)$/,
    deno: true,
  },
};

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** What a module imports, statically, dynamically, as a type or as an address. */
function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const found: Import[] = [];
  for (
    const [, names, specifier] of code.matchAll(/\b(?:import|export)\s([^;"'`]*?)\bfrom\s*"([^"]+)"/g)
  ) {
    found.push({ specifier: specifier!, typeOnly: namesOnlyTypes(names!) });
  }
  for (const [, specifier] of code.matchAll(/\bimport\s*\(?\s*"([^"]+)"/g)) {
    found.push({ specifier: specifier!, typeOnly: false });
  }
  for (const [, specifier] of code.matchAll(/\bimport\.meta\.resolve\(\s*"([^"]+)"/g)) {
    found.push({ specifier: specifier!, typeOnly: false });
  }
  for (const [, specifier] of code.matchAll(/\bnew URL\(\s*"([^"]+)",\s*import\.meta\.url/g)) {
    found.push({ specifier: specifier!, typeOnly: false });
  }
  return found;
}

/** `type { A }` and `{ type A, type B }`. */
function namesOnlyTypes(names: string): boolean {
  if (/^type\s/.test(names)) return true;
  const list = /^\{([^}]*)\}\s*$/.exec(names)?.[1]?.split(",").map((name) => name.trim()).filter(Boolean);
  return list !== undefined && list.length > 0 && list.every((name) => name.startsWith("type "));
}

/** The code alone; strings stay, since they hold the specifiers. */
function withoutComments(source: string): string {
  return source.replace(
    /("(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, text: string | undefined) => text ?? "",
  );
}

function modulesUnder(folder: string): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...modulesUnder(path));
    else if (entry.name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** A specifier of `module` as a path from the root, or undefined for a package. */
function ownPath(module: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? relative(".", join(dirname(module), specifier)) : undefined;
}

for (const [folder, { own, packages, deno }] of Object.entries(LAYERS)) {
  Deno.test(`${folder} imports only what its layer may`, () => {
    const wrong: string[] = [];
    for (const module of modulesUnder(folder)) {
      const source = Deno.readTextFileSync(module);
      for (const { specifier, typeOnly } of importsOf(source)) {
        const path = ownPath(module, specifier);
        // a type is gone when the code runs; lib's are everyone's vocabulary
        const allowed = path === undefined
          ? packages.test(specifier)
          : own.some((start) => path.startsWith(start)) || (typeOnly && path.startsWith("lib/"));
        if (!allowed) wrong.push(`${module} imports ${specifier}`);
      }
      if (!deno && /\bDeno\s*[.[]/.test(withoutComments(source))) wrong.push(`${module} uses Deno`);
    }
    assert.deepEqual(wrong, []);
  });
}

Deno.test("no module of ours imports itself through others", () => {
  const modules = ["lib", "workers", "routes", "cli", "web"].flatMap(modulesUnder).concat("cli.ts");
  const edges = new Map(modules.map((module) => [
    module,
    importsOf(Deno.readTextFileSync(module))
      .filter(({ typeOnly }) => !typeOnly)
      .map(({ specifier }) => ownPath(module, specifier))
      .filter((path) => path !== undefined),
  ]));
  const state = new Map<string, "open" | "done">();
  const visit = (module: string, way: string[]): void => {
    if (state.get(module) === "done" || !edges.has(module)) return;
    assert.notEqual(
      state.get(module),
      "open",
      `a circle: ${[...way.slice(way.indexOf(module)), module].join(" -> ")}`,
    );
    state.set(module, "open");
    for (const next of edges.get(module)!) visit(next, [...way, module]);
    state.set(module, "done");
  };
  for (const module of modules) visit(module, []);
});

Deno.test("importsOf() sees every way to import, and none in comments", () => {
  const found = importsOf(`
    // import a from "./comment.ts";
    /* import "./comment.ts"; */
    import a, {
      b,
    } from "./static.ts";
    import type { T } from "./type.ts";
    import { type U, type V } from "./types.ts";
    import { type W, x } from "./mixed.ts";
    export * from "./reexport.ts";
    import "./effect.ts";
    const c = await import("./dynamic.ts");
    const d = import.meta.resolve("pkg/address.wasm");
    const e = new URL("./worker.ts", import.meta.url);
    const f = "https://example.org"; // not a comment inside a string
    import g from "./last.ts";
  `);
  assert.deepEqual(found.map(({ specifier }) => specifier).sort(), [
    "./dynamic.ts",
    "./effect.ts",
    "./last.ts",
    "./mixed.ts",
    "./reexport.ts",
    "./static.ts",
    "./type.ts",
    "./types.ts",
    "./worker.ts",
    "pkg/address.wasm",
  ]);
  assert.deepEqual(
    found.filter(({ typeOnly }) => typeOnly).map(({ specifier }) => specifier),
    ["./type.ts", "./types.ts"],
  );
});

Deno.test("the queue's database is loaded when it is opened, never by an import", () => {
  const seen = new Set<string>();
  const visit = (module: string): void => {
    if (seen.has(module)) return;
    seen.add(module);
    const code = withoutComments(Deno.readTextFileSync(module));
    for (const [, names, specifier] of code.matchAll(/\b(?:import|export)\s([^;"'`]*?)\bfrom\s*"([^"]+)"/g)) {
      if (namesOnlyTypes(names!)) continue;
      assert.doesNotMatch(specifier!, /pg-boss|pglite/, `${module} loads ${specifier}`);
      const path = ownPath(module, specifier!);
      if (path !== undefined) visit(path);
    }
  };
  for (const module of ["main.ts", "server.ts", "cli.ts", "lib/mod.ts", "workers/queue/database.ts"]) {
    visit(module);
  }
  assert.ok(seen.has("routes/app.ts"), "the modules were not followed");
});

Deno.test("deno.lock names only packages that the product imports, as dev.lock does", () => {
  const lock = (name: string) => JSON.parse(Deno.readTextFileSync(name));
  const product = lock("deno.lock"), all = lock("dev.lock");
  const { imports } = lock("import_map.json") as { imports: Record<string, string> };
  const modules = ["lib", "workers", "routes", "cli", "examples"].flatMap(modulesUnder)
    .concat("cli.ts", "main.ts", "server.ts", "worker.ts");
  const imported = modules.flatMap((module) => importsOf(Deno.readTextFileSync(module)))
    .map(({ specifier }) => specifier.replace(/^((?:@[^/]+\/)?[^/]+).*/, "$1"));
  const needed = new Set(imported.map((name) => {
    const target = imports[name] ?? imports[`${name}/`]; // npm:a@1.0.0 or npm:/a@1.0.0/
    return target?.replace(/^npm:\/?/, "npm:").replace(/\/$/, "");
  }));
  for (const specifier of Object.keys(product.specifiers)) {
    assert.ok(
      needed.has(specifier),
      `${specifier}: run git checkout deno.lock, and tests with --lock=dev.lock`,
    );
  }
  for (const [name, { integrity }] of Object.entries<{ integrity: string }>(product.npm)) {
    assert.equal(all.npm[name]?.integrity, integrity, name);
  }
});
