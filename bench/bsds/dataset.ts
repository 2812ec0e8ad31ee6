/**
 * Finds the images of a data set and their ground truth: BSDS500's own folders, or just a folder of images.
 */
import { basename, dirname, extname, join } from "node:path";

/** One image of a data set. */
export interface DatasetImage {
  /** File name without its extension. */
  readonly id: string;
  readonly path: string;
  /** The .mat file of its annotators; undefined in a plain folder of images. */
  readonly groundTruth: string | undefined;
}

/** Something that went wrong with one image. */
export interface Problem {
  readonly id: string;
  readonly message: string;
}

/** What {@linkcode listImages} found. */
export interface Dataset {
  /** Folder of the images. */
  readonly folder: string;
  /** False in a plain folder of images: they can be segmented and exported, not scored. */
  readonly scored: boolean;
  /** By id, as text is sorted: the order of the official scripts. */
  readonly images: readonly DatasetImage[];
  /** Images or ground truth without their other half. */
  readonly problems: readonly Problem[];
}

const IMAGE_EXTENSIONS = new Set([".jpg", ".jpeg", ".png"]);

/**
 * Lists a split. Looks for `images/SPLIT` and `groundTruth/SPLIT` in the folder, in its `data` (as in BSDS500's archive)
 * and in `BSDS500/data`; a folder without them that holds images itself is taken as it is, without ground truth.
 *
 * @param data The folder.
 * @param split `train`, `val` or `test`, or any folder's name.
 * @returns Images, and what is missing.
 * @throws {Error} When there is no such folder or no image in it; the message names what was looked for.
 */
export function listImages(data: string, split: string): Dataset {
  if (!isFolder(data)) throw new Error(`Cannot read data set: there is no folder ${data}`);
  for (const root of [data, join(data, "data"), join(data, "BSDS500", "data")]) {
    if (isFolder(join(root, "images", split))) return pairUp(root, split);
  }
  const images = files(data, (name) => IMAGE_EXTENSIONS.has(extname(name).toLowerCase()));
  if (images.length === 0 || isFolder(join(data, "images"))) {
    throw new Error(
      `Cannot read data set: want images in ${join(data, "images", split)} or in ${data} itself`,
    );
  }
  return {
    folder: data,
    scored: false,
    images: images.map((path) => ({ id: idOf(path), path, groundTruth: undefined })),
    problems: [],
  };
}

function pairUp(root: string, split: string): Dataset {
  const folder = join(root, "images", split), truthFolder = join(root, "groundTruth", split);
  const paths = files(folder, (name) => IMAGE_EXTENSIONS.has(extname(name).toLowerCase()));
  if (paths.length === 0) throw new Error(`Cannot read data set: there is no image in ${folder}`);
  if (!isFolder(truthFolder)) {
    const images = paths.map((path) => ({ id: idOf(path), path, groundTruth: undefined }));
    return { folder, scored: false, images, problems: [] };
  }
  const truths = new Map(
    files(truthFolder, (name) => name.endsWith(".mat")).map((path) => [idOf(path), path]),
  );
  const images: DatasetImage[] = [], problems: Problem[] = [];
  for (const path of paths) {
    const id = idOf(path), groundTruth = truths.get(id);
    images.push({ id, path, groundTruth });
    if (!groundTruth) problems.push({ id, message: `no ground truth at ${join(truthFolder, `${id}.mat`)}` });
    truths.delete(id);
  }
  for (const [id, path] of truths) {
    problems.push({ id, message: `ground truth ${path} has no image in ${dirname(paths[0]!)}` });
  }
  return { folder, scored: true, images, problems };
}

function files(folder: string, wanted: (name: string) => boolean): string[] {
  const names = Array.from(Deno.readDirSync(folder), (entry) => entry.isDirectory ? "" : entry.name);
  return names.filter((name) => name !== "" && wanted(name)).sort().map((name) => join(folder, name));
}

function idOf(path: string): string {
  return basename(path, extname(path));
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
