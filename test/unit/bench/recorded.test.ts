import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { enlivenRecorded, readRecorded, SHARED_DATA } from "../../../bench/market/recorded.ts";
import { applyPoolLog } from "../../../src/amm/poolLog.ts";
import { decodedFrame } from "../../support/benchFrames.ts";

test("without the data there are no recorded markets", async () => {
  expect(await readRecorded("/nowhere/shared/data")).toBeNull();
});

test.skipIf(!existsSync(SHARED_DATA))("the real markets, their blocks told by frames", async () => {
  const markets = (await readRecorded()) ?? [];
  expect(markets.map(({ pools, blocks }) => [pools.length, blocks.length])).toEqual([
    [10_773, 0],
    [372, 0],
    [400, 0],
    [1403, 9],
  ]);
  // A liquidity provider moved from one range to another within one block.
  expect(markets.map(({ omitted }) => omitted)).toEqual([0, 0, 0, 1]);
  for (const market of markets) {
    expect(market.minProfit).toBeGreaterThan(10n ** 13n);
    expect(market.minProfit).toBeLessThan(10n ** 18n);
    const states = [...market.states];
    for (const { changes } of market.blocks) {
      for (const { pool, state, frame } of changes) {
        const log = decodedFrame(frame);
        const effect = applyPoolLog(market.pools[pool]?.kind ?? "v2", states[pool] ?? null, log);
        expect(log.address).toBe(market.pools[pool]?.address);
        expect(effect).toEqual({ changed: true, state });
        states[pool] = state;
      }
    }
  }
});

test.skipIf(!existsSync(SHARED_DATA))("a real market goes on with invented trades", async () => {
  const [, , polygon] = (await readRecorded()) ?? [];
  if (polygon === undefined) throw new TypeError("no market");
  const market = enlivenRecorded(polygon, 3);
  for (let i = 0; i < 30; i++) {
    const before = market.pools.map((_, pool) => market.stateOf(pool));
    for (const { pool, frame, state } of market.nextBlock(12).changes) {
      const effect = applyPoolLog(
        market.pools[pool]?.kind ?? "v2",
        before[pool] ?? null,
        decodedFrame(frame),
      );
      expect(effect).toEqual({ changed: true, state });
    }
  }
});
