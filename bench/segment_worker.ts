/** An isolate of bench/segment.ts: segments one image as often as it is told to, then answers. */
import type { Image } from "../lib/image/image.ts";
import { segment } from "../lib/segment.ts";

const worker = self as unknown as {
  onmessage: (event: MessageEvent<{ image: Image; count: number }>) => void;
  postMessage(answer: string): void;
};

worker.onmessage = async ({ data: { image, count } }) => {
  for (let i = 0; i < count; i++) await segment(image);
  worker.postMessage("done");
};
