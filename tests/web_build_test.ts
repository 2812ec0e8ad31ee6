/** The committed bundles of the page are those that its source makes. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { buildWeb, BUNDLER } from "../tools/build_web.ts";

const dist = new URL("../web/dist/", import.meta.url);
const otherDeno = Deno.version.deno !== BUNDLER;

Deno.test({
  name: `build:web gives the bytes that are committed${otherDeno ? ` (skipped: needs Deno ${BUNDLER})` : ""}`,
  ignore: otherDeno,
  async fn() {
    const files = await buildWeb();
    assert.deepEqual(filesUnder(dist), [...files.keys()].sort(), "web/dist: run deno task build:web");
    for (const [name, file] of files) {
      const committed = await Deno.readFile(new URL(name, dist));
      assert(Buffer.from(file).equals(committed), `web/dist/${name}: run deno task build:web`);
    }
  },
});

/** Paths from the folder on. */
function filesUnder(folder: URL, before = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesUnder(new URL(`${name}/`, folder), `${before}${name}/`) : [before + name]
  ).sort();
}
