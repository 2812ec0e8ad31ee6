/**
 * Compiles the SIMD kernels, lib/backend/kernels/assembly (AssemblyScript), into two modules: plain SIMD, and relaxed SIMD
 * with fused multiply-add. Each is written as .wasm and, for hosts that can neither read files nor import bytes, as base64
 * inside kernels_wasm.ts. The kernels of the cut, the hierarchy and superpixels,
 * lib/{dsc,hierarchy,superpixels}/kernels/assembly, are plain modules with memories of their own. Run by
 * `deno task build:kernels`; tests/kernels_build_test.ts compiles again and compares bytes.
 */
import asc from "assemblyscript/asc";
import { encodeBase64 } from "../lib/base64.ts";

/** The two builds, and what the compiler is told for each. */
const VARIANTS = { plain: [], relaxed: ["--enable", "relaxed-simd"] } as const;

const folder = new URL("../lib/backend/kernels/", import.meta.url);

/** Folders of kernels with a memory of their own. */
export const MODULES = {
  dsc: new URL("../lib/dsc/kernels/", import.meta.url),
  hierarchy: new URL("../lib/hierarchy/kernels/", import.meta.url),
  superpixels: new URL("../lib/superpixels/kernels/", import.meta.url),
} as const;

/** Compiles one build. @throws {Error} With the compiler's messages. */
export function compileKernels(variant: keyof typeof VARIANTS): Promise<Uint8Array<ArrayBuffer>> {
  // the only import is tfjs's memory; no data segment and no stack, so that nothing in it is overwritten
  return compile(folder, [...VARIANTS[variant], "--importMemory", "--noExportMemory"]);
}

/** Compiles kernels with a memory of their own. @throws {Error} With the compiler's messages. */
export function compileModule(name: keyof typeof MODULES): Promise<Uint8Array<ArrayBuffer>> {
  return compile(MODULES[name], []);
}

async function compile(folder: URL, flags: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  let module: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main([
    "index.ts",
    ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--enable", "bulk-memory"],
    ...flags,
    ...["--outFile", "kernels.wasm"],
  ], {
    readFile: (name) => {
      try {
        return Deno.readTextFileSync(new URL(`assembly/${name}`, folder));
      } catch {
        return null; // the compiler asks for several spellings of a path
      }
    },
    writeFile: (_, contents) => {
      if (typeof contents !== "string") module = new Uint8Array(contents);
    },
    listFiles: () => [],
  });
  if (error || !module) throw new Error(`Cannot compile kernels: ${stderr.toString()}`, { cause: error });
  return module;
}

/** kernels_wasm.ts, from the two modules. */
export function embedKernels(modules: Record<keyof typeof VARIANTS, Uint8Array>): string {
  return `// Made by \`deno task build:kernels\` from assembly/. Do not edit.

/** The plain SIMD build. */
export const PLAIN =
  "${encodeBase64(modules.plain)}";

/** The relaxed SIMD build. */
export const RELAXED =
  "${encodeBase64(modules.relaxed)}";
`;
}

/** kernels_wasm.ts of kernels with a memory of their own. */
export function embedModule(module: Uint8Array): string {
  return `// Made by \`deno task build:kernels\` from assembly/. Do not edit.

/** The module. */
export const KERNELS =
  "${encodeBase64(module)}";
`;
}

if (import.meta.main) {
  const modules = { plain: await compileKernels("plain"), relaxed: await compileKernels("relaxed") };
  await Deno.writeFile(new URL("kernels_plain.wasm", folder), modules.plain);
  await Deno.writeFile(new URL("kernels_relaxed.wasm", folder), modules.relaxed);
  await Deno.writeTextFile(new URL("kernels_wasm.ts", folder), embedKernels(modules));
  for (const name of ["dsc", "hierarchy", "superpixels"] as const) {
    const module = await compileModule(name);
    await Deno.writeFile(new URL("kernels.wasm", MODULES[name]), module);
    await Deno.writeTextFile(new URL("kernels_wasm.ts", MODULES[name]), embedModule(module));
  }
}
