/**
 * Which pictures a batch is about, and where the results of each go.
 */
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
import picomatch from "picomatch";
import { FORMAT_NAMES, type FormatName } from "../lib/formats/table.ts";
import { type Destination, isFolder } from "./output.ts";
import { UsageError } from "./usage_error.ts";

/** One picture of a batch. */
export interface BatchFile {
  readonly path: string;
  readonly destinations: readonly Destination[];
}

/** What was asked for. */
export interface BatchFilesRequest {
  /** Folders, globs, pictures, and lists of any of these (`photos.txt`, a path a line). */
  readonly inputs: readonly string[];
  /** One folder for all results. @default beside each picture */
  readonly output: string | undefined;
  readonly formats: readonly FormatName[];
}

const PICTURE = /\.(png|jpe?g|gif)$/i;
const LIST = /\.(txt|list)$/i;

/**
 * Finds the pictures, in the order of their names. Below a folder or a glob, results of earlier runs are no pictures.
 *
 * @throws {UsageError} There are none, or two results would have one name.
 */
export async function findBatchFiles({ inputs, output, formats }: BatchFilesRequest): Promise<BatchFile[]> {
  const found = new Map<string, string>(); // a path, and the folder from which it is told apart from others in the output
  const lists = new Set<string>();
  for (const input of inputs) await addInput(input, found, lists);
  // a picture that was named in two ways is one
  const files = [...new Map([...found].map(([path, root]) => [resolve(path), { path, root }])).values()];
  if (files.length === 0) throw new UsageError(`there is no PNG, JPEG or GIF file in ${inputs.join(", ")}`);
  const stems = new Map<string, number>();
  const stemOf = ({ path, root }: { path: string; root: string }) => {
    const folder = output === undefined ? dirname(path) : join(output, relative(root, dirname(path)));
    return join(folder, basename(path, extname(path)));
  };
  for (const file of files) stems.set(stemOf(file), (stems.get(stemOf(file)) ?? 0) + 1);
  const taken = new Map<string, string>();
  return files.map((file) => {
    const stem = stemOf(file);
    // photo.jpg and photo.png in one folder: their results are told apart by the whole name
    const unique = stems.get(stem)! > 1 ? stem + extname(file.path) : stem;
    const other = taken.get(unique);
    if (other !== undefined) {
      throw new UsageError(
        `the results of ${other} and ${file.path} would both be called ${unique}`,
        "Give a folder that holds both, or run batch once for each, with an --output of its own",
      );
    }
    taken.set(unique, file.path);
    return {
      path: file.path,
      destinations: formats.map((format) => ({ format, path: `${unique}.${format}` })),
    };
  });
}

async function addInput(input: string, found: Map<string, string>, lists: Set<string>): Promise<void> {
  if (isFolder(input)) {
    for (const path of await picturesBelow(input)) found.set(path, input);
  } else if (/[*?[{]/.test(input) && !exists(input)) {
    // the part in front of the first wildcard is where to look
    const root = dirname(input.slice(0, input.search(/[*?[{]/)) + "x");
    // brackets of a name are no pattern: "photos (2)/*.jpg"
    const matches = picomatch(relative(root, input).replace(/[()|]/g, "\\$&"));
    for (const path of await picturesBelow(root)) {
      if (matches(relative(root, path))) found.set(path, root);
    }
  } else if (LIST.test(input)) {
    // lists may name lists, themselves too: each is read once
    if (lists.has(resolve(input))) return;
    lists.add(resolve(input));
    for (const text of (await Deno.readTextFile(input)).split(/\r?\n/)) {
      const line = text.trim();
      if (line !== "") await addInput(isAbsolute(line) ? line : join(dirname(input), line), found, lists);
    }
  } else {
    found.set(input, dirname(input)); // if it is not there, or no picture, it fails by itself and is listed
  }
}

async function picturesBelow(folder: string): Promise<string[]> {
  const entries: Deno.DirEntry[] = [];
  for await (const entry of Deno.readDir(folder)) entries.push(entry);
  const paths: string[] = [];
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, name);
    if (isDirectory) paths.push(...await picturesBelow(path));
    else if (PICTURE.test(name) && !FORMAT_NAMES.some((format) => name.endsWith(`.${format}`))) {
      paths.push(path);
    }
  }
  return paths;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
