import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address, Token } from "../../src/chain/types.ts";
import { LEVELS } from "../../src/search/scan/ladder.ts";
import { ROW } from "../../src/search/scan/layout.ts";
import { createOptimum } from "../../src/search/scan/optimum.ts";
import { createPoolTable } from "../../src/search/scan/poolTable.ts";
import type { SizerParts } from "../../src/search/scan/sizer.ts";
import { createRandom } from "../market/random.ts";
import type { Random } from "../market/random.ts";
import type { LivingMarket } from "../market/types.ts";
import type { SizingLeg } from "../references/sizing.ts";
import { createMarketScan } from "./marketScan.ts";

/** A cycle that is worth the market's least profit after a dislocation, with the states that made it so. */
export interface SampleCycle {
  readonly legs: readonly SizingLeg[];
  readonly base: Token;
  /** Tokens that go in, hop by hop. */
  readonly tokens: readonly Address[];
}

export interface SampleOptions {
  readonly count: number;
  readonly seed: number;
  readonly wanted: (legs: readonly SizingLeg[]) => boolean;
}

const BLOCK_CHANGES = 100;
const MOST_BLOCKS = 300;
/** Cycles of one block share their dislocated pool: few of each are taken. */
const OF_A_BLOCK = 8;

/** Follows the market with the daemon's scan, and takes some of the cycles that it ranks after each block. */
export function drawCycles(market: LivingMarket, { count, seed, wanted }: SampleOptions): SampleCycle[] {
  const made = createMarketScan(market);
  const { scan, request } = made;
  made.load(market.states);
  const random = createRandom(seed, "sample");
  const drawn: SampleCycle[] = [];
  const changes = Math.min(BLOCK_CHANGES, market.pools.length);
  for (let block = 0; block < MOST_BLOCKS && drawn.length < count; block++) {
    scan.search(made.take(market.nextBlock(changes).changes), request);
    const { ranked } = scan;
    const cycles = Array.from({ length: ranked.count }, (_, place) =>
      cycleAt(
        market,
        Array.from({ length: ranked.hops(place) }, (__, hop) => ranked.edge(place, hop)),
      ),
    );
    const chosen = shuffled(
      cycles.filter(({ legs }) => wanted(legs)),
      random,
    );
    drawn.push(...chosen.slice(0, Math.min(OF_A_BLOCK, count - drawn.length)));
  }
  // So that a few that stand together are as different as all are.
  return shuffled(drawn, random);
}

const shuffled = <T>(items: readonly T[], random: Random): T[] =>
  items
    .map((item) => ({ item, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);

function cycleAt(market: LivingMarket, edges: readonly number[]): SampleCycle {
  const hops = edges.map((edge) => {
    const zeroForOne = edge % 2 === 0;
    const [pool, state] = [market.pools[edge >> 1], market.stateOf(edge >> 1)];
    if (pool === undefined || state === null) throw new RangeError(`edge ${edge} has no pool`);
    return { leg: { state, zeroForOne }, token: zeroForOne ? pool.token0 : pool.token1 };
  });
  const tokens = hops.map(({ token }) => token);
  const base = market.tokens.find(({ address }) => address === tokens[0]);
  if (base === undefined) throw new RangeError(`no such token: ${tokens[0]}`);
  return { legs: hops.map(({ leg }) => leg), base, tokens };
}

/** The sample as the daemon's sizer takes it: each cycle with pools of its own, whatever block it is from. */
export interface SampleTable extends SizerParts {
  readonly edges: Int32Array;
  /** Where each cycle begins in `edges`. */
  readonly starts: readonly number[];
}

export function tableOf(cycles: readonly SampleCycle[]): SampleTable {
  const hops = cycles.flatMap(({ legs, tokens }) =>
    legs.map(({ state, zeroForOne }, i) => ({
      state,
      zeroForOne,
      from: tokens[i] ?? "0x",
      to: tokens[(i + 1) % legs.length] ?? "0x",
    })),
  );
  const ids = new Map([...new Set(hops.map(({ from }) => from))].map((token, id) => [token, id]));
  const tokenIn = new Int32Array(2 * hops.length);
  const edges = new Int32Array(hops.length);
  for (const [pool, { zeroForOne, from, to }] of hops.entries()) {
    edges[pool] = 2 * pool + (zeroForOne ? 0 : 1);
    tokenIn[edges[pool] ?? 0] = ids.get(from) ?? 0;
    tokenIn[(edges[pool] ?? 0) ^ 1] = ids.get(to) ?? 0;
  }
  const prices = new Float64Array(ids.size).fill(1);
  const layout = { edgeRates: new Float64Array(2 * hops.length * ROW) };
  const table = createPoolTable(tokenIn, { layout, ladder: { sizes: new Float64Array(LEVELS) }, prices });
  for (const [pool, { state }] of hops.entries()) setPool(table, pool, state);
  const optimum = createOptimum({ curves: table.curves, prices, tokenIn });
  let next = 0;
  const starts = cycles.map(({ legs }) => {
    next += legs.length;
    return next - legs.length;
  });
  return { table, optimum, prices, tokenIn, edges, starts };
}

function setPool(table: SizerParts["table"], pool: number, state: PoolState): void {
  table.set(pool, state);
  table.quote(pool);
}
