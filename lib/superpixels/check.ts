/**
 * The checks that every algorithm of this folder makes once, at its top.
 */

/**
 * Refuses sizes that are not whole numbers from 1 and maps whose length does not match them.
 *
 * @param action What could not be done, as in "Cannot make superpixels".
 * @param name What the map is called in the message.
 * @param map (H, W, channels) interleaved values.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param channels Values per pixel.
 * @throws {RangeError} For a width or height that is not an integer from 1.
 * @throws {TypeError} For a map of another length than width * height * channels.
 *
 * @example
 * ```ts
 * import { checkMap } from "./check.ts";
 * import assert from "node:assert/strict";
 *
 * checkMap("Cannot read labels", "labels", new Int32Array(6), 3, 2, 1);
 * assert.throws(() => checkMap("Cannot read labels", "labels", new Int32Array(5), 3, 2, 1), TypeError);
 * ```
 */
export function checkMap(
  action: string,
  name: string,
  map: { readonly length: number },
  width: number,
  height: number,
  channels: number,
): void {
  for (const [side, value] of [["width", width], ["height", height]] as const) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${action}: ${side} must be an integer from 1, got ${value}`);
    }
  }
  const wanted = width * height * channels;
  if (map.length !== wanted) {
    throw new TypeError(
      `${action}: ${name} must hold ${wanted} values (${height} x ${width} x ${channels}), got ${map.length}`,
    );
  }
}

/**
 * Refuses a Lab image with a wrong length or with values that are not finite: one NaN would spread through every mean.
 *
 * @param action What could not be done, as in "Cannot make superpixels".
 * @param lab (H, W, 3) CIELAB values, interleaved.
 * @param width W, pixels.
 * @param height H, pixels.
 * @throws {RangeError} For a bad width or height, or a value that is not finite.
 * @throws {TypeError} For anything but a Float32Array of width * height * 3 values.
 *
 * @example
 * ```ts
 * import { checkLab } from "./check.ts";
 * import assert from "node:assert/strict";
 *
 * checkLab("Cannot make superpixels", new Float32Array(12), 2, 2);
 * assert.throws(() => checkLab("Cannot make superpixels", new Float32Array(3).fill(NaN), 1, 1), RangeError);
 * ```
 */
export function checkLab(action: string, lab: Float32Array, width: number, height: number): void {
  if (!(lab instanceof Float32Array)) throw new TypeError(`${action}: lab must be a Float32Array`);
  checkMap(action, "lab", lab, width, height, 3);
  // a sum of zeros stays zero until a NaN or an infinity enters it: one test instead of one per value
  let zero = 0;
  for (let i = 0; i < lab.length; i++) zero += lab[i]! * 0;
  if (zero !== 0) throw new RangeError(`${action}: lab must hold finite values only`);
}

/**
 * Refuses a number outside its range.
 *
 * @param action What could not be done, as in "Cannot make superpixels".
 * @param name The option's name.
 * @param value The option's value.
 * @param min Smallest value allowed.
 * @param max Largest value allowed.
 * @param integer Whether it must be whole. @default false
 * @throws {RangeError} For a value outside min to max, NaN, or a fraction where a whole number is wanted.
 *
 * @example
 * ```ts
 * import { checkNumber } from "./check.ts";
 * import assert from "node:assert/strict";
 *
 * checkNumber("Cannot make superpixels", "segments", 600, 1, 20000, true);
 * assert.throws(() => checkNumber("Cannot make superpixels", "segments", 0, 1, 20000, true), RangeError);
 * ```
 */
export function checkNumber(
  action: string,
  name: string,
  value: number,
  min: number,
  max: number,
  integer = false,
): void {
  if (!(value >= min && value <= max) || (integer && !Number.isInteger(value))) {
    const range = max === Infinity ? `from ${min}` : `${min} to ${max}`;
    throw new RangeError(`${action}: ${name} must be ${integer ? "an integer, " : ""}${range}, got ${value}`);
  }
}
