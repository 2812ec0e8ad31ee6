/**
 * The service from TypeScript, typed end to end: `hc` takes paths, options and answers from the application's type, so a
 * mistyped option does not compile.
 *
 *     deno task start
 *     deno run --allow-net=localhost --allow-read examples/http_client.ts photo.jpg
 *
 * @module
 */
import { hc } from "hono/client";
import type { AppType } from "../routes/app.ts";

/** Segments an image file at a service; `fetch` is another way to reach it, for tests. */
export async function segmentRemotely(
  base: string,
  image: Blob,
  fetch: typeof globalThis.fetch = globalThis.fetch,
) {
  const client = hc<AppType>(base, { fetch });
  const answer = await client.v1.segmentations.$post({ form: { image, regions: "12" } });
  if (!answer.ok) throw new Error(JSON.parse(await answer.text()).detail);
  if (answer.status === 202) throw new Error("it is queued: ask again at its Location"); // heavy work only
  const { id, regions } = await answer.json();
  const overlay = await client.v1.segmentations[":id"][":format"].$get({
    param: { id, format: "overlay.png" },
  });
  return { id, regions, overlay: await overlay.blob() };
}

if (import.meta.main) {
  const image = new Blob([await Deno.readFile(Deno.args[0]!)]);
  const { id, regions } = await segmentRemotely("http://localhost:8000", image);
  // deno-lint-ignore no-console -- an example shows its result
  console.log(
    `${id}: ${regions.length} regions, the largest of ${Math.max(...regions.map((r) => r.area))} pixels`,
  );
}
