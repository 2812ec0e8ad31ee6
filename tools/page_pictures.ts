/**
 * The two pictures of the page in the README, taken in chromium of the page as the service gives it:
 * `deno run --lock=dev.lock -A tools/page_pictures.ts`
 */
import { createApp } from "../routes/app.ts";
import { launchChromium, type Page } from "../tests/browser/chromium.ts";
import { createSegmentRunner } from "../workers/segmenter.ts";

const VIEWPORT = { width: 1360, height: 900 };

/** A picture: where the page starts, and what is done before it is taken. */
interface Shot {
  readonly colorScheme: "light" | "dark";
  readonly path: string;
  readonly prepare: (page: Page) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  {
    colorScheme: "light",
    path: "/?sample=coffee&regions=40",
    prepare: (page) => clickAt(page, 0.5, 0.42), // the coffee itself
  },
  {
    colorScheme: "dark",
    path: "/?sample=astronaut&regions=40&view=labels",
    prepare: async (page) => {
      await page.check("#compare");
      await page.mouse.move(2, 2);
    },
  },
];

const segmenter = createSegmentRunner({ size: 1 });
const app = createApp({ segmenter });
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, app.fetch);
const browser = await launchChromium();
for (const { colorScheme, path, prepare } of SHOTS) {
  const baseURL = `http://127.0.0.1:${server.addr.port}`;
  const context = await browser.newContext({ baseURL, colorScheme, viewport: VIEWPORT });
  const page = await context.newPage();
  await page.goto(path);
  await page.locator("#count", { hasText: /^40$/ }).waitFor();
  await prepare(page);
  await page.waitForTimeout(1000); // for what fades
  await page.screenshot({ path: `docs/images/page-${colorScheme}.jpg`, type: "jpeg", quality: 88 });
  await context.close();
}
await browser.close();
await server.shutdown();
await segmenter.close(0);

/** Clicks into the picture, at a share of its width and its height. */
async function clickAt(page: Page, x: number, y: number): Promise<void> {
  const box = (await page.locator("#layers").boundingBox())!;
  await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
}
