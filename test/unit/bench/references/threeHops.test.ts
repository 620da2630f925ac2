import { expect, test } from "vitest";
import { listThreeHops } from "../../../../bench/references/threeHops.ts";
import { createCycleIndex } from "../../../../src/search/cycleIndex.ts";
import { addressOf } from "../../../support/marketBlocks.ts";
import { randomPools, seeded } from "../../../support/searchMarkets.ts";

test("the list holds the plain enumeration's cycles of three pools, in its order of tokens and by pool", () => {
  const random = seeded(5);
  const bases = [addressOf(0xa2), addressOf(0xa0), addressOf(0xa5)];
  for (let market = 0; market < 5; market++) {
    const pools = randomPools(random, 8, 40);
    const list = listThreeHops(pools, bases);
    const oracle = createCycleIndex(pools, { bases, maxHops: 3 });
    const expected: string[] = [];
    for (const cycle of oracle.touchedBy("all")) {
      const edges = [...oracle.edges(cycle)];
      if (edges.length === 3) expected.push(`${oracle.base(cycle)} ${edges.join()}`);
    }
    const cycles = Array.from({ length: list.count }, (_, cycle) => [
      ...list.edges.subarray(3 * cycle, 3 * cycle + 3),
    ]);
    const listed = cycles.map((edges, cycle) => `${bases[list.baseOf[cycle] ?? 0]} ${edges.join()}`);
    expect(listed.length).toBeGreaterThan(100);
    expect(listed.toSorted()).toEqual(expected.toSorted());
    for (const [pool] of pools.entries()) {
      const indexed = list.cyclesOfPool.subarray(list.firstOfPool[pool], list.firstOfPool[pool + 1]);
      const through = cycles.flatMap((edges, cycle) =>
        edges.some((edge) => edge >> 1 === pool) ? [cycle] : [],
      );
      expect([...indexed]).toEqual(through);
    }
  }
});
