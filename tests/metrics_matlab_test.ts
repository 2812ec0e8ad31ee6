import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { LimitError, MatlabError } from "../lib/errors.ts";
import { readContourMap, readGroundTruth, readSegs } from "../lib/metrics/bsds_files.ts";
import type { LabelMaps } from "../lib/metrics/label_map.ts";
import { readMatlab } from "../lib/metrics/matlab.ts";
import { MatWriter } from "./reference/mat_writer.ts";
import { matFiles, needsBsds500 } from "./reference/shared_data.ts";

const little = new MatWriter(), big = new MatWriter("big");

/** Two annotators of a 2 x 3 image, as in BSDS500's files. */
function groundTruth(writer: MatWriter): Uint8Array {
  const human = (labels: number[]) =>
    writer.struct({ Segmentation: writer.uint16([2, 3], labels), Boundaries: writer.uint16([0, 0], []) });
  return writer.cell([1, 2], [human([1, 1, 1, 2, 3, 3]), human([1, 2, 1, 2, 1, 2])], "groundTruth");
}

for (const [endian, writer] of [["little", little], ["big", big]] as const) {
  for (const compressed of [false, true]) {
    const kind = `${endian}-endian ${compressed ? "compressed" : "plain"}`;
    Deno.test(`readGroundTruth() turns columns into rows in a ${kind} file`, async () => {
      const element = compressed ? writer.compressed(groundTruth(writer)) : groundTruth(writer);
      const { width, height, maps } = await readGroundTruth(writer.file(element));
      assert.deepEqual([width, height], [3, 2]);
      assert.deepEqual(maps.map((labels) => [...labels]), [[1, 1, 3, 1, 2, 3], [1, 1, 1, 2, 2, 2]]);
    });
  }
}

Deno.test("readMatlab() reads numbers, text, cells and structs, and every variable of a file", async () => {
  const variables = await readMatlab(little.file(
    little.double([1, 2], [0.5, -3], "x"),
    little.packedDouble([2, 2], [1, 2, 3, 4], "packed"),
    little.text("gPb", "algorithm"),
    little.cell([1, 1], [little.struct({ a: little.double([1, 1], [7]) })], "nested"),
  ));
  assert.deepEqual([...variables.keys()], ["x", "packed", "algorithm", "nested"]);
  assert.deepEqual(variables.get("x"), {
    kind: "numeric",
    class: "double",
    dims: [1, 2],
    data: new Float64Array([0.5, -3]),
  });
  assert.deepEqual(variables.get("packed"), {
    kind: "numeric",
    class: "double",
    dims: [2, 2],
    data: new Float64Array([1, 2, 3, 4]),
  });
  assert.deepEqual(variables.get("algorithm"), { kind: "text", dims: [1, 3], text: "gPb" });
  const nested = variables.get("nested")!;
  assert.ok(nested.kind === "cell");
  const inner = nested.cells[0]!;
  assert.ok(inner.kind === "struct");
  assert.deepEqual(inner.elements[0]!.get("a"), {
    kind: "numeric",
    class: "double",
    dims: [1, 1],
    data: new Float64Array([7]),
  });
});

Deno.test("readMatlab() names what it does not read and reads the rest", async () => {
  const variables = await readMatlab(little.file(
    little.array(5, [2, 2], "sparse"),
    little.array(14, [1, 1], "wide", little.element(12, new Uint8Array(8))),
    little.double([1, 1], [1], "x"),
  ));
  assert.deepEqual(variables.get("sparse"), { kind: "unsupported", class: "sparse" });
  assert.deepEqual(variables.get("wide"), { kind: "unsupported", class: "int64" });
  assert.equal(variables.get("x")!.kind, "numeric");
});

Deno.test("readMatlab() reads from the middle of a larger buffer", async () => {
  const file = little.file(groundTruth(little));
  const larger = new Uint8Array(file.length + 24);
  larger.set(file, 9);
  assert.ok((await readMatlab(larger.subarray(9, 9 + file.length))).has("groundTruth"));
});

const codes: [string, Uint8Array, string][] = [
  ["nothing", new Uint8Array(0), "not_matlab"],
  ["text", new TextEncoder().encode("MATLAB 5.0 MAT-file but only in words ".repeat(9)), "not_matlab"],
  ["a version 7.3 file", new TextEncoder().encode("MATLAB 7.3 MAT-file".padEnd(600)), "unsupported_version"],
  ["an HDF5 file", new Uint8Array([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a]), "unsupported_version"],
  ["a broken stream", little.file(little.element(15, new Uint8Array(40).fill(7))), "corrupt_file"],
  ["a falling tree of elements", little.file(little.array(6, [2, 2], "x")), "truncated_file"],
  ["too few numbers", little.file(little.double([2, 2], [1, 2, 3], "x")), "corrupt_file"],
  ["a negative dimension", little.file(little.double([-1, 2], [], "x")), "corrupt_file"],
  [
    "numbers of no known type",
    little.file(little.array(6, [1, 1], "x", little.element(99, new Uint8Array(8)))),
    "corrupt_file",
  ],
];
for (const [what, bytes, code] of codes) {
  Deno.test(`readMatlab() rejects ${what} with ${code}`, async () => {
    await assert.rejects(
      readMatlab(bytes),
      (error: unknown) => error instanceof MatlabError && error.code === code,
    );
  });
}

Deno.test("readMatlab() rejects a file cut short at any byte, whether compressed or not, or finds nothing in it", async () => {
  for (const element of [groundTruth(little), little.compressed(groundTruth(little))]) {
    const file = little.file(element);
    for (let length = 0; length < file.length; length += 7) {
      await assert.rejects(readGroundTruth(file.subarray(0, length)), MatlabError, `${length} bytes`);
    }
  }
});

Deno.test("readMatlab() survives flipped bytes: it reads something or throws its own error", async () => {
  const file = little.file(groundTruth(little));
  for (let i = 128; i < file.length; i++) {
    const broken = file.slice();
    broken[i]! ^= 0xff;
    await readMatlab(broken).catch((error) => assert.ok(error instanceof MatlabError, `byte ${i}: ${error}`));
  }
});

Deno.test("readMatlab() stops inflating at maxBytes", async () => {
  const bomb = little.compressed(little.double([1000, 100], new Array(100_000).fill(0), "x"));
  await assert.rejects(readMatlab(little.file(bomb), { maxBytes: 10_000 }), LimitError);
  assert.ok((await readMatlab(little.file(bomb), { maxBytes: 900_000 })).has("x"));
});

Deno.test("readMatlab() refuses cells nested without end", async () => {
  let cell = little.double([1, 1], [1]);
  for (let depth = 0; depth < 100; depth++) cell = little.cell([1, 1], [cell]);
  await assert.rejects(readMatlab(little.file(cell)), /nest over 64 deep/);
});

Deno.test("readGroundTruth(), readSegs() and readContourMap() say what a file holds instead", async () => {
  const file = little.file(little.double([3, 3], new Array(9).fill(0), "ucm2"));
  await assert.rejects(readGroundTruth(file), /holds ucm2, want a cell array groundTruth/);
  await assert.rejects(readSegs(little.file()), /holds nothing, want a cell array segs/);
  await assert.rejects(readContourMap(little.file(groundTruth(little))), /ucm2 is not a numeric matrix/);
  await assert.rejects(
    readContourMap(little.file(little.double([2, 3], new Array(6).fill(0), "ucm2"))),
    /2 x 3, want two odd numbers/,
  );
});

Deno.test("readSegs() refuses maps of unequal size and labels that are no labels", async () => {
  const segs = (...cells: Uint8Array[]) =>
    readSegs(little.file(little.cell([1, cells.length], cells, "segs")));
  await assert.rejects(
    segs(little.uint16([1, 2], [1, 2]), little.uint16([2, 1], [1, 2])),
    /sizes 1 x 2 and 2 x 1/,
  );
  await assert.rejects(segs(little.double([1, 2], [1, 1.5])), /has a label 1.5/);
  await assert.rejects(segs(little.uint16([0, 0], [])), /is empty/);
  const { maps } = await segs(little.packedDouble([1, 2], [1, 2]));
  assert.deepEqual([...maps[0]!], [1, 2]);
});

Deno.test("readContourMap() reads heights row by row", async () => {
  const heights = [0, 0, 0, 0, 0, 0, 0.5, 0.6, 0.7, 0, 0, 0, 0, 0, 0];
  const { width, height, data } = await readContourMap(little.file(little.double([3, 5], heights, "ucm2")));
  assert.deepEqual([width, height], [2, 1]);
  assert.deepEqual([...data], [0, 0, 0.5, 0, 0, 0, 0, 0.6, 0, 0, 0, 0, 0.7, 0, 0]);
});

/** SHA-256 over (height, width, labels) of all maps of all files, as int32. */
async function hashMaps(folder: string, read: (bytes: Uint8Array) => Promise<LabelMaps>) {
  const hash = createHash("sha256");
  let count = 0;
  for (const path of matFiles(folder)) {
    const { width, height, maps } = await read(Deno.readFileSync(path));
    for (const labels of maps) {
      hash.update(new Uint8Array(Int32Array.of(height, width).buffer)).update(new Uint8Array(labels.buffer));
      count++;
    }
  }
  return { count, hash: hash.digest("hex") };
}

// counts and hashes were made with SciPy 1.x's loadmat
const hashes = [
  ["groundTruth/train", 1087, "2c06390793c4166d2a9cf46f9ba484bb6ad1a902c5d8c028ee20a08b47813ecf"],
  ["groundTruth/val", 546, "0de87a4fb8ea8b9433cf137d2b8fc4c5d9416e6801b1c7a1b48fb0f8b89a0fa6"],
  ["official/groundTruth", 26, "40fd13a62096443d4f59ea7dc13726325022ca84ba5d8e6f39f563c1fe6597ce"],
  ["official/segs", 25, "4739f23c77444e5d9caee2bcf4409341bd72bbff881a6b4b1efe4763f5150df1"],
] as const;
for (const [folder, count, hash] of hashes) {
  Deno.test({
    ...needsBsds500(
      `read${folder.endsWith("segs") ? "Segs" : "GroundTruth"}() reads ${folder} as SciPy does`,
    ),
    fn: async () => {
      const read = folder.endsWith("segs") ? readSegs : readGroundTruth;
      assert.deepEqual(await hashMaps(folder, read), { count, hash });
    },
  });
}

Deno.test({
  ...needsBsds500("readContourMap() reads official/ucm2 as SciPy does"),
  fn: async () => {
    const hash = createHash("sha256");
    for (const path of matFiles("official/ucm2")) {
      const { width, height, data } = await readContourMap(Deno.readFileSync(path));
      hash.update(new Uint8Array(Int32Array.of(2 * height + 1, 2 * width + 1).buffer));
      hash.update(new Uint8Array(data.buffer as ArrayBuffer));
    }
    assert.equal(hash.digest("hex"), "a5640346d0b912ea5ffab25add01d5e3a922dbc60077633161d4a8bf51f19c63");
  },
});
