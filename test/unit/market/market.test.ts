import * as fc from "fast-check";
import { expect, test } from "vitest";
import { POOL_TOPICS } from "../../../src/amm/poolLog.ts";
import type { PoolState } from "../../../src/amm/poolState.ts";
import type { Address, BlockHeader } from "../../../src/chain/types.ts";
import { createMarket } from "../../../src/market/market.ts";
import type { Market } from "../../../src/market/market.ts";
import { addressOf, blockOn, genesis, logOf, poolOf, syncLog, v2State } from "../../support/marketBlocks.ts";

const [FIRST, SECOND, THIRD] = [addressOf(1), addressOf(2), addressOf(3)];
const START = v2State(1000n, 2000n);

function loaded(journalDepth = 256): Market {
  const market = createMarket({ journalDepth });
  market.load(genesis, [
    { pool: poolOf(1), state: START },
    { pool: poolOf(2), state: START },
    { pool: { ...poolOf(3), kind: "v3" }, state: null },
  ]);
  return market;
}

/** Everything that a refused call must leave alone. */
const picture = (market: Market) => ({
  head: market.head,
  states: [...market.pools.keys()].map((pool) => market.stateOf(pool)),
  tainted: [...market.tainted],
});

const a = blockOn(genesis, "a");
const b = blockOn(a, "b");

test("a block moves the pools of its logs, in order, and no other", () => {
  const market = loaded();
  const result = market.commit(a, [
    syncLog(a, SECOND, 5n, 6n),
    syncLog(a, FIRST, 1n, 2n),
    syncLog(a, SECOND, 7n, 8n),
    syncLog(a, addressOf(99), 1n, 1n),
  ]);
  expect(result).toEqual({ ok: true, changed: [SECOND, FIRST], contradictions: [] });
  expect(market.stateOf(FIRST)).toEqual(v2State(1n, 2n));
  expect(market.stateOf(SECOND)).toEqual(v2State(7n, 8n));
  expect(market.head).toBe(a);
});

test("what is no next block is refused with its reason and changes nothing", () => {
  const market = loaded();
  expect(createMarket({ journalDepth: 4 }).commit(a, [])).toEqual({ ok: false, reason: "gap" });
  market.commit(a, [syncLog(a, FIRST, 1n, 2n)]);
  market.commit(b, []);
  const before = picture(market);
  const otherParent = { ...blockOn(b, "c"), parentHash: genesis.hash };
  const cases: [BlockHeader, string][] = [
    [b, "duplicate"],
    [a, "duplicate"],
    [blockOn(genesis, "other a"), "behind"],
    [blockOn(a, "other b"), "behind"],
    [blockOn(blockOn(b, "c"), "d"), "gap"],
    [otherParent, "fork"],
  ];
  for (const [block, reason] of cases)
    expect(market.commit(block, [syncLog(block, FIRST, 9n, 9n)])).toEqual({ ok: false, reason });
  expect(picture(market)).toEqual(before);
});

test("only the head can be undone, and undoing twice is harmless", () => {
  const market = loaded();
  market.commit(a, [syncLog(a, FIRST, 1n, 2n)]);
  expect(market.revert(genesis)).toEqual({ ok: false, reason: "not_head" });
  expect(market.revert(a)).toEqual({ ok: true, changed: [FIRST] });
  expect(market.stateOf(FIRST)).toBe(START);
  expect(market.head).toBe(genesis);
  expect(market.revert(a)).toEqual({ ok: false, reason: "not_head" });
  expect(market.revert(genesis)).toEqual({ ok: false, reason: "too_deep" });
  expect(market.stateOf(FIRST)).toBe(START);
});

test("the journal reaches as deep as it is told, and no deeper", () => {
  const market = loaded(3);
  const chain = [genesis];
  for (let i = 1n; i <= 5n; i++) {
    const block = blockOn(chain.at(-1) ?? genesis, `block ${i}`);
    chain.push(block);
    market.commit(block, [syncLog(block, FIRST, i, i)]);
  }
  for (let i = 5; i > 2; i--) expect(market.revert(chain[i] ?? genesis).ok).toBe(true);
  expect(market.stateOf(FIRST)).toEqual(v2State(2n, 2n));
  expect(market.revert(chain[2] ?? genesis)).toEqual({ ok: false, reason: "too_deep" });
  expect(market.stateOf(FIRST)).toEqual(v2State(2n, 2n));
  expect(market.head).toBe(chain[2]);
});

test("a log that contradicts its pool taints it, keeps the state before it and spares the others", () => {
  const market = loaded();
  const malformed = logOf(a, FIRST, POOL_TOPICS.sync, [1n]);
  const result = market.commit(a, [malformed, syncLog(a, FIRST, 3n, 4n), syncLog(a, SECOND, 5n, 6n)]);
  expect(result).toMatchObject({ ok: true, changed: [SECOND], contradictions: [{ pool: FIRST }] });
  expect(market.isTainted(FIRST)).toBe(true);
  expect(market.isTainted(SECOND)).toBe(false);
  expect(market.stateOf(FIRST)).toBe(START);
});

test("a repair clears taint, and undoing a block below it taints again", () => {
  const market = loaded();
  market.taint(FIRST, "logs missing");
  market.taint(FIRST, "a later reason");
  market.taint(addressOf(99), "not ours");
  expect([...market.tainted]).toEqual([[FIRST, "logs missing"]]);
  market.commit(a, [syncLog(a, FIRST, 1n, 2n)]);
  market.repair(FIRST, v2State(10n, 20n));
  expect(market.isTainted(FIRST)).toBe(false);
  expect(market.stateOf(FIRST)).toEqual(v2State(10n, 20n));
  market.commit(b, []);
  market.revert(b);
  expect(market.isTainted(FIRST)).toBe(false);
  market.revert(a);
  expect(market.isTainted(FIRST)).toBe(true);
});

test("a pool that is initialised has to be read, and is priced from then on", () => {
  const market = loaded();
  const result = market.commit(a, [logOf(a, THIRD, POOL_TOPICS.initialize, [1n << 96n, 0n])]);
  expect(result).toMatchObject({ contradictions: [{ pool: THIRD }] });
  const state: PoolState = {
    kind: "v3",
    feePpm: 500,
    tickSpacing: 10,
    sqrtPriceX96: 1n << 96n,
    tick: 0,
    liquidity: 0n,
    ticks: null,
  };
  market.repair(THIRD, state);
  expect(market.stateOf(THIRD)).toBe(state);
});

test("the next fee of an Algebra pool comes with its block and goes with it; other pools have none", () => {
  const state: PoolState = {
    kind: "algebra",
    feePpm: 100,
    tickSpacing: 60,
    sqrtPriceX96: 1n << 96n,
    tick: 0,
    liquidity: 5n,
    ticks: null,
  };
  const market = createMarket({ journalDepth: 4 });
  market.load(genesis, [
    { pool: poolOf(1), state: START },
    { pool: { ...poolOf(2), kind: "algebra" }, state },
  ]);
  const fees = [FIRST, SECOND, addressOf(99)].map((pool) => ({ pool, feePpm: 250 }));
  expect(market.commit(a, [], fees)).toMatchObject({ ok: true, changed: [SECOND] });
  expect(market.stateOf(SECOND)).toEqual({ ...state, feePpm: 250 });
  expect(market.commit(b, [], fees)).toMatchObject({ ok: true, changed: [] });
  market.revert(b);
  expect(market.revert(a)).toEqual({ ok: true, changed: [SECOND] });
  expect(market.stateOf(SECOND)).toBe(state);
});

test("a load starts afresh: other pools, no journal, no taint", () => {
  const market = loaded();
  market.taint(FIRST, "logs missing");
  market.commit(a, []);
  market.load(b, [{ pool: poolOf(2), state: START }]);
  expect([...market.pools.keys()]).toEqual([SECOND]);
  expect(market.stateOf(FIRST)).toBeNull();
  expect(market.tainted.size).toBe(0);
  expect(market.revert(b)).toEqual({ ok: false, reason: "too_deep" });
});

type Step =
  | { readonly type: "commit"; readonly syncs: readonly (readonly [number, bigint, bigint])[] }
  | { readonly type: "revert" | "repeat" | "revert parent" | "skip" };

const reserve = fc.bigInt({ min: 1n, max: (1n << 112n) - 1n });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant("commit" as const),
    syncs: fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), reserve, reserve), { maxLength: 6 }),
  }),
  fc.record({
    type: fc.constantFrom("revert" as const, "repeat" as const, "revert parent" as const, "skip" as const),
  }),
);

interface Tip {
  readonly block: BlockHeader;
  readonly states: ReadonlyMap<Address, PoolState>;
}

/** Does one step on the market and on the model; returns what the market said, and what it should have. */
function take(
  market: Market,
  chain: Tip[],
  next: Step,
  i: number,
): { readonly said: object; readonly due: object } {
  const [parent, tip] = [chain.at(-2), chain.at(-1)];
  if (tip === undefined) throw new Error("the model lost its genesis");
  if (next.type === "commit") {
    const block = blockOn(tip.block, `block ${i}`);
    const states = new Map(tip.states);
    for (const [n, x, y] of next.syncs) states.set(addressOf(n), v2State(x, y));
    chain.push({ block, states });
    const logs = next.syncs.map(([n, x, y]) => syncLog(block, addressOf(n), x, y));
    const changed = [...new Set(logs.map(({ address }) => address))];
    return { said: market.commit(block, logs), due: { ok: true, changed, contradictions: [] } };
  }
  if (next.type === "revert" && parent !== undefined) {
    chain.pop();
    return { said: { ok: market.revert(tip.block).ok }, due: { ok: true } };
  }
  if (next.type === "revert parent" && parent !== undefined)
    return { said: market.revert(parent.block), due: { ok: false, reason: "not_head" } };
  if (next.type === "skip") {
    const far = blockOn(blockOn(tip.block, `between ${i}`), `far ${i}`);
    return { said: market.commit(far, []), due: { ok: false, reason: "gap" } };
  }
  return { said: market.commit(tip.block, []), due: { ok: false, reason: "duplicate" } };
}

test("any history of blocks, reorgs and repetitions leaves the states of the chain that stands", () => {
  const pools = [1, 2, 3, 4, 5].map((n) => poolOf(n));
  const play = (steps: readonly Step[]) => {
    const market = createMarket({ journalDepth: 1000 });
    market.load(
      genesis,
      pools.map((pool) => ({ pool, state: START })),
    );
    const chain: Tip[] = [{ block: genesis, states: new Map(pools.map(({ address }) => [address, START])) }];
    for (const [i, next] of steps.entries()) {
      const { said, due } = take(market, chain, next, i);
      const states = pools.map(({ address }) => [address, market.stateOf(address)]);
      expect({ said, head: market.head, states }).toEqual({
        said: due,
        head: chain.at(-1)?.block,
        states: [...(chain.at(-1)?.states ?? [])],
      });
    }
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), play), { seed: 0x5eed, numRuns: 200 });
});
