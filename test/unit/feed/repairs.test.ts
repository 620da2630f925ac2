import { expect, test } from "vitest";
import type { FeedEvent } from "../../../src/engine/events.ts";
import { createHeads } from "../../../src/feed/heads.ts";
import { createRepairs } from "../../../src/feed/repairs.ts";
import type { PoolLoader } from "../../../src/feed/poolLoader.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { addressOf, blockOn, genesis } from "../../support/marketBlocks.ts";

/** A node that reads `perBlock` pools between two blocks: more, and there is a new head when the answer comes. */
function stage(perBlock: number) {
  const heads = createHeads(16);
  heads.reset(genesis);
  const stop = new AbortController();
  const repaired: string[] = [];
  let reads = 0;
  const read: PoolLoader["read"] = async (addresses) => {
    if (++reads > 5000) throw new Error("read for ever");
    for (let late = addresses.length; late > perBlock; late -= perBlock) {
      const tip = heads.tip ?? genesis;
      heads.push(blockOn(tip, `block ${tip.number + 1}`));
    }
    return addresses.map((address) => ({ address, state: null }));
  };
  const emit = (event: FeedEvent): void => {
    if (event.type !== "repaired") return;
    expect(event.block.hash).toBe(heads.tip?.hash);
    for (const { address } of event.pools) repaired.push(address);
    if (repairs.waiting === 0) stop.abort();
  };
  const clock = { now: () => 0, monotonic: () => 0 };
  const repairs = createRepairs({
    clock,
    log: silentLog,
    heads,
    loader: { load: async () => [], nextFees: async () => [], read },
    timeline: { emit },
  });
  return { repairs, repaired, stop };
}

for (const perBlock of [1, 7, 1000])
  test(`500 pools in doubt are all read, where a block leaves time for ${perBlock}`, async () => {
    const { repairs, repaired, stop } = stage(perBlock);
    const pools = Array.from({ length: 500 }, (_, i) => addressOf(i + 1));
    repairs.ask(pools);
    await repairs.run(stop.signal);
    expect(repaired.toSorted()).toEqual(pools.toSorted());
  });
