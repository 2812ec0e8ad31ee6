/**
 * The segmenting isolate of a compute process. Its standard output carries frames, so nothing may be printed there.
 */
import { segmentHandlers } from "../segment_handlers.ts";
import type { SegmentProtocol, SegmentReport } from "../segment_protocol.ts";
import { serveJobs } from "../serve_jobs.ts";

// deno-lint-ignore no-console -- not a print, but the end of prints: tfjs and its backends do
console.log = console.info = console.debug = console.error;

serveJobs<SegmentProtocol, SegmentReport>(segmentHandlers);
