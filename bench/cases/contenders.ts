import type { Contender } from "../harness/rounds.ts";

/**
 * A contender that takes the items in turn, one a call. `work` answers a number that depends on its result: a length
 * or some digits of it.
 */
export function takingTurns<T>(name: string, items: readonly T[], work: (item: T) => number): Contender {
  let next = 0;
  return {
    name,
    run: (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) {
        const item = items[next];
        next = next + 1 === items.length ? 0 : next + 1;
        if (item !== undefined) sum += work(item);
      }
      return sum;
    },
  };
}

/** The same for work that answers with a promise, awaited before the next call. */
export function awaitingTurns<T>(
  name: string,
  items: readonly T[],
  work: (item: T) => Promise<number>,
): Contender {
  let next = 0;
  return {
    name,
    run: async (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) {
        const item = items[next];
        next = next + 1 === items.length ? 0 : next + 1;
        if (item !== undefined) sum += await work(item);
      }
      return sum;
    },
  };
}
