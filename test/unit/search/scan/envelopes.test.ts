import { expect, test } from "vitest";
import { createCurve, curveOutFloat } from "../../../../src/search/curve.ts";
import { createLadder } from "../../../../src/search/scan/ladder.ts";
import { DEPTH, ROW } from "../../../../src/search/scan/layout.ts";
import { edgesOfLane } from "../../../../src/search/scan/scanIndex.ts";
import { createScanParts } from "../../../../src/search/scan/scanParts.ts";
import { mixedMarket } from "../../../support/mixedMarket.ts";
import { seeded } from "../../../support/searchMarkets.ts";

/** Ten in a hundred million: what floats may err. */
const SLACK = 1 + 1e-7;

test("no size of a pool passes its envelope, and no pool its lane's", () => {
  const market = mixedMarket(seeded(5), { tokens: 8, pools: 60, bases: 2, spread: 0.01 });
  const [wrappedNative = "0x"] = market.bases;
  const options = { bases: market.bases, wrappedNative, maxHops: 4, ladder: createLadder(1e16, 4) };
  const { index, table, kernel, prices, tokenIn } = createScanParts(market.pools, options);
  for (const token of prices.keys()) prices[token] = 0.5 + token;
  const { edgeRates, laneRates, changed } = index.layout;
  let compared = 0;
  for (let block = 0; block < 40; block++) {
    for (const [id, pool] of market.pools.entries()) {
      table.set(id, market.view.stateOf(pool.address));
      table.quote(id);
      changed[id] = id;
    }
    kernel.scan(0, market.pools.length);
    for (let lane = 0; lane < 2 * index.layout.pairs; lane++) {
      for (const edge of edgesOfLane(index.layout, lane)) {
        const state = table.exactState(edge >> 1);
        if (state === null) continue;
        const curve = createCurve(state, edge % 2 === 0);
        const [priceIn = 1, priceOut = 1] = [edge, edge ^ 1].map((side) => prices[tokenIn[side] ?? 0]);
        const rate = edgeRates[edge * ROW] ?? 0;
        const slip = rate / (edgeRates[edge * ROW + DEPTH] ?? 0);
        const laneRate = laneRates[lane * ROW] ?? 0;
        const laneSlip = laneRate / (laneRates[lane * ROW + DEPTH] ?? 0);
        for (const share of [1e-6, 1e-3, 0.01, 0.1, 1, 10, 1000]) {
          const input = share / slip;
          const out = curveOutFloat(curve, input / priceIn) * priceOut;
          if (Number.isNaN(out)) continue;
          compared++;
          expect(out).toBeLessThanOrEqual(((rate * input) / (1 + slip * input)) * SLACK);
          expect(out).toBeLessThanOrEqual(((laneRate * input) / (1 + laneSlip * input)) * SLACK);
        }
      }
    }
    market.move(20);
  }
  expect(compared).toBeGreaterThan(5000);
});
