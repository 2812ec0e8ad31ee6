/**
 * Regions as polygons along the edges between pixels. Neighbours share their vertices exactly, so the polygons tile the
 * image without gaps or overlaps, and each has one outer ring and a ring for each hole.
 *
 * Each ring is walked with the region at its right hand (y points down). Where two pixels of the region touch only at a
 * corner the walk turns left, around the pixel that is not of the region. Since a region is 4-connected, the two outside
 * pixels at such a corner lie in different parts of the outside (Jordan), so no ring meets itself: outer rings are simple
 * and holes touch them in single points at most, which is what OGC Simple Features calls a valid polygon.
 *
 * A corner is kept where the border turns, and also where it runs straight while the region across it changes. Whether a
 * corner is kept depends on its four pixels only, never on whose ring is walked: that is why neighbours agree.
 */

/** The outline of a region. */
export interface RegionPolygon {
  /** The region's label. */
  readonly label: number;
  /**
   * Rings of x, y, x, y, ... in pixels from the top left corner of the image, without repeating the first vertex. The
   * first is the outer one, with positive area by the shoelace formula; the others are holes, with negative area.
   */
  readonly rings: readonly (readonly number[])[];
}

// right, down, left, up
const DX = [1, 0, -1, 0];
const DY = [0, 1, 0, -1];

/**
 * Traces every region.
 *
 * @param labels (H, W) labels, 0 to `count - 1`, each region 4-connected.
 * @returns One polygon for each label, in their order.
 * @throws {RangeError} if a label has no pixel or is not connected.
 *
 * @example
 * ```ts
 * import { tracePolygons } from "./polygons.ts";
 * import assert from "node:assert/strict";
 *
 * const [left, right] = tracePolygons(Int32Array.of(0, 1, 0, 1), 2, 2, 2);
 * assert.deepEqual(left!.rings, [[0, 0, 1, 0, 1, 2, 0, 2]]);
 * assert.deepEqual(right!.rings, [[1, 0, 2, 0, 2, 2, 1, 2]]);
 * ```
 */
export function tracePolygons(
  labels: Int32Array,
  width: number,
  height: number,
  count: number,
): RegionPolygon[] {
  const rings: number[][][] = Array.from({ length: count }, () => []);
  const walked = new Uint8Array(width * height); // 1 where the top edge of a pixel is in some ring already
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      // every ring has a top edge; its first in reading order starts at a corner, for the one before it would be earlier
      const label = labels[p]!;
      if (walked[p] === 0 && (y === 0 || labels[p - width] !== label)) {
        rings[label]!.push(walkRing(labels, width, height, x, y, walked));
      }
    }
  }
  return rings.map((all, label) => {
    // the region's first pixel in reading order lies on its outer ring, so that one was found first
    if (all.length === 0) throw new RangeError(`Cannot trace polygons: label ${label} has no pixel`);
    for (let i = 1; i < all.length; i++) {
      if (ringArea(all[i]!) > 0) {
        throw new RangeError(`Cannot trace polygons: label ${label} is in pieces, want 4-connected regions`);
      }
    }
    return { label, rings: all };
  });
}

/** Area of a ring by the shoelace formula, in square pixels; positive for outer rings, negative for holes. */
export function ringArea(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!;
  }
  return twice / 2;
}

function walkRing(
  labels: Int32Array,
  width: number,
  height: number,
  startX: number,
  startY: number,
  walked: Uint8Array,
): number[] {
  const label = labels[startY * width + startX]!;
  const at = (x: number, y: number) =>
    x >= 0 && x < width && y >= 0 && y < height ? labels[y * width + x]! : -1;
  const ring = [startX, startY];
  let x = startX, y = startY, direction = 0;
  for (;;) {
    if (direction === 0) walked[y * width + x] = 1;
    x += DX[direction]!;
    y += DY[direction]!;
    // pixels ahead, on either side of the line walked; pixel (i, j) has its corners at (i, j) to (i + 1, j + 1)
    const right = at(x - (direction === 1 || direction === 2 ? 1 : 0), y - (direction >= 2 ? 1 : 0));
    const left = at(
      x - (direction === 2 || direction === 3 ? 1 : 0),
      y - (direction === 0 || direction === 3 ? 1 : 0),
    );
    let keep = true;
    let next = direction;
    if (left === label) next = (direction + 3) % 4;
    else if (right !== label) next = (direction + 1) % 4;
    else {
      const behind = at(
        x - (direction === 0 || direction === 3 ? 1 : 0),
        y - (direction === 0 || direction === 1 ? 1 : 0),
      );
      keep = left !== behind;
    }
    direction = next;
    if (x === startX && y === startY && direction === 0) return ring;
    if (keep) ring.push(x, y);
  }
}
