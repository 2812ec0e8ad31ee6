// Previews of a job that is computed as the service computes it: in a process of its own.
import assert from "node:assert/strict";
import { decodeBase64 } from "../lib/base64.ts";
import { decodeImage } from "../lib/image/decode.ts";
import { encodePng } from "../lib/image/png.ts";
import { parseSettings } from "../lib/settings.ts";
import type { SegmentReport } from "../workers/segment_protocol.ts";
import { createComputer } from "../workers/queue/computer.ts";

Deno.test("createComputer() passes on previews as PNG files, where they are asked for", async () => {
  const width = 192, height = 96;
  const data = new Uint8Array(width * height * 3).map((_, i) => (i % (3 * width) < 1.5 * width ? 40 : 200));
  const bytes = encodePng({ width, height, data });
  const computer = createComputer();
  const compute = async (previews: boolean) => {
    const reports: SegmentReport[] = [];
    await computer.compute({ settings: parseSettings(), maxPixels: 1e6, previews }, bytes, {
      signal: new AbortController().signal,
      deadlineMs: 60_000,
      onReport: (report) => reports.push(report),
    });
    return reports.flatMap(({ preview }) => preview ?? []);
  };
  try {
    assert.deepEqual(await compute(false), []);
    const shown = await compute(true);
    assert.equal(shown.length, 3, "the image, smoothed, in regions");
    for (const address of shown) {
      const [type, base64] = address.split(",");
      assert.equal(type, "data:image/png;base64");
      const preview = await decodeImage(decodeBase64(base64!));
      assert.deepEqual([preview.width, preview.height], [96, 48]);
      assert.ok(preview.data[0]! < 80 && preview.data[3 * 95]! > 160, "left dark, right light");
    }
  } finally {
    await computer.close();
  }
});
