// deno run --allow-read --allow-write examples/segment.ts photo.jpg
import { encodeFormat, segment } from "@deep-superpixel-cut/dsc";

const photo = await Deno.readFile(Deno.args[0] ?? "photo.jpg");
const result = await segment(photo, { regions: 12 });
for (const format of ["overlay.png", "labels.png", "regions.json"] as const) {
  await Deno.writeFile(`photo.${format}`, encodeFormat(result, format));
}
