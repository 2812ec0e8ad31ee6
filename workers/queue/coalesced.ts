/**
 * Small calls to a database, gathered: what is asked for at the same moment, or while a call is under way, goes together in
 * the next one. A lone call is not delayed, and a burst of a hundred costs two or three.
 */

/**
 * Makes a function of many items one of single items.
 *
 * @param work Does what is asked for, for all of these items; gives a result for each, in their order, or nothing.
 * @returns Does it for one item, soon; rejects as the call did that the item was part of.
 */
export function coalesced<T, R = void>(
  work: (items: T[]) => Promise<readonly R[] | void>,
): (item: T) => Promise<R> {
  let waiting: T[] = [], next: Promise<readonly R[] | void> | undefined;
  let underWay: Promise<unknown> = Promise.resolve();
  return async (item) => {
    const index = waiting.push(item) - 1;
    next ??= underWay.then(() => {
      const items = waiting;
      [waiting, next] = [[], undefined];
      const done = work(items);
      underWay = done.catch(() => {});
      return done;
    });
    const results = await next;
    return results?.[index] as R;
  };
}
