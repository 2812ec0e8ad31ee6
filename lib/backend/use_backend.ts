/**
 * Chooses and starts a backend. tfjs reports failure as a boolean beside a backend name that already looks right, and a
 * driver can return zeros without a word: so the boolean is checked and a small known answer is computed before any job.
 */
import { BackendError, LimitError } from "../errors.ts";
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
  /** Which one it is. */
  readonly name: BackendName;
  /** Name of the GPU; webgpu only. */
  readonly adapter?: string;
  /** Instructions of the library's own kernels. */
  readonly simd: Simd;
  /** tfjs kernels that the library replaced or added. */
  readonly kernels: readonly string[];
  /** Largest tensor in bytes. */
  readonly maxTensorBytes: number;
}

/** What one backend's file gives: starts it and says what it is, without the known-answer test. */
export interface BackendStarter {
  start(options: BackendOptions): Promise<BackendInfo>;
  /** What went wrong on the device since it was started, where that shows otherwise than by an exception. */
  failure?(): BackendError | undefined;
}

/** The one in use. */
let current: BackendStarter | undefined;

/** What went wrong on the device in use without an exception, if anything: a lost GPU, a shader that failed. */
export function deviceFailure(): BackendError | undefined {
  return current?.failure?.();
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
  current = await starter(name);
  const info = await current.start(options), key = `${name} ${info.simd}`;
  if (!checked.has(key)) {
    await checkKnownAnswer(name);
    const failure = deviceFailure();
    if (failure) throw failure;
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

/**
 * Refuses a tensor that the backend in use cannot hold: webgpu would compute with zeros in its place, and wasm stop.
 *
 * @param info What is in use.
 * @param shape Of the float32 tensor.
 * @param what Its name, for the message.
 * @throws {LimitError} too_much_memory
 */
export function requireFits(info: BackendInfo, shape: readonly number[], what: string): void {
  const bytes = 4 * shape.reduce((product, n) => product * n, 1);
  if (bytes <= info.maxTensorBytes) return;
  throw new LimitError(
    "too_much_memory",
    info.maxTensorBytes,
    bytes,
    `Cannot compute ${what} on ${info.name}: (${shape}) takes ${bytes} bytes, want at most ${info.maxTensorBytes}`,
  );
}
