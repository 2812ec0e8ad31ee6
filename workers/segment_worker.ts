/**
 * The segmenting isolate: receives image files, runs the library, answers with encoded results.
 */
import { segmentHandlers } from "./segment_handlers.ts";
import type { SegmentProtocol, SegmentReport } from "./segment_protocol.ts";
import { serveJobs } from "./serve_jobs.ts";

serveJobs<SegmentProtocol, SegmentReport>(segmentHandlers);
