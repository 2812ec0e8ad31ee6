/** The committed SIMD modules are those that their source compiles to. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { compileKernels, compileModule, embedKernels, embedModule, MODULES } from "../tools/build_kernels.ts";

const folder = new URL("../lib/backend/kernels/", import.meta.url);

Deno.test("build:kernels gives the bytes that are committed", async () => {
  const modules = { plain: await compileKernels("plain"), relaxed: await compileKernels("relaxed") };
  for (const variant of ["plain", "relaxed"] as const) {
    const committed = await Deno.readFile(new URL(`kernels_${variant}.wasm`, folder));
    assert(
      Buffer.from(modules[variant]).equals(committed),
      `kernels_${variant}.wasm: run deno task build:kernels`,
    );
  }
  assert.equal(await Deno.readTextFile(new URL("kernels_wasm.ts", folder)), embedKernels(modules));
});

for (const name of ["dsc", "hierarchy", "superpixels"] as const) {
  Deno.test(`build:kernels gives the bytes of ${name} that are committed`, async () => {
    const module = await compileModule(name);
    const committed = await Deno.readFile(new URL("kernels.wasm", MODULES[name]));
    assert(Buffer.from(module).equals(committed), "kernels.wasm: run deno task build:kernels");
    const embedded = await Deno.readTextFile(new URL("kernels_wasm.ts", MODULES[name]));
    assert.equal(embedded, embedModule(module));
    assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(module)), []);
  });
}

Deno.test("the kernels import nothing but the memory", async () => {
  for (const variant of ["plain", "relaxed"] as const) {
    const module = new WebAssembly.Module(await Deno.readFile(new URL(`kernels_${variant}.wasm`, folder)));
    assert.deepEqual(WebAssembly.Module.imports(module), [{ module: "env", name: "memory", kind: "memory" }]);
  }
});
