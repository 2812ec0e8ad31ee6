/**
 * The pictures of the README, made by the library from the first sample of the page:
 * `deno run --allow-read --allow-write=docs/images tools/readme_pictures.ts`
 */
import { encodePng, fitWithin, meanColorImage, overlayBoundaries, resizeLabels } from "../lib/image/mod.ts";
import { segment } from "../lib/segment.ts";

/** Three pictures side by side are this many pixels each: sharp on a page 900 pixels wide. */
const PIXELS = 160_000;

const photo = await Deno.readFile(new URL("../web/static/samples/coffee.jpg", import.meta.url));
const result = await segment(photo);
const { image } = result;
const small = fitWithin(image, PIXELS);
const labelsOf = (regions: number) =>
  resizeLabels(result.at({ regions }).labels, image.width, image.height, small.width, small.height);
const pictures = {
  photo: small,
  overlay: overlayBoundaries(small, labelsOf(12)),
  mean: meanColorImage(small, labelsOf(100)),
};
for (const [name, picture] of Object.entries(pictures)) {
  await Deno.writeFile(`docs/images/coffee-${name}.png`, encodePng(picture));
}
