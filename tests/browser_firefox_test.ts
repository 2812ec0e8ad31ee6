// The page in Firefox, as far as another engine can differ: canvases, workers, streams, WebAssembly, how it looks.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createApp } from "../routes/app.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import { type FirefoxPage, firefoxTest, withFirefox } from "./browser/firefox.ts";

const segmenter = createSegmentRunner({ size: 1 });
const app = createApp({ segmenter });
Deno.test.afterAll(() => segmenter.close(0));

const photo = fileURLToPath(new URL("../web/static/samples/chelsea.jpg", import.meta.url));

/** The palette's ink. */
const INK = { light: [27, 26, 22], dark: [242, 237, 225] } as const;

const READY = `document.documentElement.dataset.state === "ready"`;

/** Has the photograph segmented, on the server or here; the stages that were seen. */
async function segment(page: FirefoxPage, where: "server" | "here"): Promise<string[]> {
  await page.evaluate(`
    document.querySelector("#where input[value=${where}]").click();
    delete document.documentElement.dataset.state;
    globalThis.seen = [];
    globalThis.watcher ??= new MutationObserver(() => seen.push(document.querySelector("#stage-name").textContent));
    watcher.observe(document.querySelector("#stage-name"), { childList: true });`);
  await page.choose("#file", photo);
  await page.until(READY);
  return (await page.evaluate<string>(`[...new Set(seen)].join("|")`)).split("|");
}

/** A file of the panel: its bytes, in hexadecimal numbers, hashed. */
function take(page: FirefoxPage, format: string): Promise<string> {
  return page.evaluate(`new Promise((done) => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (file) => {
      URL.createObjectURL = make;
      file.arrayBuffer().then((bytes) => crypto.subtle.digest("SHA-256", bytes))
        .then((hash) => done(new Uint8Array(hash).toHex()));
      return make.call(URL, file);
    };
    document.querySelector('#files a[data-format="${format}"]').click();
  })`);
}

firefoxTest(
  "Firefox segments on the server and in itself, tells the stages, and has the same files of both",
  () =>
    withFirefox(app, async (page) => {
      await page.open("/");
      await page.until(READY);
      assert.match(await page.evaluate("navigator.userAgent"), /Firefox/);
      const count = () => page.evaluate<string>(`document.querySelector("#count").textContent`);
      const found: string[][] = [];
      for (const where of ["server", "here"] as const) {
        const stages = await segment(page, where);
        for (const stage of ["Smoothing", "Building the hierarchy"]) {
          assert.ok(stages.includes(stage), `${stages}`);
        }
        assert.equal(await page.evaluate(`document.querySelector("#copy-link").disabled`), where === "here");
        found.push([await count(), await take(page, "labels.npy"), await take(page, "hierarchy.json")]);
      }
      assert.deepEqual(found[1], found[0]);
      assert.deepEqual(page.errors, []);
    }),
);

firefoxTest(
  "Firefox shows the page at 360 and 1440 pixels, in light and dark",
  () =>
    withFirefox(app, async (page) => {
      await Deno.mkdir("out/page", { recursive: true });
      await page.open("/");
      await page.until(READY);
      for (const theme of ["light", "dark"] as const) {
        await page.evaluate(`document.querySelector("#theme").click()`);
        for (const [width, height] of [[360, 740], [1440, 900]] as const) {
          await page.resize(width, height);
          await page.until(`innerWidth === ${width}`);
          assert.ok(await page.evaluate<number>(`document.documentElement.scrollWidth`) <= width);
          const ink = await page.evaluate<string>(`getComputedStyle(document.body).color`);
          assert.equal(ink, theme === "light" ? "rgb(27, 26, 22)" : "rgb(242, 237, 225)");
          // the skyline takes its colours from the palette; its bars may be thinner than a pixel
          await page.until(`(() => {
          const canvas = document.querySelector("#skyline"), { width, height } = canvas;
          const row = canvas.getContext("2d").getImageData(0, height - 1, width, 1).data;
          const ink = ${JSON.stringify(INK[theme])};
          for (let p = 0; p < row.length; p += 4) {
            if (row[p + 3] > 100 && ink.every((value, c) => Math.abs(row[p + c] - value) < 8)) return true;
          }
          return false;
        })()`);
          await Deno.writeFile(`out/page/firefox-${width}-${theme}.png`, await page.screenshot());
        }
      }
      assert.deepEqual(page.errors, []);
    }),
);
