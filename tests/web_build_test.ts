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
    for (const [name, file] of await buildWeb()) {
      const committed = await Deno.readFile(new URL(name, dist));
      assert(Buffer.from(file).equals(committed), `web/dist/${name}: run deno task build:web`);
    }
  },
});
