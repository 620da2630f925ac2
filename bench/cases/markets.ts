import { concentratedFault } from "../../src/amm/concentrated.ts";
import { applyPoolLog } from "../../src/amm/poolLog.ts";
import { v2Fault } from "../../src/amm/v2.ts";
import { isFields, parseLog } from "../../src/feed/parse.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { countCycles } from "../market/counts.ts";
import type { BenchMarket, Change } from "../market/types.ts";

const BLOCKS = 50;
const CHANGES = 20;

const short = (count: number): string =>
  count >= 1e6 ? `${(count / 1e6).toPrecision(3)} M` : count.toLocaleString("en-US");

function describe(market: BenchMarket): string {
  const { pairs, twoHop, threeHop, fourHop, records } = countCycles(market);
  const cycles = `cycles of 2, 3, 4 hops: ${short(twoHop)}, ${short(threeHop)}, ${short(fourHop)}`;
  return `${market.name}: ${short(market.pools.length)} pools of ${short(pairs)} pairs; ${cycles}; ${short(records)} two-hop records`;
}

/** Whether the feed's own reading of the frame leads to the state. */
function isTold(market: BenchMarket, before: readonly (Change["state"] | null)[], change: Change): boolean {
  const document: unknown = JSON.parse(change.frame.toString());
  const params = isFields(document) ? document["params"] : null;
  const log = parseLog(isFields(params) ? params["result"] : null)?.log;
  const facts = market.pools[change.pool];
  if (log === undefined || facts === undefined || log.address !== facts.address) return false;
  const effect = applyPoolLog(facts.kind, before[change.pool] ?? null, log);
  if (!("state" in effect)) return false;
  const { state } = change;
  if (state.kind === "v2")
    return (
      effect.state.kind === "v2" &&
      effect.state.reserve0 === state.reserve0 &&
      effect.state.reserve1 === state.reserve1
    );
  return (
    effect.state.kind !== "v2" &&
    effect.state.sqrtPriceX96 === state.sqrtPriceX96 &&
    effect.state.tick === state.tick &&
    effect.state.liquidity === state.liquidity
  );
}

const isSound = (state: BenchMarket["states"][number]): boolean =>
  state === null || (state.kind === "v2" ? v2Fault(state) : concentratedFault(state)) === null;

async function look(context: BenchContext): Promise<readonly []> {
  for (const preset of ["10k", "21k mixed"] as const) {
    const market = context.market(preset);
    context.note(describe(market));
    const states = [...market.states];
    context.check(`${market.name}: every state is sound`, states.every(isSound));
    let astray = 0;
    for (let i = 0; i < BLOCKS; i++)
      for (const change of market.nextBlock(CHANGES).changes) {
        if (!isSound(change.state) || !isTold(market, states, change)) astray++;
        states[change.pool] = change.state;
      }
    context.check(`${market.name}: every frame leads to its state`, astray === 0, `${astray} do not`);
  }
  const recorded = await context.recorded();
  if (recorded === null) context.note("real markets: ../shared/data is not here, left out");
  for (const market of recorded ?? [])
    context.note(
      `${describe(market)}; ${market.blocks.length} real blocks, ${market.omitted} changes left out`,
    );
  return [];
}

export const marketsCase: BenchCase = {
  name: "markets",
  about: "what the figures below are measured on",
  budgetMs: 10_000,
  run: look,
};
