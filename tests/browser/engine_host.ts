// An app with one page more: nothing but the engine, under the policy of the real page.
import { PAGE_POLICY } from "../../routes/page.ts";
import { ENGINE_ID } from "../../tools/build_engine.ts";
import { bundle } from "../../tools/build_web.ts";
import type { App } from "./chromium.ts";

/** Where the page is; it has `harness` of engine_page.ts as a global. */
export const HARNESS = "/harness";

const HTML =
  `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/harness.js"></script>`;

/** The real page's, but for the icon, which asks the service for nothing. */
const POLICY = PAGE_POLICY.replace("img-src 'self'", "img-src data:");

/** Adds the page, which uses the engine that is committed. */
export async function withEnginePage(app: App): Promise<App> {
  const [engine] = [...Deno.readDirSync(new URL("../../web/dist/engine/", import.meta.url))];
  const bundled = new TextDecoder().decode(await bundle("../tests/browser/engine_page.ts"));
  const script = bundled.replaceAll(ENGINE_ID, engine!.name);
  return {
    fetch(request, info) {
      const { pathname } = new URL(request.url);
      if (pathname === HARNESS) return answer(HTML, "text/html", POLICY);
      if (pathname === "/harness.js") return answer(script, "text/javascript", "default-src 'none'");
      return app.fetch(request, info);
    },
  };
}

function answer(body: string, type: string, policy: string): Response {
  return new Response(body, { headers: { "Content-Type": type, "Content-Security-Policy": policy } });
}
