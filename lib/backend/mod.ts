/**
 * Where tensors live: wasm, webgpu or cpu behind one function. Internal to the library; the public interface takes the
 * backend's name as an option.
 *
 * @module
 */
export { type JobOptions, withBackend } from "./job.ts";
export { type BackendInfo, type BackendOptions, type Simd, useBackend } from "./use_backend.ts";
