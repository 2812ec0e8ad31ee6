/**
 * What GPU there is, found out without starting a backend: for a report, not for a decision.
 */

/** A GPU adapter, or a program that pretends to be one. */
export interface GpuReport {
  /** The driver's name for it. */
  readonly name: string;
  /** True for a software adapter: it computes on the CPU, about 50 times slower than wasm does. */
  readonly fallback: boolean;
  /** Bytes of the largest tensor. */
  readonly maxTensorBytes: number;
  /** Limits that decide what fits, by their WebGPU names. */
  readonly limits: Readonly<Record<string, number>>;
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupStorageSize",
] as const;

/** Asks for the adapter that the webgpu backend would take; `undefined` if there is none. */
export async function probeGpu(): Promise<GpuReport | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() =>
    null
  );
  if (!adapter) return undefined;
  const { info, limits } = adapter;
  const { isFallbackAdapter = false } = info as GPUAdapterInfo & { isFallbackAdapter?: boolean };
  return {
    name: info.description || info.device || info.vendor || "unknown",
    fallback: isFallbackAdapter,
    maxTensorBytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    limits: Object.fromEntries(LIMITS.map((name) => [name, limits[name]])),
  };
}

/** A line about it. */
export function describeGpu(gpu: GpuReport | undefined): string {
  if (!gpu) return "none";
  return gpu.fallback ? `${gpu.name} (software: not taken for a GPU unless asked)` : gpu.name;
}
