/** The benchmark's plumbing, on a data set of five tiny pictures made on the spot. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseBenchArgs } from "../bench/bsds/args.ts";
import { listImages } from "../bench/bsds/dataset.ts";
import { exportMaps } from "../bench/bsds/export.ts";
import { createBenchProgress, formatDuration } from "../bench/bsds/progress.ts";
import { runBench } from "../bench/bsds/run.ts";
import { scorePartitions } from "../bench/bsds/score_image.ts";
import { paint, superpixelFeatures } from "../bench/bsds/superpixel_features.ts";
import { decodeNpy } from "../lib/npy.ts";
import { HEIGHT, WIDTH, withDataset, writeTruth } from "./fixtures/bsds_dataset.ts";
import { makeFolder, withFolder } from "./fixtures/folder.ts";

/** Runs the benchmark; returns its results and what it printed. */
async function bench(root: string, ...args: string[]) {
  let stdout = "", stderr = "";
  const options = parseBenchArgs(["--data", root, "--out", join(root, "out"), "--workers", "1", ...args]);
  if (options === "help") throw new Error("no help wanted");
  const results = await runBench(options, {
    writeStdout: (data) => {
      stdout += String(data);
      return Promise.resolve();
    },
    writeStderr: (text) => void (stderr += text),
    stderrIsTerminal: false,
    columns: () => 80,
  }, AbortSignal.timeout(60_000));
  return { results, stdout, stderr };
}

Deno.test(
  "bsds scores a data set and ends with the benchmark's line",
  withDataset(async (root) => {
    const { results, stdout } = await bench(
      root,
      "--method",
      "felzenszwalb",
      "--set",
      "minSize=40",
      "--scales",
      "50,900",
    );
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.at(-1), "SC 1.000 1.000 1.000 | PRI 1.000 1.000 | VI 0.000 0.000");
    assert.equal(lines.at(-2), "standard errors: SC 0.000 0.000 0.000 | PRI 0.000 0.000 | VI 0.000 0.000");
    const { ids, scores, problems, config } = results[0]!;
    assert.deepEqual(ids, ["0", "1", "2", "3", "4"]);
    assert.deepEqual(problems, []);
    assert.deepEqual(config.settings, { sigma: 0.8, minSize: 40 });
    assert.deepEqual(scores[0]!.scales, [50, 900]);
    assert.equal(scores[0]!.area, 2 * WIDTH * HEIGHT);
    const folder = /results: (.*)/.exec(stdout)![1]!;
    const json = JSON.parse(Deno.readTextFileSync(join(folder, "results.json")));
    assert.equal(json.figures["SC ODS"].value, 1);
    assert.equal(json.images.length, 5);
    const images = Deno.readTextFileSync(join(folder, "images.csv")).split("\r\n");
    assert.equal(images[0], "image,SC ODS,SC OIS,SC best,PRI ODS,PRI OIS,VI ODS,VI OIS");
    assert.equal(images[1], "0,1,1,1,1,1,0,0");
    assert.equal(Deno.readTextFileSync(join(folder, "scales.csv")).split("\r\n").length, 4);
  }),
);

Deno.test(
  "bsds gives the same numbers for the same seed, whatever the number of workers",
  withDataset(async (root) => {
    const args = ["--method", "kmeans-rgb", "--set", "superpixels=30", "--scales", "2,3,6", "--seed", "5"];
    const one = await bench(root, ...args);
    const three = await bench(root, ...args, "--workers", "3", "--out", join(root, "other"));
    assert.deepEqual(three.results[0]!.scores, one.results[0]!.scores);
    assert.deepEqual(three.results[0]!.estimate, one.results[0]!.estimate);
  }),
);

Deno.test(
  "bsds goes on from what is done and asks nothing of finished images",
  withDataset(async (root) => {
    const first = await bench(root, "--images", "2", "--method", "slic");
    assert.match(first.stderr, /slic {2}2\/2 images/);
    // a picture that is done already is not even read again
    Deno.writeFileSync(join(root, "images", "val", "1.png"), new Uint8Array(3));
    const second = await bench(root, "--method", "slic");
    assert.match(second.stderr, /^slic {2}3\/5 images/);
    assert.deepEqual(second.results[0]!.scores.slice(0, 2), first.results[0]!.scores);
    assert.deepEqual(second.results[0]!.problems, []);
    const other = await bench(root, "--method", "slic", "--seed", "1");
    assert.equal(other.results[0]!.problems.length, 1, "another configuration starts afresh");
  }),
);

Deno.test(
  "bsds stops when it is told to, keeps what is done, and goes on",
  withDataset(async (root) => {
    const options = parseBenchArgs([
      "--data",
      root,
      "--out",
      join(root, "out"),
      "--workers",
      "1",
      "--method",
      "slic",
    ]);
    assert.ok(options !== "help");
    const abort = new AbortController();
    let steps = 0;
    const quiet = {
      writeStdout: () => Promise.resolve(),
      writeStderr: () => {
        if (++steps === 2) abort.abort(new Error("interrupted"));
      },
      stderrIsTerminal: false,
      columns: () => 80,
    };
    await assert.rejects(runBench(options, quiet, abort.signal), /interrupted/);
    const { stderr, results } = await bench(root, "--method", "slic");
    assert.match(stderr, /^slic {2}3\/5 images/);
    assert.equal(results[0]!.ids.length, 5);
  }),
);

Deno.test(
  "bsds names every image that it could not score, and scores the others",
  withDataset(async (root) => {
    Deno.removeSync(join(root, "groundTruth", "val", "0.mat"));
    const path = join(root, "groundTruth", "val", "1.mat");
    Deno.writeFileSync(path, Deno.readFileSync(path).subarray(0, 180));
    writeTruth(root, "2", HEIGHT, WIDTH, 8);
    Deno.writeFileSync(join(root, "images", "val", "3.png"), new TextEncoder().encode("not a picture"));
    writeTruth(root, "9", WIDTH, HEIGHT, 8);
    const { results, stdout } = await bench(root, "--method", "slic", "--scales", "2");
    const { ids, problems } = results[0]!;
    assert.deepEqual(ids, ["4"]);
    const expected: Record<string, RegExp> = {
      0: /no ground truth at .*0\.mat/,
      1: /1\.mat: Cannot read MAT-file: it ends \d+ bytes early/,
      2: /image is 24 x 16, its ground truth .* is 16 x 24/,
      3: /Cannot decode image/,
      9: /ground truth .*9\.mat has no image/,
    };
    assert.deepEqual(problems.map(({ id }) => id).sort(), Object.keys(expected));
    for (const { id, message } of problems) {
      assert.match(message, expected[id]!);
      assert.ok(stdout.includes(`problem: ${id}: ${message}`));
    }
    assert.match(stdout, /1 val images scored, 5 problems/);
    assert.match(stdout, /want two images or more/);
  }),
);

Deno.test(
  "bsds --export writes the label maps that were scored, also without ground truth",
  withDataset(async (root) => {
    const folder = join(root, "maps");
    const args = [
      "--method",
      "felzenszwalb",
      "--set",
      "minSize=40",
      "--scales",
      "100,5000000",
      "--export",
      folder,
    ];
    await bench(root, ...args);
    const { shape, data } = decodeNpy(Deno.readFileSync(join(folder, "3.npy")));
    assert.deepEqual(shape, [2, HEIGHT, WIDTH]);
    assert.ok(data instanceof Uint16Array);
    for (let x = 0; x < WIDTH; x++) assert.equal(data[5 * WIDTH + x], x < 14 ? 0 : 1);
    for (let x = 0; x < WIDTH; x++) assert.equal(data[(HEIGHT + 5) * WIDTH + x], 0);

    const plain = join(root, "images", "val"), plainMaps = join(root, "plain");
    const { results, stdout } = await bench(plain, ...args.slice(0, -1), plainMaps);
    assert.equal(results[0]!.summary, undefined);
    assert.deepEqual(results[0]!.problems, []);
    assert.match(stdout, /0 val images scored/);
    assert.deepEqual(Deno.readFileSync(join(plainMaps, "3.npy")), Deno.readFileSync(join(folder, "3.npy")));
    await assert.rejects(bench(plain, "--method", "slic"), /without ground truth; give --export/);
  }),
);

Deno.test(
  "bsds --export makes again what is gone or of another configuration, and leaves strangers' files alone",
  withDataset(async (root) => {
    const folder = join(root, "maps"), file = join(folder, "0.npy");
    const run = (scales: string) =>
      bench(root, "--images", "1", "--method", "slic", "--scales", scales, "--export", folder);
    await run("2");
    Deno.removeSync(file);
    await run("2");
    assert.deepEqual(decodeNpy(Deno.readFileSync(file)).shape, [1, HEIGHT, WIDTH]);
    await run("2,9");
    assert.deepEqual(decodeNpy(Deno.readFileSync(file)).shape, [2, HEIGHT, WIDTH]);
    Deno.removeSync(join(folder, "export.json"));
    await assert.rejects(run("2"), /not this benchmark's/);
    assert.ok(Deno.statSync(file).isFile);
  }),
);

Deno.test(
  "bsds compares later methods with the first, image by image",
  withDataset(async (root) => {
    const { stdout } = await bench(
      root,
      "--method",
      "slic",
      "--method",
      "kmeans-rgb",
      "--set",
      "superpixels=30",
    );
    assert.equal(stdout.match(/minus slic: SC/g)?.length, 1);
    assert.equal(stdout.match(/paired standard errors: SC/g)?.length, 1);
    assert.equal(stdout.match(/^SC /gm)?.length, 2);
  }),
);

Deno.test(
  "ncut-rgb cuts an image of fewer superpixels than groups into as many as there are",
  withDataset(async (root) => {
    const { results } = await bench(
      root,
      "--method",
      "ncut-rgb",
      "--set",
      "superpixels=4",
      "--scales",
      "2,32",
    );
    assert.deepEqual(results[0]!.problems, []);
    assert.equal(results[0]!.ids.length, 5);
  }),
);

Deno.test("listImages() says what it looked for", () => {
  const root = makeFolder();
  try {
    assert.throws(() => listImages(join(root, "nowhere"), "val"), /there is no folder .*nowhere/);
    assert.throws(() => listImages(root, "val"), /want images in .*images.val or in /);
    Deno.mkdirSync(join(root, "BSDS500", "data", "images", "val"), { recursive: true });
    assert.throws(() => listImages(root, "val"), /there is no image in .*val/);
    Deno.writeTextFileSync(join(root, "BSDS500", "data", "images", "val", "7.jpg"), "");
    const { images, scored } = listImages(root, "val");
    assert.equal(images[0]!.id, "7");
    assert.equal(scored, false);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

Deno.test("parseBenchArgs() fills in defaults and refuses what it does not know", () => {
  const options = parseBenchArgs(["--data", "d", "--scales", "5,1,3"]);
  assert.ok(options !== "help");
  assert.deepEqual([options.split, options.seed, options.images], ["val", 0, undefined]);
  assert.deepEqual(options.scales, [1, 3, 5]);
  assert.equal(parseBenchArgs(["--help"]), "help");
  assert.throws(() => parseBenchArgs([]), /--data DIR is missing/);
  assert.throws(
    () => parseBenchArgs(["--data", "d", "--method", "magic"]),
    /no method magic, want one of slic/,
  );
  assert.throws(
    () => parseBenchArgs(["--data", "d", "--images", "0"]),
    /--images must be a number from 1, got 0/,
  );
  assert.throws(() => parseBenchArgs(["--data", "d", "--seed", "1.5"]), /whole number, got 1.5/);
  assert.throws(() => parseBenchArgs(["--data", "d", "--set", "color=red"]), /names no setting/);
  assert.throws(() => parseBenchArgs(["--data", "d", "--scales", "1,,2"]), /--scales must be a number/);
  assert.throws(() => parseBenchArgs(["--data", "d", "--what"]), TypeError);
});

Deno.test("createBenchProgress() tells the time left from this run's images alone", () => {
  let text = "", time = 0;
  const terminal = { writeStderr: (t: string) => void (text = t), stderrIsTerminal: true, columns: () => 60 };
  const progress = createBenchProgress(terminal, "slic", 10, 6, () => time);
  assert.ok(text.includes("6/10 images") && !text.includes("left"));
  time = 2000;
  progress.step();
  assert.ok(text.includes("=====================---------  7/10 images"), text);
  assert.ok(text.length <= 59 + "\r\x1b[K".length);
  const wide = createBenchProgress({ ...terminal, columns: () => 90 }, "slic", 10, 6, () => time);
  time = 4000;
  wide.step();
  assert.ok(text.endsWith("7/10 images  6 s left"), text);
  progress.clear();
  assert.equal(text, "\r\x1b[K");
  assert.equal(formatDuration(125_000), "2 min 05 s");
  assert.equal(formatDuration(3_720_000), "1 h 02 min");
});

Deno.test("superpixelFeatures() takes means, positions and areas, and paint() goes back to pixels", () => {
  const labels = new Int32Array([0, 1, 0, 1, 1, 1]); // 3 x 2
  const features = new Float32Array([1, 2, 3, 4, 6, 8]);
  const { count, means, positions, areas } = superpixelFeatures(labels, 3, features, 1);
  assert.equal(count, 2);
  assert.deepEqual([...means], [2, 5]);
  assert.deepEqual([...areas], [2, 4]);
  assert.deepEqual([...positions], [1, 0, 1, 0.75]);
  assert.deepEqual([...paint(labels, new Int32Array([7, 3]))], [7, 3, 7, 3, 3, 3]);
});

Deno.test("scorePartitions() and exportMaps() cut a hierarchy at its thresholds and call the cuts by their scales", async () => {
  const superpixels = Int32Array.of(0, 1, 2, 2), human = Int32Array.of(0, 0, 1, 1);
  const tree = { a: Int32Array.of(0, 0), b: Int32Array.of(1, 2), height: Float32Array.of(0.25, 0.5) };
  const partitions = { kind: "tree", superpixels, tree, thresholds: [0, 0.3, 1] } as const;
  const scores = scorePartitions(partitions, [human], [3, 2, 1]);
  assert.deepEqual(scores.scales, [3, 2, 1]);
  assert.deepEqual(scores.covered, [3, 4, 2]);
  assert.deepEqual(scorePartitions({ ...partitions, thresholds: undefined }, [human], [0.3]).covered, [4]);

  await withFolder(async (folder) => {
    const path = join(folder, "labels.npy");
    await exportMaps(partitions, [3, 2, 1], { width: 2, height: 2, data: new Uint8Array(12) }, path);
    const { shape, data } = decodeNpy(Deno.readFileSync(path));
    assert.deepEqual(shape, [3, 2, 2]);
    assert.deepEqual([...data], [0, 1, 2, 2, 0, 0, 1, 1, 0, 0, 0, 0]);
  });
});
