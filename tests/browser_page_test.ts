/// <reference lib="dom" />
// The page in a real browser, with a real service behind it: what a visitor does, from the first drop to the last file.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeImage } from "../lib/image/decode.ts";
import { encodePng } from "../lib/image/png.ts";
import { fitWithin } from "../lib/image/resize.ts";
import { decodeNpy } from "../lib/npy.ts";
import { createApp } from "../routes/app.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";
import { BASELINE_JPEG, SQUARES, withOrientation } from "./fixtures/image_files.ts";
import { browserTest, type Page, withPage } from "./browser/chromium.ts";

const segmenter = createSegmentRunner({ size: 1 });
const app = createApp({ segmenter });
Deno.test.afterAll(() => segmenter.close(0));

const samples = new URL("../web/static/samples/", import.meta.url);
const photo = await Deno.readFile(new URL("black-canyon.jpg", samples));
/** The same, small enough to be segmented in a second. */
const small = encodePng(fitWithin(await decodeImage(photo), 50_000));

const READY = () => document.documentElement.dataset.state === "ready";

/** Waits for the sample that is there when the page opens. */
async function opened(page: Page): Promise<void> {
  await page.waitForFunction(READY);
}

/** Drops a file onto the page. */
async function drop(page: Page, bytes: Uint8Array, name: string, type = "image/png"): Promise<void> {
  const data = await page.evaluateHandle(([base64, name, type]) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
    return transfer;
  }, [Buffer.from(bytes).toString("base64"), name, type] as const);
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

/** Drops a picture and waits until its regions are there. */
async function segmentSmall(page: Page): Promise<void> {
  await page.evaluate(() => delete document.documentElement.dataset.state);
  await drop(page, small, "river.png");
  await page.waitForFunction(READY);
}

/** Moves the slider as a hand would: many inputs, one change. */
async function slide(page: Page, ...stops: number[]): Promise<void> {
  await page.evaluate((stops) => {
    const slider = document.querySelector<HTMLInputElement>("#regions")!;
    for (const stop of stops) {
      slider.value = String(stop);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    slider.dispatchEvent(new Event("change", { bubbles: true }));
  }, stops);
}

function count(page: Page): Promise<string | null> {
  return page.textContent("#count");
}

/** A file of the panel, as it arrives. */
async function download(page: Page, format: string): Promise<{ name: string; bytes: Uint8Array }> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.click(`#files a[data-format="${format}"]`),
  ]);
  const path = await file.path();
  return { name: file.suggestedFilename(), bytes: await Deno.readFile(path) };
}

function labelsOf(file: Uint8Array): Int32Array {
  const { data } = decodeNpy(file);
  assert(data instanceof Int32Array);
  return data;
}

/** Labels after two regions were made one: numbered in the order in which rows meet them. */
function joined(labels: Int32Array, a: number, b: number): Int32Array {
  const numbers = new Map<number, number>();
  return labels.map((label) => {
    const region = label === b ? a : label;
    if (!numbers.has(region)) numbers.set(region, numbers.size);
    return numbers.get(region)!;
  });
}

/** The middle of a pixel of the picture, on the screen. */
async function pointOf(page: Page, pixel: number, width: number, height: number) {
  await page.evaluate(() => scrollTo(0, 0));
  const box = (await page.locator("#layers").boundingBox())!;
  return {
    x: box.x + (pixel % width + 0.5) / width * box.width,
    y: box.y + (Math.floor(pixel / width) + 0.5) / height * box.height,
  };
}

/** Two regions side by side, each with a pixel well inside. */
function neighbors(labels: Int32Array, width: number, height: number): [number, number] {
  const inside = (p: number) => {
    const x = p % width, y = Math.floor(p / width);
    if (x < 3 || y < 3 || x >= width - 3 || y >= height - 3) return false;
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) if (labels[p + dy * width + dx] !== labels[p]) return false;
    }
    return true;
  };
  for (let p = 0; p < labels.length; p++) {
    if (!inside(p)) continue;
    for (let q = p + 1; q < p + 12 && q % width > p % width; q++) {
      if (labels[q] !== labels[p] && inside(q)) return [p, q];
    }
  }
  throw new Error("no two regions side by side");
}

browserTest(
  "the page opens with a sample that the slider cuts at once, and asks no other host",
  () =>
    withPage(app, async (page, { url, requests }) => {
      await opened(page);
      assert.equal(await page.textContent("#own"), `Auto: ${await count(page)}`, "the picture's own number");
      for (const regions of [1, 57, 200]) {
        await slide(page, regions);
        assert.equal(await count(page), String(regions));
      }
      assert.equal(requests.some((request) => request.includes("/v1/")), false, "the service was not needed");
      for (const request of requests) {
        const address = request.split(" ")[1]!;
        assert(
          address.startsWith(url) || address.startsWith("blob:") || address.startsWith("data:"),
          request,
        );
      }
    }),
);

browserTest(
  "a dropped file is segmented, cut, merged, undone, taken away, and opened again by its link",
  () =>
    withPage(app, async (page, { url }) => {
      await opened(page);
      await drop(page, small, "river.png");
      await page.waitForSelector("#progress:not([hidden])");
      await page.waitForSelector("#progress", { state: "hidden", timeout: 30_000 });
      await slide(page, 40, 30, 12);
      assert.equal(await count(page), "12");

      // what the service gives at this scale
      const file = await download(page, "labels.npy");
      assert.equal(file.name, "river-12.labels.npy");
      const labels = labelsOf(file.bytes);
      const { shape } = decodeNpy(file.bytes), [height, width] = shape as [number, number];
      const address = await page.getAttribute('#files a[data-format="labels.npy"]', "href");
      const answer = await fetch(url + address);
      assert.deepEqual(labelsOf(new Uint8Array(await answer.arrayBuffer())), labels);

      // two regions made one by hand: made in the page, equal to the service's labels with those two joined
      const [a, b] = neighbors(labels, width, height);
      const [from, to] = [await pointOf(page, a, width, height), await pointOf(page, b, width, height)];
      await page.mouse.click(from.x, from.y);
      assert.match((await page.textContent("#selection-text"))!, new RegExp(`^Region ${labels[a]! + 1} `));
      await page.keyboard.down("Shift");
      await page.mouse.click(to.x, to.y);
      await page.keyboard.up("Shift");
      assert.equal(await count(page), "11");
      const edited = await download(page, "labels.npy");
      assert.equal(edited.name, "river-11-edited.labels.npy");
      assert.deepEqual(labelsOf(edited.bytes), joined(labels, labels[a]!, labels[b]!));
      const coco = JSON.parse(new TextDecoder().decode((await download(page, "coco.json")).bytes));
      assert.equal(coco.annotations.length, 11);

      // undone, the file is the service's again
      await page.keyboard.press("Control+z");
      assert.equal(await count(page), "12");
      assert.deepEqual(labelsOf((await download(page, "labels.npy")).bytes), labels);
      await page.keyboard.press("Control+Shift+z");
      assert.equal(await count(page), "11");

      // the link opens the same, edits and all
      await page.waitForURL(/\?r=[\w-]+&regions=12&edits=12m/);
      await page.reload();
      await opened(page);
      assert.equal(await count(page), "11");
      assert.deepEqual(labelsOf((await download(page, "labels.npy")).bytes), labelsOf(edited.bytes));
      await page.keyboard.press("Control+z");
      assert.equal(await count(page), "12");
      assert.deepEqual(labelsOf((await download(page, "labels.npy")).bytes), labels);
    }),
);

browserTest(
  "alt-click splits, and selected regions leave as a cut-out and as a mask",
  () =>
    withPage(app, async (page) => {
      await opened(page);
      await segmentSmall(page);
      await slide(page, 2);
      const box = (await page.locator("#layers").boundingBox())!;
      const x = box.x + box.width / 2, y = box.y + box.height * 0.8;
      await page.keyboard.down("Alt");
      await page.mouse.click(x, y);
      await page.keyboard.up("Alt");
      assert.equal(await count(page), "3");
      await page.click("#clear");
      await page.mouse.click(x, y);
      for (const [button, name] of [["#cutout", "river.cut-out.png"], ["#mask", "river.mask.png"]] as const) {
        const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
        assert.equal(file.suggestedFilename(), name);
        const { width, height, data } = await decodeImage(await Deno.readFile(await file.path()));
        const of = await decodeImage(small);
        assert.deepEqual([width, height], [of.width, of.height]);
        if (name.includes("mask")) {
          const white = data.filter((value) => value === 255).length / 3;
          assert(white > 0 && white < width * height);
          assert(data.every((value) => value === 0 || value === 255));
        }
      }
    }),
);

browserTest(
  "zoomed in, the picture is still cut where it is clicked, and a drag only moves it",
  () =>
    withPage(app, async (page) => {
      await opened(page);
      const box = (await page.locator("#mat").boundingBox())!;
      const place = () =>
        page.evaluate(() => {
          const { left, width } = document.querySelector("#layers")!.getBoundingClientRect();
          return { left, width };
        });
      const at = { x: box.x + box.width * 0.25, y: box.y + box.height * 0.2 };
      await page.mouse.move(at.x, at.y);
      const region = await page.textContent("#chip b");
      await page.keyboard.down("Control");
      for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -40);
      await page.keyboard.up("Control");
      await page.waitForFunction(() => document.querySelector("#zoom-reset")!.textContent === "5.0×");
      assert(Math.abs((await place()).width - 4.95 * box.width) < 0.1 * box.width);

      // what was below the pointer still is
      await page.mouse.move(at.x + 1, at.y);
      assert.equal(await page.textContent("#chip b"), region);
      await page.mouse.click(at.x, at.y);
      assert.match((await page.textContent("#selection-text"))!, new RegExp(`^${region} `));
      await page.click("#clear");

      const { left } = await place();
      await page.mouse.move(at.x, at.y);
      await page.mouse.down();
      await page.mouse.move(at.x + 60, at.y + 10, { steps: 4 });
      await page.mouse.up();
      assert(Math.abs((await place()).left - left - 60) < 20);
      assert.equal(await page.isDisabled("#clear"), true, "nothing was selected");
      await page.keyboard.press("0");
      assert.equal((await place()).width, box.width);
    }),
);

browserTest("every method draws its regions, and says what it lacks", () =>
  withPage(app, async (page) => {
    await opened(page);
    await segmentSmall(page);
    await page.selectOption("#method", "slic");
    await page.evaluate(() => delete document.documentElement.dataset.state);
    await page.click("#again");
    await page.waitForFunction(READY);
    assert(Number(await count(page)) > 50);
    assert.equal(await page.isVisible("#regions"), false);
    assert.equal(await page.isVisible("#one-scale"), true);
    assert.equal(await page.isDisabled('#views input[value="contours"]'), true);
    assert.equal(await page.isVisible('#files a[data-format="hierarchy.json"]'), false);
    await page.waitForURL(/method=slic/);
    await page.click("#reset");
    assert.equal(await page.inputValue("#method"), "dsc");
  }));

browserTest(
  "a picture in this browser is segmented without a request to the service",
  () =>
    withPage(app, async (page, { requests }) => {
      await opened(page);
      await page.check("#where input[value=here]");
      await segmentSmall(page);
      assert.equal(requests.some((request) => request.includes("/v1/")), false);
      await slide(page, 9);
      assert.equal(new Set(labelsOf((await download(page, "labels.npy")).bytes)).size, 9);
      await page.check('#views input[value="smoothed"]', { force: true });
      assert.equal(await page.isDisabled("#copy-link"), true);
    }),
);

/** A service with a queue, whose jobs say what the test has them say. */
function queueing(events: (send: (event: string, data: unknown) => void) => Promise<void>) {
  const canceled: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (request.method === "DELETE") {
      canceled.push(pathname);
      return new Response(null, { status: 200 });
    }
    if (pathname.endsWith("/events")) {
      const encoder = new TextEncoder();
      const body = new ReadableStream({
        async start(controller) {
          await events((event, data) =>
            controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
          );
        },
      });
      return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
    }
    const answer = await app.fetch(request);
    if (request.method !== "POST") return answer;
    await answer.text(); // it is done, but the page does not know
    const headers = { Location: answer.headers.get("Location")! };
    return Response.json({ state: "queued" }, { status: 202, headers });
  };
  return { canceled, fetch };
}

const LOSSES = [3, 2.2, 1.7, 1.5];
const BLUE = encodePng({ width: 2, height: 1, data: Uint8Array.of(0, 0, 255, 0, 0, 255) });

browserTest("work in a queue is followed: its place, its stages, its loss curve, its end", async () => {
  const goOn = Promise.withResolvers<void>();
  const service = queueing(async (send) => {
    send("status", { state: "queued", position: 2 });
    send("status", { state: "processing" });
    send("progress", { stage: "superae", fraction: 0, iteration: 9, iterations: 9, loss: 70 });
    for (const [i, loss] of LOSSES.entries()) {
      send("progress", { stage: "cut", fraction: i / 8, iteration: i + 1, iterations: 8, loss });
    }
    send("preview", { image: `data:image/png;base64,${Buffer.from(BLUE).toString("base64")}` });
    await goOn.promise;
    send("status", { state: "succeeded" });
  });
  await withPage(service, async (page) => {
    await opened(page);
    await page.selectOption("#method", "flat-dsc");
    await page.evaluate(() => delete document.documentElement.dataset.state);
    await drop(page, small, "river.png");
    await page.waitForSelector("#loss:not([hidden])");
    assert.equal(await page.textContent("#stage-name"), "Cutting");
    assert.equal(await page.textContent("#stage-note"), "Step 4 of 8, loss 1.500");
    const points = await page.getAttribute("#loss polyline", "points");
    assert.equal(points!.split(" ").length, LOSSES.length);
    assert.equal(
      await page.evaluate(() => document.querySelector<HTMLProgressElement>("#bar")!.value),
      3 / 8,
    );
    await page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>("#preview")!;
      return canvas.width === 2 &&
        canvas.getContext("2d")!.getImageData(1, 0, 1, 1).data.join() === "0,0,255,255";
    });
    goOn.resolve();
    await page.waitForFunction(READY);
    assert(Number(await count(page)) > 1);
  });
});

for (const where of ["server", "here"] as const) {
  browserTest(
    `work that is done at once tells its stages and shows previews: ${where}`,
    () =>
      withPage(app, async (page) => {
        await opened(page);
        await page.check(`#where input[value=${where}]`);
        // what is seen for milliseconds is watched by the page itself
        await page.evaluate(() => {
          const seen = { stages: [] as string[], pictures: 0, fractions: [] as number[] };
          Object.assign(globalThis, { seen });
          const name = document.querySelector("#stage-name")!, preview = document.querySelector("#preview")!;
          new MutationObserver((changes) => {
            for (const { target } of changes) {
              if (target === preview) seen.pictures++;
              else seen.stages.push(name.textContent!);
            }
            seen.fractions.push(document.querySelector<HTMLProgressElement>("#bar")!.position);
          }).observe(document.querySelector("#progress")!, {
            subtree: true,
            childList: true,
            attributeFilter: ["height"],
          });
        });
        await page.evaluate(() => delete document.documentElement.dataset.state);
        await drop(
          page,
          where === "here" ? small : encodePng(fitWithin(await decodeImage(small), 45_000)),
          "river.png",
        );
        await page.waitForFunction(READY);
        const { stages, pictures, fractions } = await page.evaluate(() =>
          (globalThis as unknown as { seen: { stages: string[]; pictures: number; fractions: number[] } })
            .seen
        );
        for (const stage of ["Smoothing", "Building the hierarchy", "Measuring regions"]) {
          assert(stages.includes(stage), `${stage} is not among ${[...new Set(stages)]}`);
        }
        assert(pictures >= 3, `${pictures} pictures: of the photograph, smoothed, in regions`);
        assert(fractions.some((fraction) => fraction > 0.2 && fraction < 1));
      }),
  );
}

browserTest("cancel ends the work, on the page and in the queue", async () => {
  const service = queueing(async (send) => {
    send("status", { state: "processing" });
    await new Promise(() => {});
  });
  await withPage(service, async (page) => {
    await opened(page);
    await page.selectOption("#method", "flat-dsc");
    await drop(page, small, "river.png");
    await page.waitForRequest(/\/events$/);
    await Promise.all([
      page.waitForRequest((request) => request.method() === "DELETE"),
      page.click("#cancel"),
    ]);
    assert.equal(await page.isVisible("#progress"), false);
    assert.equal(await page.textContent("#notice p"), "Canceled.");
    assert.match(service.canceled[0]!, /^\/v1\/segmentations\/[\w-]+$/);
  });
});

const tight = createApp({ segmenter, maxPixels: 30_000 });

browserTest(
  "a picture that is too large says the limit and is shrunk in the browser",
  () =>
    withPage(tight, async (page) => {
      await page.goto("/?sample=none").catch(() => {});
      await page.waitForSelector("#samples button");
      await drop(page, small, "river.png");
      await page.locator("#notice p", { hasText: /megapixels; the service takes 0\.0/ }).waitFor();
      await page.evaluate(() => delete document.documentElement.dataset.state);
      await page.click("#notice button");
      await page.waitForFunction(READY);
      const { shape } = decodeNpy((await download(page, "labels.npy")).bytes);
      const [height, width] = shape as [number, number];
      assert(width * height <= 30_000 && width * height > 25_000, `${width} x ${height}`);
    }),
);

browserTest(
  "a pasted photo that lies on its side is shown and segmented upright",
  () =>
    withPage(app, async (page) => {
      await opened(page);
      await page.evaluate((base64) => {
        delete document.documentElement.dataset.state;
        const clipboardData = new DataTransfer();
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        clipboardData.items.add(new File([bytes], "IMG_1.jpg", { type: "image/jpeg" }));
        dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
      }, Buffer.from(withOrientation(BASELINE_JPEG, 6)).toString("base64"));
      await page.waitForFunction(READY);
      const { shape } = decodeNpy((await download(page, "labels.npy")).bytes);
      assert.deepEqual([...shape], [SQUARES.width, SQUARES.height], "rows and columns have changed places");
      const canvas = await page.evaluate(() => {
        const { width, height } = document.querySelector<HTMLCanvasElement>("#photo")!;
        return width < height;
      });
      assert(canvas);
    }),
);

browserTest(
  "of two pictures dropped in a row the last one stays, however long the first takes to open",
  () =>
    withPage(app, async (page) => {
      await opened(page);
      await page.evaluate(() => {
        delete document.documentElement.dataset.state;
        // the first picture opens when the second one has long been there
        const open = globalThis.createImageBitmap;
        let first = true;
        globalThis.createImageBitmap = (async (image: Blob) => {
          if (first) {
            first = false;
            await new Promise((done) => setTimeout(done, 1000));
            document.documentElement.dataset.late = "";
          }
          return await open(image);
        }) as typeof open;
      });
      await drop(page, await Deno.readFile(new URL("astronaut.jpg", samples)), "slow.jpg", "image/jpeg");
      await drop(page, small, "river.png");
      await page.waitForFunction(() => document.documentElement.dataset.late === "");
      await page.waitForFunction(READY);
      assert.match((await page.getAttribute("#layers", "aria-label"))!, /^river, /);
    }),
);

browserTest("what cannot be opened is refused in words", () =>
  withPage(app, async (page) => {
    await opened(page);
    await drop(page, new TextEncoder().encode("no picture"), "notes.png");
    await page.waitForSelector("#notice:not([hidden])");
    assert.match((await page.textContent("#notice p"))!, /not a picture that the browser can open/);
    assert.equal(await page.textContent("#notice button"), "Choose another");
  }));

browserTest(
  "the keyboard alone reaches everything and works the picture",
  () =>
    withPage(app, async (page) => {
      await opened(page);
      await page.keyboard.press("Tab");
      const reached = new Set<string>();
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press("Tab");
        const found = await page.evaluate(() => {
          const element = document.activeElement as HTMLElement;
          const style = getComputedStyle(element);
          const near = element.closest("label")?.querySelector("span, svg + span");
          const ring = [
            style,
            near && getComputedStyle(near),
            element.parentElement && getComputedStyle(element.parentElement),
          ]
            .some((style) => style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
          return { id: element.id || element.dataset.format || element.tagName, ring };
        });
        if (found.id === "BODY") break;
        assert(found.ring, `${found.id} shows no focus`);
        reached.add(found.id);
      }
      for (
        const id of [
          "layers",
          "regions",
          "own",
          "file",
          "method",
          "opacity",
          "labels.png",
          "copy-link",
          "theme",
        ]
      ) {
        assert(reached.has(id), `Tab does not reach ${id}`);
      }
      await page.focus("#layers");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await page.keyboard.press("ArrowLeft");
      const before = Number(await count(page));
      await page.keyboard.press("m");
      assert.equal(Number(await count(page)), before - 1);
      await page.keyboard.press("s");
      await page.keyboard.press("Control+z");
      await page.keyboard.press("Control+z");
      assert.equal(Number(await count(page)), before);
      await page.keyboard.press("+");
      assert.equal(Number(await count(page)), before + 1);
      await page.keyboard.press("3");
      assert.equal(await page.isChecked('#views input[value="labels"]'), true);
      await page.focus("#regions");
      await page.keyboard.press("ArrowLeft");
      assert.equal(Number(await count(page)), before);
      await page.focus("#layers");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("s");
      await page.click("#unpin");
      assert.equal(Number(await count(page)), before);
      assert.equal(await page.isVisible("#unpin"), false);
      await page.keyboard.press("?");
      assert.equal(await page.isVisible("#keys"), true);
      await page.keyboard.press("Escape");
      assert.equal(await page.isVisible("#keys"), false);
    }),
);

browserTest(
  "single keys can be kept to the picture, and the page remembers it",
  () =>
    withPage(app, async (page) => {
      await opened(page);
      const view = () =>
        page.evaluate(() => document.querySelector<HTMLInputElement>("#views :checked")!.value);
      await page.focus("#theme");
      await page.keyboard.press("2");
      assert.equal(await view(), "mean");
      await page.keyboard.press("?");
      await page.uncheck("#keys-everywhere");
      await page.keyboard.press("Escape");
      for (const again of [false, true]) {
        if (again) {
          await page.reload();
          await opened(page);
        }
        const before = await view(), regions = await count(page);
        await page.focus("#theme");
        for (const key of ["3", "+", "m", "?", "c"]) await page.keyboard.press(key);
        assert.deepEqual([await view(), await count(page)], [before, regions]);
        assert.equal(await page.isVisible("#keys"), false);
        await page.focus("#layers");
        await page.keyboard.press("3");
        assert.equal(await view(), "labels");
        await page.keyboard.press("2");
      }
      await page.click("#help");
      assert.equal(await page.isChecked("#keys-everywhere"), false);
    }),
);

/** A service that can lose everything it keeps. */
function forgetful() {
  let now = createApp({ segmenter });
  return {
    fetch: (request: Request) => now.fetch(request),
    forget: () => void (now = createApp({ segmenter })),
  };
}

browserTest("what the service no longer keeps it makes again, unasked", async () => {
  const service = forgetful();
  await withPage(service, async (page, { requests }) => {
    await opened(page);
    await segmentSmall(page);
    await slide(page, 12);
    service.forget();
    assert.equal(new Set(labelsOf((await download(page, "labels.npy")).bytes)).size, 12);
    service.forget();
    await page.click("#views input[value=smoothed]", { force: true });
    await page.waitForFunction(() => {
      const fill = document.querySelector<HTMLCanvasElement>("#fill")!;
      return fill.getContext("2d")!.getImageData(fill.width >> 1, fill.height >> 1, 1, 1).data[3] === 255;
    });
    assert.equal(requests.filter((request) => request.startsWith("POST")).length, 3);
  }, { expectedErrors: /404/ });
});

browserTest(
  "a file that the service cannot give is made in the page",
  () =>
    withPage(app, async (page, { stopServing }) => {
      await opened(page);
      await segmentSmall(page);
      await slide(page, 12);
      const before = (await download(page, "labels.npy")).bytes;
      await slide(page, 13);
      // the worker that makes files is loaded, then there is no network any more
      await page.evaluate(() =>
        fetch("/assets/export.js", { cache: "force-cache" }).then((file) => file.text())
      );
      await page.route("**/v1/**", (route) => route.abort());
      const { name, bytes } = await download(page, "labels.npy");
      assert.equal(name, "river-13.labels.npy");
      assert.equal(new Set(labelsOf(bytes)).size, 13);
      assert.notDeepEqual(bytes, before);
      await stopServing();
    }, { expectedErrors: /ERR_FAILED/ }),
);

browserTest("a link whose result is gone asks for its picture, and then opens as it was", async () => {
  const service = forgetful();
  await withPage(service, async (page) => {
    await opened(page);
    await segmentSmall(page);
    await slide(page, 9);
    await page.focus("#layers");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("s");
    await page.waitForURL(/\?r=[\w-]+&regions=9&edits=9s/);
    const link = page.url(), wanted = (await download(page, "labels.npy")).bytes;

    service.forget();
    await page.reload();
    await page.locator("#notice p", { hasText: "no longer keeps the result of this link" }).waitFor();
    assert.equal(await page.isVisible("#empty"), true);
    assert.equal(await page.isVisible("#mat"), false);
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.waitForTimeout(400); // longer than the address waits before it is written
    assert.equal(page.url(), link);
    await segmentSmall(page);
    assert.equal(page.url(), link);
    assert.deepEqual((await download(page, "labels.npy")).bytes, wanted);
    assert.equal(await page.isVisible("#empty"), false);
  }, { expectedErrors: /404/ });
});

browserTest("a link to a sample whose result is gone has it made again by itself", async () => {
  const service = forgetful();
  await withPage(service, async (page) => {
    await opened(page);
    await page.evaluate(() => delete document.documentElement.dataset.state);
    await page.click("#samples button[data-name=rocket]");
    await page.waitForFunction(READY);
    await slide(page, 7);
    await page.waitForURL(/\?r=[\w-]+&sample=rocket&regions=7/);
    const link = page.url();
    service.forget();
    await page.reload();
    await opened(page);
    assert.equal(await count(page), "7");
    await page.waitForTimeout(400);
    assert.equal(page.url(), link);
  }, { expectedErrors: /404/ });
});

browserTest(
  "the page goes on moving while it makes a file of 12 megapixels",
  () =>
    withPage(app, async (page) => {
      await opened(page);
      const width = 4000, height = 3000, data = new Uint8Array(width * height * 3);
      // stripes and squares: quickly found, and in the files all the same
      for (let p = 0; p < width * height; p++) {
        data.fill(((p >> 7) % 5 + (p / width >> 8) % 3) * 35, 3 * p, 3 * p + 3);
      }
      await page.evaluate(() => delete document.documentElement.dataset.state);
      await drop(page, encodePng({ width, height, data }), "large.png");
      await page.waitForFunction(READY);
      await slide(page, 5);
      await page.focus("#layers");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("s");
      await page.waitForSelector("#unpin:not([hidden])");
      await page.evaluate(() => {
        const pauses = { longest: 0, frames: 0 };
        Object.assign(globalThis, { pauses });
        let last = performance.now();
        const frame = (now: number) => {
          pauses.longest = Math.max(pauses.longest, now - last);
          pauses.frames++;
          last = now;
          requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      });
      const startedAt = performance.now();
      const { bytes } = await download(page, "mean.png");
      const took = performance.now() - startedAt;
      const { longest, frames } = await page.evaluate(() =>
        (globalThis as unknown as { pauses: { longest: number; frames: number } }).pauses
      );
      assert(bytes.length > 10_000);
      // reading and handing over 200 MB of pixels is all that is left to the page; encoding took seconds
      assert(
        longest < Math.max(600, took / 3),
        `${longest} ms without a frame in ${took} ms, ${frames} frames`,
      );
    }),
);

/** What axe-core found, in a line each. */
async function accessibilityFaults(page: Page): Promise<string[]> {
  const { default: source } = await import("axe-core/axe.min.js", { with: { type: "text" } });
  await page.evaluate(source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; impact: string; nodes: { target: string[] }[] }[] }>;
      };
    };
    const { violations } = await axe.run();
    return violations.filter(({ impact }) => impact !== "minor").map(({ id, impact, nodes }) =>
      `${impact} ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`
    );
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  browserTest(
    `the page fits 360, 768 and 1440 pixels in ${colorScheme}, and axe-core finds nothing serious`,
    () =>
      withPage(app, async (page) => {
        await Deno.mkdir("out/page", { recursive: true });
        for (const [width, height] of [[360, 740], [768, 1024], [1440, 900]] as const) {
          await page.setViewportSize({ width, height });
          await page.goto("/");
          await opened(page);
          await page.hover("#layers", { position: { x: 150, y: 60 } });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert(wide <= width, `the page is ${wide} wide in a window of ${width}`);
          assert.deepEqual(await accessibilityFaults(page), []);
          await page.screenshot({ path: `out/page/${width}-${colorScheme}.png`, fullPage: width < 1000 });
        }
      }, { colorScheme }),
  );
}
