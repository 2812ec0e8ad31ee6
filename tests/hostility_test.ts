// What strangers send: files that lie, break off or have been damaged. Real workers, the real library, every answer checked.
import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { soak } from "../bench/http_soak.ts";
import { createRandom } from "../lib/random.ts";
import { createApp } from "../routes/app.ts";
import { PROBLEMS } from "../routes/problem.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import {
  ascii,
  BASELINE_JPEG,
  CMYK_JPEG,
  concat,
  GRAY_JPEG,
  makeGif,
  makePng,
  pngChunk,
  PROGRESSIVE_JPEG,
  withForgedSize,
  withOrientation,
} from "./fixtures/image_files.ts";

const PALETTE = Array.from({ length: 128 }, (_, i) => [i, 2 * i, 255 - i]);
const PIXELS = Array.from({ length: 30 * 20 }, (_, i) => (i * 7) % 128);
const GIF = makeGif(30, 20, PALETTE, [{ width: 30, height: 20, pixels: PIXELS }, {
  width: 30,
  height: 20,
  pixels: PIXELS,
}]);
const PNG = makePng(16, 16, 8, 6, Uint8Array.from({ length: 16 * 65 }, (_, i) => i % 65 === 0 ? 0 : i * i));
// cheap to segment, so that thousands can be
const CHEAP = "?method=slic&superpixels=4";

/** A service with real workers that takes small images only. */
async function withService(
  body: (post: (bytes: Uint8Array, type?: string) => Promise<Response>) => Promise<void>,
): Promise<void> {
  const segmenter = createSegmentRunner({ size: 2, waitingLimit: 100 });
  const errors: unknown[] = [];
  const app = createApp({
    segmenter,
    maxPixels: 20_000,
    maxBodyBytes: 1_000_000,
    onError: (error) => void errors.push(error),
  });
  const post = async (bytes: Uint8Array, type = "application/octet-stream") =>
    await app.request(`/v1/segmentations${CHEAP}`, {
      method: "POST",
      body: bytes.slice(),
      headers: { "Content-Type": type },
    });
  try {
    await body(post);
    assert.deepEqual(errors, []);
    assert.equal(segmenter.stats().crashed, 0);
  } finally {
    await segmenter.close(0);
  }
}

/** A result or a problem, whole and well-formed. */
async function code(response: Response): Promise<string> {
  const body = await response.json();
  if (response.status === 201 || response.status === 200) {
    assert.equal(response.headers.get("Content-Type"), "application/json");
    const pixels = body.regions.reduce((sum: number, region: { area: number }) => sum + region.area, 0);
    assert.equal(pixels, body.width * body.height);
    return "ok";
  }
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  assert.equal(PROBLEMS[body.code as keyof typeof PROBLEMS].status, response.status);
  if (response.status >= 500) return body.code; // the service's own log is asserted to be empty
  assert.ok(!/\/(work|home|root|usr|lib|workers)\/|file:|\.ts\b/.test(body.detail), body.detail);
  return body.code;
}

Deno.test("POST gives each kind of bad file its own answer", () =>
  withService(async (post) => {
    const text = (value: string) => new TextEncoder().encode(value);
    const cases: [string, Uint8Array, string][] = [
      ["no bytes", new Uint8Array(), "empty_image"],
      ["text", text("hello, this is no image"), "not_an_image"],
      ["HTML", text("<!doctype html><script>alert(1)</script>"), "not_an_image"],
      ["zeros", new Uint8Array(1000), "not_an_image"],
      ["a WebP file", text("RIFF\x24\0\0\0WEBPVP8 "), "unsupported_format"],
      ["a TIFF file", text("II*\0\x08\0\0\0"), "unsupported_format"],
      [
        "a JPEG file that claims 60,000 x 60,000",
        withForgedSize(BASELINE_JPEG, 60_000, 60_000),
        "too_many_pixels",
      ],
      [
        "a PNG file whose pixels unpack to 100 MB behind a header of 16 x 16",
        makePng(16, 16, 8, 6, new Uint8Array(100_000_000)),
        "corrupt_image",
      ],
      [
        "a PNG file that claims 30,000 x 30,000",
        makePng(30_000, 30_000, 8, 6, new Uint8Array(100_000)),
        "too_many_pixels",
      ],
      [
        "a PNG file with a comment of 100 MB",
        makePng(16, 16, 8, 6, Uint8Array.from({ length: 16 * 65 }), {
          before: [pngChunk("zTXt", concat(ascii("k\0\0"), deflateSync(new Uint8Array(100_000_000))))],
        }),
        "ok",
      ],
      [
        "a GIF file whose frame is larger than its canvas",
        makeGif(10, 10, PALETTE, [{ width: 60_000, height: 60_000, pixels: [1, 2, 3] }]),
        "too_many_pixels",
      ],
      ["a truncated PNG file", PNG.slice(0, PNG.length - 20), "truncated_image"],
      ["a truncated JPEG file", BASELINE_JPEG.slice(0, 300), "truncated_image"],
      ["the first bytes of a PNG file", PNG.slice(0, 8), "truncated_image"],
      ["a PNG file with garbage behind it", new Uint8Array([...PNG, ...text("garbage")]), "ok"],
      ["an animated GIF", GIF, "ok"],
      ["a CMYK JPEG", CMYK_JPEG, "ok"],
      ["a turned JPEG", withOrientation(GRAY_JPEG, 6), "ok"],
    ];
    for (const [name, bytes, expected] of cases) assert.equal(await code(await post(bytes)), expected, name);
    assert.equal(await code(await post(PNG, "image/jpeg")), "ok", "the bytes decide, not the name");
  }));

Deno.test("POST answers 2,000 damaged files, each well-formed, and goes on working", () =>
  withService(async (post) => {
    const random = createRandom(20260714);
    const pick = (n: number) => Math.floor(random() * n);
    const sound = [BASELINE_JPEG, PROGRESSIVE_JPEG, CMYK_JPEG, withOrientation(GRAY_JPEG, 6), GIF, PNG];
    const damage = () => {
      let file = sound[pick(sound.length)]!.slice();
      for (let change = 1 + pick(6); change > 0; change--) {
        const kind = pick(5);
        if (kind === 0) file[pick(file.length)]! ^= 1 << pick(8);
        else if (kind === 1) file[pick(file.length)] = [0, 255, 127, 128][pick(4)]!;
        else if (kind === 2) file.copyWithin(pick(file.length), pick(file.length), pick(file.length));
        else if (kind === 3) file = file.slice(0, 1 + pick(file.length));
        else file = new Uint8Array([...file, ...file.subarray(pick(file.length))]);
      }
      return file;
    };
    const answers = new Map<string, number>();
    for (let round = 0; round < 2000; round += 20) {
      const codes = await Promise.all(Array.from({ length: 20 }, async () => code(await post(damage()))));
      for (const each of codes) answers.set(each, (answers.get(each) ?? 0) + 1);
    }
    assert.ok(
      answers.get("ok")! > 100 && answers.get("truncated_image")! > 100,
      JSON.stringify([...answers]),
    );
    assert.equal(await code(await post(PNG)), "ok");
  }));

Deno.test("200 clients at once get whole answers, and the service lives on and ends when it is told to", async () => {
  const { counts, malformed, errors, ended, peakMb, exitCode } = await soak(200, 3);
  assert.deepEqual({ malformed, errors, ended, exitCode }, {
    malformed: [],
    errors: [],
    ended: false,
    exitCode: 0,
  });
  for (const outcome of Object.keys(counts)) assert.match(outcome, /^(200|201|422|503|TimeoutError)$/);
  assert.ok(counts["200"]! > 100 && counts["201"]! > 0, JSON.stringify(counts));
  assert.ok(peakMb > 0 && peakMb < 1500, `${peakMb} MB`);
});
