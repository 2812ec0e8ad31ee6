/**
 * Chooses and starts a backend. tfjs reports failure as a boolean beside a backend name that already looks right, and a
 * driver can return zeros without a word: so the boolean is checked and a small known answer is computed before any job.
 */
import { BackendError } from "../errors.ts";
import type { BackendChoice, BackendName } from "../options.ts";
import { registerGradients } from "./gradients.ts";
import { checkKnownAnswer } from "./known_answer.ts";

/** Instructions of the library's own kernels: relaxed has fused multiply-add, none means that they are not in use. */
export type Simd = "relaxed" | "plain" | "none";

/** Options of {@linkcode useBackend}. */
export interface BackendOptions {
  /** Accept a software (CPU) adapter for webgpu; about 50 times slower than wasm. @default false */
  allowFallbackAdapter?: boolean;
  /** The work is worth a GPU: lets `auto` take webgpu where a real one is present. @default false */
  heavy?: boolean;
  /** Instructions of the wasm kernels; `plain` gives the same bits on every machine. @default the best there is */
  simd?: "relaxed" | "plain";
}

/** The backend in use. */
export interface BackendInfo {
  readonly name: BackendName;
  /** Name of the GPU; webgpu only. */
  readonly adapter?: string;
  /** Instructions of the library's own kernels. */
  readonly simd: Simd;
  /** tfjs kernels that the library replaced or added. */
  readonly kernels: readonly string[];
  /** Largest tensor in bytes. */
  readonly maxTensorBytes: number;
  /** What went wrong on the device so far, if anything; webgpu only. */
  readonly failure?: () => BackendError | undefined;
}

/** What one backend's file gives: starts it and says what it is, without the known-answer test. */
export interface BackendStarter {
  start(options: BackendOptions): Promise<BackendInfo>;
}

/** Set once when an isolate's heap can no longer be trusted. */
let poison: BackendError | undefined;

/** Marks this isolate's backends as unusable: every later {@linkcode useBackend} rejects with this error's code. */
export function poisonIsolate(error: BackendError): void {
  poison = error;
}

/**
 * Makes a backend the one in use.
 *
 * @param choice `auto` takes webgpu for heavy work where a real GPU is present, else wasm, else cpu.
 * @param options See {@linkcode BackendOptions}.
 * @returns What is in use.
 * @throws {BackendError} backend_unavailable, backend_fallback_adapter, backend_wrong_answer, or what an earlier job left.
 */
export async function useBackend(choice: BackendChoice, options: BackendOptions = {}): Promise<BackendInfo> {
  if (poison) {
    throw new BackendError(
      poison.code,
      `Cannot start backend ${choice}: this isolate is unusable since "${poison.message}"; compute in a new worker`,
      { cause: poison },
    );
  }
  registerGradients();
  if (choice !== "auto") return await startChecked(choice, options);
  const candidates: BackendName[] = options.heavy ? ["webgpu", "wasm", "cpu"] : ["wasm", "cpu"];
  const failures: unknown[] = [];
  for (const name of candidates) {
    try {
      return await startChecked(name, options);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new BackendError("backend_unavailable", `Cannot start a backend: tried ${candidates.join(", ")}`, {
    cause: new AggregateError(failures),
  });
}

/** Backends, with the build of their kernels, that have given the known answer in this isolate. */
const checked = new Set<string>();

async function startChecked(name: BackendName, options: BackendOptions): Promise<BackendInfo> {
  const info = await (await starter(name)).start(options), key = `${name} ${info.simd}`;
  if (!checked.has(key)) {
    await checkKnownAnswer(name);
    checked.add(key);
  }
  return info;
}

/** Loads one backend's code; the others stay unloaded. */
function starter(name: BackendName): Promise<BackendStarter> {
  switch (name) {
    case "wasm":
      return import("./wasm_backend.ts");
    case "webgpu":
      return import("./webgpu_backend.ts");
    case "cpu":
      return import("./cpu_backend.ts");
  }
}
