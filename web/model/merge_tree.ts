/**
 * The merge tree of a hierarchy, indexed for a page: which regions there are at any number of them, in time linear in
 * superpixels (some thousands) and independent of pixels, and which two parts a region has.
 */

/** Merges from fine to coarse, as in hierarchy.json: merge i joins the regions that hold `a[i]` and `b[i]`. */
export interface Merges {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  /** Never falls. */
  readonly height: ArrayLike<number>;
}

/** A merge tree over M superpixels. Nodes 0 to M - 1 are superpixels, node M + i is what merge i made. */
export class MergeTree {
  /** M. */
  readonly count: number;
  /** (M - 1) height of each merge. */
  readonly heights: Float32Array;
  /** (2 M - 1) node that each node becomes part of; the root: itself. */
  readonly parent: Int32Array;
  /** (M - 1) the two nodes that merge i joins: `left[i]` and `right[i]`. */
  readonly left: Int32Array;
  readonly right: Int32Array;

  /** @throws {RangeError} When there are not M - 1 merges, or one joins a region with itself. */
  constructor(merges: Merges, count: number) {
    const { a, b, height } = merges;
    if (a.length !== count - 1 || b.length !== count - 1 || height.length !== count - 1) {
      throw new RangeError(`Cannot read hierarchy: want ${count - 1} merges, got ${a.length}`);
    }
    this.count = count;
    this.heights = Float32Array.from(height);
    this.parent = Int32Array.from({ length: Math.max(0, 2 * count - 1) }, (_, i) => i);
    this.left = new Int32Array(count - 1);
    this.right = new Int32Array(count - 1);
    const top = this.parent.slice(); // shortcuts upwards, halved as they are followed
    const find = (i: number): number => {
      while (top[i] !== i) i = top[i] = top[top[i]!]!;
      return i;
    };
    for (let i = 0; i < count - 1; i++) {
      const x = find(a[i]!), y = find(b[i]!);
      if (x === y) throw new RangeError(`Cannot read hierarchy: merge ${i} joins a region with itself`);
      this.left[i] = x;
      this.right[i] = y;
      this.parent[x] =
        this.parent[y] =
        top[x] =
        top[y] =
          count + i;
    }
  }

  /**
   * The node that each superpixel belongs to when there are so many regions.
   *
   * @param regions From 1; more than M are M.
   * @returns (M) nodes.
   */
  cut(regions: number): Int32Array {
    const nodes = this.count + Math.max(0, this.count - Math.max(1, regions));
    const root = new Int32Array(nodes);
    // parents have higher numbers than children, so going down meets every parent before its children
    for (let i = nodes - 1; i >= 0; i--) {
      const parent = this.parent[i]!;
      root[i] = parent < nodes && parent !== i ? root[parent]! : i;
    }
    return root.subarray(0, this.count);
  }

  /** How many regions are left once all merges of at most this height are made. */
  regionsAt(height: number): number {
    let made = 0;
    while (made < this.heights.length && this.heights[made]! <= height) made++;
    return this.count - made;
  }

  /** Height at which `regions` become one fewer; 0 for a single region. */
  heightOf(regions: number): number {
    return this.heights[this.count - regions] ?? 0;
  }

  /** The lowest node that holds both. */
  meet(a: number, b: number): number {
    // the lower number cannot be the common ancestor, so it is the one that moves up
    while (a !== b) {
      if (a < b) a = this.parent[a]!;
      else b = this.parent[b]!;
    }
    return a;
  }

  /** Height at which two superpixels become one region; 0 for one with itself. */
  meetHeight(a: number, b: number): number {
    return a === b ? 0 : this.heights[this.meet(a, b) - this.count]!;
  }

  /**
   * The two parts of a set of superpixels: by the last merge that joined some of them with the others.
   *
   * @returns For each member whether it is in the second part; undefined for a set of one.
   */
  split(members: readonly number[]): boolean[] | undefined {
    if (members.length < 2) return undefined;
    const node = members.reduce((all, member) => this.meet(all, member));
    const right = this.right[node - this.count]!;
    // a member is below the right child if that is what they meet in
    return members.map((member) => this.meet(member, right) === right);
  }

  /**
   * A colour number for every node such that N regions have the numbers 0 to N - 1 and keep them as N changes: where a
   * region splits, its larger part keeps the number and the other takes the next.
   *
   * @param areas (M) pixels of each superpixel.
   * @returns (2 M - 1) numbers.
   */
  colorNumbers(areas: ArrayLike<number>): Int32Array {
    const { count, left, right } = this;
    const area = new Float64Array(2 * count - 1);
    for (let i = 0; i < count; i++) area[i] = areas[i]!;
    for (let i = 0; i < count - 1; i++) area[count + i] = area[left[i]!]! + area[right[i]!]!;
    const numbers = new Int32Array(2 * count - 1);
    for (let i = count - 2, next = 1; i >= 0; i--, next++) {
      const larger = area[left[i]!]! >= area[right[i]!]! ? left[i]! : right[i]!;
      const smaller = larger === left[i] ? right[i]! : left[i]!;
      numbers[larger] = numbers[count + i]!;
      numbers[smaller] = next;
    }
    return numbers;
  }
}
