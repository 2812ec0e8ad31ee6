/**
 * Small calls to a database, gathered: what is asked for while a call is under way goes together in the next one. A lone
 * call is not delayed, and a burst of a hundred costs two or three.
 */

/**
 * Makes a function of many items one of single items.
 *
 * @param work Does what is asked for, for all of these items.
 * @returns Does it for one item, soon; rejects as the call did that the item was part of.
 */
export function coalesced<T>(work: (items: T[]) => Promise<unknown>): (item: T) => Promise<void> {
  let waiting: T[] = [], next: Promise<void> | undefined, underWay: Promise<unknown> = Promise.resolve();
  return (item) => {
    waiting.push(item);
    return next ??= underWay.then(async () => {
      const items = waiting;
      [waiting, next] = [[], undefined];
      const done = work(items);
      underWay = done.catch(() => {});
      await done;
    });
  };
}
