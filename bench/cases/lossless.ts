import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address } from "../../src/chain/types.ts";
import type { StateView } from "../../src/market/stateView.ts";
import type { Opportunity } from "../../src/search/opportunity.ts";
import { MOST_RANKED } from "../../src/search/scan/scan.ts";
import { createScanSearch } from "../../src/search/scanSearch.ts";
import { createSearch } from "../../src/search/search.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { summarise } from "../harness/stats.ts";

const CHANGES = 5;
const MOST_BLOCKS = 1000;
/** The best profit may be missed by what sizing promises. */
const SIZED = 1 - 1e-6;

/** What one run of both found. */
interface Tally {
  missed: number;
  worthIt: number;
  ours: number;
  there: number;
  readonly micros: { readonly ours: number[]; readonly plain: number[] };
}

/** Against the oracle that lists and sizes every cycle of up to four hops through a changed pool. */
async function measure(context: BenchContext): Promise<readonly Row[]> {
  const market = context.market("300 mixed");
  const states = new Map<Address, PoolState | null>();
  for (const [i, { address }] of market.pools.entries()) states.set(address, market.states[i] ?? null);
  const view: StateView = { stateOf: (pool) => states.get(pool) ?? null };
  const [wrappedNative = "0x"] = market.bases;
  const options = { bases: market.bases, maxHops: 4, wrappedNative, isTaxed: () => false };
  const [scan, plain] = [
    createScanSearch({ ...options, minProfit: market.minProfit }),
    createSearch(options),
  ];
  for (const search of [scan, plain]) search.addPools(market.pools);
  scan.run({ view, changed: "all", atRest: false });

  const tally: Tally = { missed: 0, worthIt: 0, ours: 0, there: 0, micros: { ours: [], plain: [] } };
  let blocks = 0;
  for (; blocks < MOST_BLOCKS && context.timeLeftMs() > 0; blocks++) {
    const { changes } = market.nextBlock(CHANGES);
    for (const { pool, state } of changes) states.set(market.pools[pool]?.address ?? "0x", state);
    const changed = changes.flatMap(({ pool }) => market.pools[pool]?.address ?? []);
    const request = { view, changed, atRest: false };
    const start = performance.now();
    const { opportunities } = scan.run(request);
    const middle = performance.now();
    const all = plain.run(request).opportunities;
    tally.micros.plain.push((performance.now() - middle) * 1000);
    tally.micros.ours.push((middle - start) * 1000);
    compare(tally, opportunities, all, Number(market.minProfit));
  }
  context.check("no cycle worth the least profit is missed", tally.missed === 0, `${tally.missed} are`);
  const captured = tally.there > 0 ? tally.ours / tally.there : 1;
  context.check("the best one is found in every block", captured >= SIZED, `${captured} of its profit`);
  return [
    lessRow({
      name: `all cycles of 2 to 4 hops worth minProfit, k = ${CHANGES}, ${market.name}`,
      unit: "us",
      value: summarise(tally.micros.ours).p50,
      reference: "every cycle listed and sized",
      referenceValue: summarise(tally.micros.plain).p50,
      captured,
      note: `${blocks} blocks, ${plain.cycleCount} cycles, ${tally.worthIt} worth it, ${tally.missed} missed`,
    }),
  ];
}

function compare(
  tally: Tally,
  ours: readonly Opportunity[],
  all: readonly Opportunity[],
  minProfitFloat: number,
): void {
  const worthIt = all.filter(({ profitNativeFloat }) => profitNativeFloat >= minProfitFloat);
  const ids = new Set(ours.map(({ cycle }) => cycle.id));
  for (const { cycle, profitNativeFloat } of worthIt.slice(0, MOST_RANKED))
    // What is worth the least profit by less than sizing may lose is on the line.
    if (!ids.has(cycle.id) && profitNativeFloat * SIZED >= minProfitFloat) tally.missed++;
  tally.worthIt += worthIt.length;
  tally.ours += Math.min(ours[0]?.profitNativeFloat ?? 0, worthIt[0]?.profitNativeFloat ?? 0);
  tally.there += worthIt[0]?.profitNativeFloat ?? 0;
}

export const losslessCase: BenchCase = {
  name: "lossless",
  about: "what the scan finds against what there is",
  budgetMs: 25_000,
  run: measure,
};
