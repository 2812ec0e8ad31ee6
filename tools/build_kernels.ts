/**
 * Compiles the SIMD kernels, lib/backend/kernels/assembly (AssemblyScript), into two modules: plain SIMD, and relaxed SIMD
 * with fused multiply-add. Each is written as .wasm and, for hosts that can neither read files nor import bytes, as base64
 * inside kernels_wasm.ts. Run by `deno task build:kernels`; tests/kernels_build_test.ts compiles again and compares bytes.
 */
import asc from "assemblyscript/asc";

/** The two builds, and what the compiler is told for each. */
const VARIANTS = { plain: [], relaxed: ["--enable", "relaxed-simd"] } as const;

const folder = new URL("../lib/backend/kernels/", import.meta.url);

/** Compiles one build. @throws {Error} With the compiler's messages. */
export async function compileKernels(variant: keyof typeof VARIANTS): Promise<Uint8Array<ArrayBuffer>> {
  let module: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main([
    "index.ts",
    ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--enable", "bulk-memory"],
    ...VARIANTS[variant],
    // the only import is tfjs's memory; no data segment and no stack, so that nothing in it is overwritten
    ...["--importMemory", "--noExportMemory", "--outFile", "kernels.wasm"],
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
  const base64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `// Made by \`deno task build:kernels\` from assembly/. Do not edit.

/** The plain SIMD build. */
export const PLAIN = "${base64(modules.plain)}";

/** The relaxed SIMD build. */
export const RELAXED = "${base64(modules.relaxed)}";
`;
}

if (import.meta.main) {
  const modules = { plain: await compileKernels("plain"), relaxed: await compileKernels("relaxed") };
  await Deno.writeFile(new URL("kernels_plain.wasm", folder), modules.plain);
  await Deno.writeFile(new URL("kernels_relaxed.wasm", folder), modules.relaxed);
  await Deno.writeTextFile(new URL("kernels_wasm.ts", folder), embedKernels(modules));
}
