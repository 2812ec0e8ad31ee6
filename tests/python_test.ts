// Files that Python's libraries must be able to read are read by these libraries here, where they are installed.
import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeFormat, segment } from "../lib/mod.ts";
import { withFolder } from "./fixtures/folder.ts";
import { quadrantsPng } from "./fixtures/quadrants.ts";

async function whyNot(...modules: string[]): Promise<string | undefined> {
  try {
    const args = ["-c", `import ${modules.join(", ")}`];
    const { success } = await new Deno.Command("python3", { args, stderr: "null" }).output();
    return success ? undefined : `Python has no ${modules.join(" or no ")}`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? "python3 is not installed"
      : "running python3 is not allowed";
  }
}

/** Writes a segmentation in three forms and has Python look at them. */
function checkInPython(script: string): Promise<void> {
  return withFolder(async (folder) => {
    const result = await segment(quadrantsPng(70, 48), { method: "slic", superpixels: 40 });
    for (const name of ["labels.npy", "regions.json", "coco.json"] as const) {
      await Deno.writeFile(join(folder, name), encodeFormat(result, name));
    }
    const { code, stderr } = await new Deno.Command("python3", { args: ["-c", script], cwd: folder })
      .output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  });
}

const noNumpy = await whyNot("numpy");
Deno.test({
  name: `labels.npy and regions.json are the same array in NumPy${noNumpy ? ` (skipped: ${noNumpy})` : ""}`,
  ignore: noNumpy !== undefined,
  fn: () =>
    checkInPython(`
import json, numpy
labels = numpy.load("labels.npy", allow_pickle=False)
result = json.load(open("regions.json"))
runs = result["labelRuns"]
assert labels.shape == (48, 70) and labels.max() + 1 == len(result["regions"]) > 4
assert (labels == numpy.repeat(runs[0::2], runs[1::2]).reshape(48, 70)).all()
assert [int((labels == region["label"]).sum()) for region in result["regions"]] \\
  == [region["area"] for region in result["regions"]]
`),
});

const noCoco = await whyNot("numpy", "pycocotools.mask");
Deno.test({
  name: `coco.json holds the same masks in pycocotools${noCoco ? ` (skipped: ${noCoco})` : ""}`,
  ignore: noCoco !== undefined,
  fn: () =>
    checkInPython(`
import json, numpy
from pycocotools import mask
labels = numpy.load("labels.npy")
for annotation in json.load(open("coco.json"))["annotations"]:
    assert (mask.decode(annotation["segmentation"]) == (labels == annotation["id"] - 1)).all()
    assert mask.area(annotation["segmentation"]) == annotation["area"]
    assert list(mask.toBbox(annotation["segmentation"])) == annotation["bbox"]
`),
});
