import assert from "node:assert/strict";
import { srgbToLab } from "../lib/image/color.ts";
import { createRandom } from "../lib/random.ts";

/** The formula as CIE 15 and IEC 61966-2-1 have it, without tables. */
function exactLab(r: number, g: number, b: number): number[] {
  const [R, G, B] = [r, g, b].map((byte) => {
    const v = byte / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const f = (t: number) => t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29;
  const x = f((0.4124564 * R + 0.3575761 * G + 0.1804375 * B) / 0.95047);
  const y = f(0.2126729 * R + 0.7151522 * G + 0.072175 * B);
  const z = f((0.0193339 * R + 0.119192 * G + 0.9503041 * B) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function assertClose(
  actual: ArrayLike<number>,
  wanted: readonly number[],
  tolerance: number,
  what: string,
): void {
  for (const [i, want] of wanted.entries()) {
    assert(Math.abs(actual[i]! - want) <= tolerance, `${what}: got ${actual[i]} for ${want}`);
  }
}

Deno.test("srgbToLab() gives the published values of the primaries", () => {
  const published: [number[], number[]][] = [
    [[255, 0, 0], [53.2408, 80.0925, 67.2032]],
    [[0, 255, 0], [87.7347, -86.1827, 83.1793]],
    [[0, 0, 255], [32.297, 79.1875, -107.8602]],
    [[255, 255, 0], [97.1393, -21.5537, 94.478]],
    [[0, 255, 255], [91.1132, -48.0875, -14.1312]],
    [[255, 0, 255], [60.3242, 98.2343, -60.8249]],
  ];
  for (const [rgb, lab] of published) assertClose(srgbToLab(Uint8Array.from(rgb)), lab, 0.01, String(rgb));
});

Deno.test("srgbToLab() gives greys a and b of 0, black L 0 and white L 100", () => {
  const lab = srgbToLab(Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3)));
  for (let i = 0; i < 256; i++) {
    assertClose(lab.subarray(i * 3 + 1, i * 3 + 3), [0, 0], 1e-4, `grey ${i}`);
    if (i > 0) assert(lab[i * 3]! > lab[i * 3 - 3]!, `L does not rise at ${i}`);
  }
  assert.equal(lab[0], 0);
  assertClose(lab.subarray(255 * 3), [100], 1e-4, "white");
});

Deno.test("srgbToLab() stays within 0.005 of the exact formula over 20,000 colours and near black", () => {
  const random = createRandom(3);
  const data = Uint8Array.from({ length: 60000 }, (_, i) => random() * (i < 6000 ? 24 : 256));
  const lab = srgbToLab(data);
  for (let p = 0; p < data.length; p += 3) {
    assertClose(
      lab.subarray(p, p + 3),
      exactLab(data[p]!, data[p + 1]!, data[p + 2]!),
      0.005,
      `pixel ${p / 3}`,
    );
  }
});

Deno.test("srgbToLab() takes an image or its bytes, also a view, and leaves them as they were", () => {
  const data = Uint8Array.of(9, 9, 9, 1, 2, 3, 200, 100, 50).subarray(3);
  const lab = srgbToLab(data);
  assert.equal(lab.length, 6);
  assert.deepEqual(srgbToLab({ width: 2, height: 1, data }), lab);
  assert.deepEqual([...data], [1, 2, 3, 200, 100, 50]);
});

Deno.test("srgbToLab() throws a TypeError for what is no image", () => {
  assert.throws(() => srgbToLab(new Uint8Array(4)), TypeError);
  assert.throws(() => srgbToLab({ width: 2, height: 2, data: new Uint8Array(3) }), TypeError);
  assert.throws(() => srgbToLab(null as unknown as Uint8Array), TypeError);
});
