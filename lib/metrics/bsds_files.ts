/**
 * The three kinds of .mat file of the BSDS500 benchmark (Arbelaez, Maire, Fowlkes and Malik 2011,
 * doi:10.1109/TPAMI.2010.161): ground truth, ultrametric contour maps and stacks of segmentations.
 */

import { MatlabError } from "../errors.ts";
import type { ContourMap } from "./contour_map.ts";
import { type LabelMaps, LARGEST_LABEL } from "./label_map.ts";
import { type MatlabNumeric, type MatlabValue, readMatlab } from "./matlab.ts";

/**
 * Reads ground truth: a cell array `groundTruth` of structs with a field `Segmentation`, one for each annotator.
 *
 * @param bytes The .mat file.
 * @returns One (H, W) label map for each annotator; BSDS500's labels start at 1.
 * @throws {MatlabError} When the file cannot be read or holds something else; code `wrong_content` for the latter.
 *
 * @example
 * ```ts
 * import { readGroundTruth } from "./bsds_files.ts";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(readGroundTruth(new TextEncoder().encode("plain text")), { code: "not_matlab" });
 * ```
 */
export async function readGroundTruth(bytes: Uint8Array): Promise<LabelMaps> {
  const cells = cellArray(await readMatlab(bytes), "groundTruth");
  return labelMaps(
    cells.map((cell) => cell.kind === "struct" ? cell.elements[0]?.get("Segmentation") : undefined),
    "groundTruth{}.Segmentation",
  );
}

/**
 * Reads a stack of segmentations: a cell array `segs` of label maps, fine to coarse by custom.
 *
 * @param bytes The .mat file.
 * @returns The label maps, in the file's order.
 * @throws {MatlabError} As {@linkcode readGroundTruth}.
 */
export async function readSegs(bytes: Uint8Array): Promise<LabelMaps> {
  return labelMaps(cellArray(await readMatlab(bytes), "segs"), "segs{}");
}

/**
 * Reads an ultrametric contour map at double resolution: a matrix `ucm2` of (2H + 1, 2W + 1).
 *
 * @param bytes The .mat file.
 * @returns The contour map.
 * @throws {MatlabError} As {@linkcode readGroundTruth}.
 */
export async function readContourMap(bytes: Uint8Array): Promise<ContourMap> {
  const value = (await readMatlab(bytes)).get("ucm2");
  const matrix = plane(value, "ucm2");
  const [rows, columns] = matrix.dims as [number, number];
  if (rows < 3 || columns < 3 || rows % 2 === 0 || columns % 2 === 0) {
    throw wrong(`ucm2 is ${rows} x ${columns}, want two odd numbers of 3 or more`);
  }
  const data = new Float64Array(rows * columns);
  byRows(new Float64Array(matrix.data), columns, rows, data);
  return { width: (columns - 1) / 2, height: (rows - 1) / 2, data };
}

function wrong(problem: string): MatlabError {
  return new MatlabError("wrong_content", `Cannot use MAT-file: ${problem}`);
}

function cellArray(variables: Map<string, MatlabValue>, name: string): readonly MatlabValue[] {
  const value = variables.get(name);
  if (value?.kind !== "cell" || value.cells.length === 0) {
    const names = [...variables.keys()].join(", ") || "nothing";
    throw wrong(`it holds ${names}, want a cell array ${name} that is not empty`);
  }
  return value.cells;
}

function plane(value: MatlabValue | undefined, what: string): MatlabNumeric {
  if (value?.kind !== "numeric" || value.dims.length !== 2) throw wrong(`${what} is not a numeric matrix`);
  return value;
}

function labelMaps(values: readonly (MatlabValue | undefined)[], what: string): LabelMaps {
  const planes = values.map((value) => plane(value, what));
  const [height, width] = planes[0]!.dims as [number, number];
  if (height * width === 0) throw wrong(`${what} is empty`);
  const maps = planes.map((matrix) => {
    if (matrix.dims[0] !== height || matrix.dims[1] !== width) {
      throw wrong(`${what} has sizes ${height} x ${width} and ${matrix.dims.join(" x ")}`);
    }
    const byColumn = new Int32Array(matrix.data), labels = new Int32Array(width * height);
    for (let i = 0; i < byColumn.length; i++) {
      const label = byColumn[i]!; // differs from the value in the file where that is no integer of 32 bits
      if (label !== matrix.data[i]! || label < 0 || label > LARGEST_LABEL) {
        throw wrong(`${what} has a label ${matrix.data[i]}`);
      }
    }
    byRows(byColumn, width, height, labels);
    return labels;
  });
  return { width, height, maps };
}

/** Copies column by column into row by row. */
function byRows<T extends Float64Array | Int32Array>(source: T, width: number, height: number, out: T): void {
  for (let x = 0, p = 0; x < width; x++) {
    for (let y = 0, q = x; y < height; y++, p++, q += width) out[q] = source[p]!;
  }
}
