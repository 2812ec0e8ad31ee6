/** The isolate in which the benchmark's images are done. */
import { serveJobs } from "../../workers/serve_jobs.ts";
import { type BenchProtocol, scoreImage } from "./score_image.ts";

serveJobs<BenchProtocol>({
  image: async (job, { signal }) => ({ result: await scoreImage(job, signal) }),
});
