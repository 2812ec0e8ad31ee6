/**
 * Where tensors live: wasm, webgpu or cpu behind one function. `segment()` does this by itself; who calls SuperAE or the
 * cut directly wraps the calls.
 *
 * @example
 * ```ts
 * import { withBackend } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await withBackend("wasm", (_, { name }) => name), "wasm");
 * ```
 *
 * @module
 */
export type { JobOptions } from "./job.ts";
export { withBackend } from "./with_backend.ts";
export { type BackendInfo, type BackendOptions, requireFits, type Simd, useBackend } from "./use_backend.ts";
export type { BackendChoice, BackendName } from "../options.ts";
export { BackendError, type BackendErrorCode } from "../errors.ts";
