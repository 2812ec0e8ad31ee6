/**
 * Our superpixels against the compiled ones of scikit-image and OpenCV, on the same photographs in the same run, at equal
 * numbers of segments: CPU time, counts, boundary recall. With PyTorch also a training step of one network on both sides,
 * and a network trained on one image (after Kanezaki) against the default segmentation.
 *
 *     deno task bench:peers --data BSDS500 [--images 4] [--runs 3] [--python /usr/bin/python3] [--json]
 *
 * What is missing is said, with what to install. Counts are matched before anything is timed: ours at their defaults, the
 * peer's parameter moved until it gives as many segments.
 */
// deno-lint-ignore-file no-console -- a bench prints what it measures
import { parseArgs } from "node:util";
import { join } from "node:path";
import { decodeImage, type Image, srgbToLab } from "../../lib/image/mod.ts";
import { readGroundTruth, scoreSuperpixels } from "../../lib/metrics/mod.ts";
import { segment } from "../../lib/segment.ts";
import { felzenszwalb, meanShift, mergeSmallRegions, slic } from "../../lib/superpixels/mod.ts";
import { find } from "../../lib/superpixels/union_find.ts";
import { cpuTime, load, spread, table } from "../measure.ts";
import { benchSteps } from "../kernels.ts";
import { Peer, type PeerRequest } from "./peer.ts";

interface Photo {
  readonly image: Image;
  /** One label map for each annotator. */
  readonly humans: readonly Int32Array[];
}

/** One method on both sides. */
interface Contest {
  readonly name: string;
  readonly packageName: string;
  readonly kind: PeerRequest["kind"];
  readonly ours: (lab: Float32Array, width: number, height: number) => Int32Array;
  /** What the peer is called with, where `value` is the parameter that decides on the count. */
  readonly options: (value: number) => Record<string, number>;
  readonly start: number;
  /** Whether more of the parameter means more segments. */
  readonly rising: boolean;
  /** Makes labels of what the peer answers. */
  readonly labels: (data: ArrayBuffer, value: number, image: Image) => Int32Array;
}

const asLabels = (data: ArrayBuffer) => new Int32Array(data);

const CONTESTS: readonly Contest[] = [
  {
    name: "SLIC, 600 segments",
    packageName: "scikit-image",
    kind: "slic",
    ours: (lab, width, height) => slic(lab, width, height, { segments: 600 }),
    // at 3 and at 30 its recall at equal counts is lower
    options: (n) => ({ n: Math.round(n), compactness: 10 }),
    start: 600,
    rising: true,
    labels: asLabels,
  },
  {
    name: "Felzenszwalb-Huttenlocher, scale 100",
    packageName: "scikit-image",
    kind: "felzenszwalb",
    ours: (lab, width, height) => felzenszwalb(lab, width, height),
    options: (scale) => ({ scale, sigma: 0.8, min_size: 20 }),
    start: 100,
    rising: false,
    labels: asLabels,
  },
  {
    name: "mean shift, radii 8 and 8",
    packageName: "OpenCV",
    kind: "mean_shift",
    ours: (lab, width, height) => meanShift(lab, width, height),
    options: () => ({ spatial: 8, range: 20 }), // 8 units of Lab are about 20 of 8-bit RGB
    start: 6,
    rising: false,
    labels: joinFiltered,
  },
];

/** OpenCV only filters: neighbouring pixels that it left closer than `range` become regions, ours to merge crumbs. */
function joinFiltered(data: ArrayBuffer, range: number, { width, height }: Image): Int32Array {
  const rgb = new Uint8Array(data), parent = Int32Array.from({ length: width * height }, (_, p) => p);
  const join = (p: number, q: number) => {
    for (let c = 0; c < 3; c++) if (Math.abs(rgb[3 * p + c]! - rgb[3 * q + c]!) > range) return;
    const a = find(parent, p), b = find(parent, q);
    parent[Math.max(a, b)] = Math.min(a, b);
  };
  for (let p = 0; p < parent.length; p++) {
    if ((p + 1) % width !== 0) join(p, p + 1);
    if (p + width < parent.length) join(p, p + width);
  }
  const labels = parent.map((_, p) => find(parent, p));
  return mergeSmallRegions(labels, srgbToLab(rgb), width, height, { minSize: 40 }).labels;
}

async function readPhotos(data: string, count: number): Promise<Photo[]> {
  const folder = join(data, "images", "val");
  const ids = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => name.endsWith(".jpg")).map((name) => name.slice(0, -4)).sort();
  const photos: Photo[] = [];
  for (let i = 0; i < count; i++) {
    const id = ids[Math.floor(i * ids.length / count)]!;
    const image = await decodeImage(await Deno.readFile(join(folder, `${id}.jpg`)));
    const { maps } = await readGroundTruth(
      await Deno.readFile(join(data, "groundTruth", "val", `${id}.mat`)),
    );
    photos.push({ image, humans: maps });
  }
  return photos;
}

function count(labels: ArrayLike<number>): number {
  return new Set(Array.from(labels)).size;
}

/** The peer's parameter at which it gives `wanted` segments, by bisection of a factor of 16 to both sides. */
async function matchCount(contest: Contest, peer: Peer, image: Image, wanted: number): Promise<number> {
  const { kind, start, rising } = contest, { width, height, data } = image;
  let low = start / 16, high = 16 * start, best = start, closest = Infinity, answer: ArrayBuffer | undefined;
  for (let i = 0, value = start; i < 9; i++, value = Math.sqrt(low * high)) {
    // a filter's answer does not depend on the value
    if (kind !== "mean_shift" || !answer) {
      const options = contest.options(value);
      ({ data: answer } = await peer.ask({ kind, width, height, runs: 1, options }, data));
    }
    const found = count(contest.labels(answer, value, image));
    if (Math.abs(found - wanted) < closest) {
      closest = Math.abs(found - wanted);
      best = value;
    }
    if ((found > wanted) === rising) high = value;
    else low = value;
  }
  return best;
}

interface Row {
  readonly name: string;
  readonly ours: { ms: number; segments: number; recall: number };
  readonly peer: { ms: number; segments: number; recall: number };
  readonly ratio: number;
}

async function compete(contest: Contest, peer: Peer, photos: readonly Photo[], runs: number): Promise<Row> {
  const sums = { ours: { ms: 0, segments: 0, recall: 0 }, peer: { ms: 0, segments: 0, recall: 0 } };
  const add = (side: keyof typeof sums, ms: number, labels: Int32Array, { image, humans }: Photo) => {
    sums[side].ms += ms / photos.length;
    sums[side].segments += count(labels) / photos.length;
    sums[side].recall += scoreSuperpixels(labels, image.width, image.height, humans).boundaryRecall /
      photos.length;
  };
  for (const photo of photos) {
    const { width, height, data } = photo.image;
    const work = () => contest.ours(srgbToLab(photo.image), width, height);
    let labels = work();
    for (let i = 0; i < 5; i++) labels = work(); // compiled by now
    const value = await matchCount(contest, peer, photo.image, count(labels));
    const times: number[] = [], peerTimes: number[] = [];
    let answer: ArrayBuffer | undefined;
    for (let i = 0; i < runs; i++) { // in turn, so that what else the machine does falls on both
      const begin = cpuTime();
      work();
      times.push(cpuTime() - begin);
      const options = contest.options(value);
      const result = await peer.ask({ kind: contest.kind, width, height, runs: 1, options }, data);
      peerTimes.push(...result.times);
      answer = result.data;
    }
    add("ours", spread(times).median, labels, photo);
    add("peer", spread(peerTimes).median, contest.labels(answer!, value, photo.image), photo);
  }
  return { name: contest.name, ...sums, ratio: sums.peer.ms / sums.ours.ms };
}

interface TorchRow {
  readonly name: string;
  readonly oursMs: number;
  readonly torchMs: number;
}

async function benchTorch(peer: Peer, image: Image, steps: number): Promise<TorchRow[]> {
  const own = await benchSteps(160, 240, 7, () => {});
  const step = await peer.ask({ kind: "step", width: 240, height: 160, runs: 10 });
  const { width, height, data } = image;
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const begin = cpuTime();
    await segment(image);
    if (i >= 3) times.push(cpuTime() - begin);
  }
  const network = await peer.ask({ kind: "network", width, height, runs: steps }, data);
  return [
    {
      name: "training step, 240x160, 3-32-32-32-3",
      oursMs: own.ownMs,
      torchMs: spread(step.times.slice(3)).median,
    },
    {
      name: "default segmentation, and one step of a network trained on the image",
      oursMs: spread(times).median,
      torchMs: spread(network.times.slice(1)).median,
    },
  ];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      images: { type: "string", default: "4" },
      runs: { type: "string", default: "3" },
      python: { type: "string", default: "/usr/bin/python3" },
      json: { type: "boolean", default: false },
    },
  });
  const say = values.json ? () => {} : console.log;
  if (!values.data) {
    throw new Error("want --data DIR, a folder with BSDS500's images/val and groundTruth/val");
  }
  const peer = await Peer.start(values.python);
  const installs = {
    "scikit-image": "python3-skimage",
    "OpenCV": "python3-opencv",
    "PyTorch": "python3-torch",
  };
  for (const [name, debian] of Object.entries(installs)) {
    say(
      peer.versions[name]
        ? `${name} ${peer.versions[name]}`
        : `${name} is missing: apt-get install ${debian}`,
    );
  }
  const photos = await readPhotos(values.data, Number(values.images));
  say(`${photos.length} photographs of BSDS500 val, CPU ms of one thread; ${load()}\n`);
  const results: Row[] = [];
  for (const contest of CONTESTS) {
    if (peer.versions[contest.packageName]) {
      results.push(await compete(contest, peer, photos, Number(values.runs)));
    }
  }
  const cells = ({ ms, segments, recall }: Row["ours"]) => [
    ms.toFixed(1),
    segments.toFixed(0),
    recall.toFixed(3),
  ];
  say(table(
    ["", "ours ms", "segments", "recall", "peer ms", "segments", "recall", "times as fast"],
    results.map(({ name, ours, peer, ratio }) => [name, ...cells(ours), ...cells(peer), ratio.toFixed(1)]),
  ));
  let torch: TorchRow[] = [];
  if (peer.versions["PyTorch"]) {
    torch = await benchTorch(peer, photos[0]!.image, 3);
    say(
      "\n" + table(
        ["", "ours ms", "PyTorch ms", "PyTorch / ours"],
        torch.map((row) => [
          row.name,
          row.oursMs.toFixed(0),
          row.torchMs.toFixed(0),
          (row.torchMs / row.oursMs).toFixed(2),
        ]),
      ),
    );
  }
  await peer.close();
  if (values.json) console.log(JSON.stringify({ versions: peer.versions, results, torch }));
}
