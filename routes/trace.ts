/**
 * Spans by stage for OpenTelemetry. With `OTEL_DENO=true` Deno sends them, under the span of the request that caused the
 * work; without it they cost nothing.
 */
import { trace } from "@opentelemetry/api";
import { VERSION } from "../lib/version.ts";

/** Makes a span for each stage of work that has just ended: stages ran one after the other, in this order. */
export function traceStages(timings: Readonly<Record<string, number>>): void {
  const tracer = trace.getTracer("deep-superpixel-cut", VERSION);
  const stages = Object.entries(timings).filter(([stage]) => stage !== "total");
  let time = Date.now() - stages.reduce((sum, [, ms]) => sum + ms, 0);
  for (const [stage, ms] of stages) {
    const span = tracer.startSpan(`dsc ${stage}`, { startTime: new Date(time) });
    time += ms;
    span.end(new Date(time));
  }
}
