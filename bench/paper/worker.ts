/** The isolate in which one image is done by all configurations, so that they share its SuperAE and superpixels. */
import { serveJobs } from "../../workers/serve_jobs.ts";
import type { DatasetImage } from "../bsds/dataset.ts";
import { type ImageResult, type MethodConfig, scoreImageByAll } from "../bsds/score_image.ts";

/** Kinds of job. */
export interface PaperProtocol {
  readonly image: {
    readonly job: { readonly image: DatasetImage; readonly configs: readonly MethodConfig[] };
    readonly result: readonly ImageResult[];
  };
}

serveJobs<PaperProtocol>({
  image: async ({ image, configs }, { signal }) => ({
    result: await scoreImageByAll(image, configs, signal),
  }),
});
