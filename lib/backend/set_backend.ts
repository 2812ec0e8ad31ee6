/**
 * tfjs's own switch between backends, made to fail aloud.
 */
import * as tf from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.ts";
import type { BackendName } from "../options.ts";

/** `tf.setBackend` that rejects instead of resolving to false. */
export async function setBackendOrThrow(name: BackendName): Promise<void> {
  let ok = false, cause: unknown;
  try {
    ok = await tf.setBackend(name);
  } catch (error) {
    cause = error;
  }
  if (!ok) {
    throw new BackendError("backend_unavailable", `Cannot start backend ${name}: tfjs refused it`, { cause });
  }
}
