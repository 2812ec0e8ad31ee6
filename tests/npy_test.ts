import assert from "node:assert/strict";
import { decodeNpy, encodeNpy } from "../lib/npy.ts";

Deno.test("encodeNpy() writes the bytes that NumPy writes", () => {
  // numpy.lib.format.write_array(f, numpy.arange(6, dtype='<u2').reshape(1, 2, 3), version=(1, 0))
  const header = "{'descr': '<u2', 'fortran_order': False, 'shape': (1, 2, 3), }".padEnd(117) + "\n";
  const expected = [
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    118,
    0,
    ...new TextEncoder().encode(header),
  ];
  for (let i = 0; i < 6; i++) expected.push(i, 0);
  assert.deepEqual([...encodeNpy(new Uint16Array([0, 1, 2, 3, 4, 5]), [1, 2, 3])], expected);
});

Deno.test("encodeNpy() and decodeNpy() round-trip all types and shapes", () => {
  for (
    const [data, shape] of [
      [new Int32Array([-1, 2 ** 31 - 1]), [2]],
      [new Uint16Array([65535, 0, 7, 9]), [2, 2]],
      [new Float32Array([1.5, -0, NaN]), [3, 1, 1]],
      [new Float32Array(0), [0, 5]],
      [new Int32Array([3]), []],
    ] as const
  ) {
    assert.deepEqual(decodeNpy(encodeNpy(data, shape)), { shape, data });
  }
});

Deno.test("encodeNpy() starts the data at a multiple of 64", () => {
  for (let axes = 1; axes < 30; axes++) {
    const bytes = encodeNpy(new Int32Array(1), new Array(axes).fill(1));
    assert.equal((bytes.length - 4) % 64, 0);
  }
});

Deno.test("encodeNpy() refuses a shape that does not fit", () => {
  assert.throws(() => encodeNpy(new Int32Array(5), [2, 3]), /shape \[2, 3\] does not hold 5 values/);
  assert.throws(() => encodeNpy(new Int32Array(6), [-2, -3]), TypeError);
});

Deno.test("decodeNpy() refuses other files, other types and files cut short", () => {
  const good = encodeNpy(new Int32Array(4), [4]);
  assert.throws(() => decodeNpy(new Uint8Array(4)), /version 1.0/);
  assert.throws(() => decodeNpy(good.subarray(0, good.length - 1)), /want 144 bytes, got 143/);
  const text = good.slice();
  text.set(new TextEncoder().encode("'<f8'"), 10 + "{'descr': ".length);
  assert.throws(() => decodeNpy(text), /want int32, uint16 or float32/);
});
