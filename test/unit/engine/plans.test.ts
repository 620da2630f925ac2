import { expect, test } from "vitest";
import { swap } from "../../../src/amm/swap.ts";
import { createDecisionHash } from "../../../src/app/decisionHash.ts";
import type { Pool } from "../../../src/chain/types.ts";
import type { Decision, Judged, SubmitDecision } from "../../../src/engine/decisions.ts";
import { createEngine, type Engine, type EngineOptions } from "../../../src/engine/engine.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { createOverlay } from "../../../src/market/overlay.ts";
import {
  USDC,
  UNIT,
  WPOL,
  address,
  committed,
  engineOptions,
  hash,
  header,
  syncLog,
  synced,
  v2Pool,
  v2State,
} from "../../support/marketFixture.ts";
import { integer, randomPools, seeded } from "../../support/searchMarkets.ts";

const OPTIONS = engineOptions(UNIT / 100n, 30);

const K = 1_000_000n * UNIT;
const even = v2State(K, K);

const submitsOf = (decisions: readonly Decision[]): SubmitDecision[] =>
  decisions.filter((decision) => decision.type === "submit");
const judgedOf = (decisions: readonly Decision[]): Judged[] =>
  decisions.flatMap((decision) => (decision.type === "judged" ? [decision.judged] : []));

function start(pools: readonly Pool[], options: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({ ...OPTIONS, ...options });
  engine.step(
    synced(
      header(1),
      pools.map((pool) => ({ pool, state: even })),
    ),
  );
  return engine;
}

test("what pays only behind another cycle of the plan is in it, judged and recorded like the others", () => {
  const [cheap, asCheap, dear] = [v2Pool(1, WPOL, USDC), v2Pool(2, WPOL, USDC), v2Pool(3, WPOL, USDC)];
  const block = header(2);
  const decisions = start([cheap, asCheap, dear]).step(
    committed(block, [syncLog(dear.address, K, (K * 104n) / 100n, block)]),
  );
  const [submit] = submitsOf(decisions);
  const pairs = submit?.plan.opportunities.map(({ hops }) => hops.map(({ pool }) => pool));
  // Of two that are alike one is first: it is lifted, of which the third then profits against the other.
  expect(pairs?.slice(0, 2).toSorted()).toEqual([
    [dear.address, cheap.address],
    [dear.address, asCheap.address],
  ]);
  expect(pairs?.[2]?.toSorted()).toEqual([cheap.address, asCheap.address]);
  const sent = judgedOf(decisions).filter(({ code }) => code === "submitted");
  expect(sent.map(({ id }) => id).toSorted()).toEqual(submit?.opportunityIds.toSorted());
  expect(new Set(submit?.opportunityIds).size).toBe(submit?.plan.opportunities.length);
  // Recorded as it is sent, and with the gas that it has to earn: the first one carries the transaction.
  for (const opportunity of submit?.plan.opportunities ?? [])
    expect(sent.map((judged) => judged.opportunity)).toContain(opportunity);
  const nets = sent.map(({ numbers }) => numbers.net ?? 0n);
  expect(nets.reduce((sum, net) => sum + net, 0n)).toBe(submit?.net);
});

/** The logs of a plan that was carried out, and nothing else happened. */
function carriedOut(engine: Engine, submits: readonly SubmitDecision[], number: number) {
  const block = header(number);
  const overlay = createOverlay(engine.market);
  for (const { plan } of submits)
    for (const { hops } of plan.opportunities)
      for (const { pool, zeroForOne, amountIn } of hops) {
        const state = overlay.stateOf(pool);
        const result = state && swap(state, { zeroForOne, amountIn });
        if (!result?.ok) throw new Error(`${pool} refused`);
        overlay.set(pool, result.swap.after);
      }
  const logs = overlay.changed.flatMap((pool) => {
    const state = overlay.stateOf(pool);
    return state?.kind === "v2" ? [syncLog(pool, state.reserve0, state.reserve1, block)] : [];
  });
  return committed(block, logs);
}

test("what a full list leaves out is sent with the blocks that follow", () => {
  // Forty pairs of pools, each with a gap of its own.
  const pools = Array.from({ length: 80 }, (_, i) => v2Pool(i + 1, WPOL, address(0x100 + (i >> 1))));
  const engine = start(pools);
  const block = header(2);
  const logs = pools
    .filter((_, i) => i % 2 === 1)
    .map((pool, i) => syncLog(pool.address, K, (K * BigInt(1020 + (i % 7))) / 1000n, block));
  const taken: string[] = [];
  const profits: bigint[] = [];
  let event = committed(block, logs);
  for (let number = 3; number <= 13; number++) {
    const submits = submitsOf(engine.step(event));
    for (const { plan } of submits) {
      taken.push(...plan.opportunities.map(({ cycle }) => cycle.id));
      profits.push(...plan.opportunities.map(({ profit }) => profit));
    }
    event = carriedOut(engine, submits, number);
  }
  expect(taken).toHaveLength(40);
  expect(new Set(taken).size).toBe(40);
  // And in the order of their worth.
  expect(profits).toEqual(profits.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
});

test("many that may not be sent do not keep those from a plan that may", () => {
  // Every pair has a gap, and the forty widest of them are not believed at rest.
  const pools = Array.from({ length: 90 }, (_, i) => v2Pool(i + 1, WPOL, address(0x100 + (i >> 1))));
  const block = header(2);
  const logs = pools
    .filter((_, i) => i % 2 === 1)
    .map((pool, i) => syncLog(pool.address, K, (K * (i < 40 ? 1200n : 1030n)) / 1000n, block));
  const engine = start(pools);
  const first = submitsOf(engine.step(committed(block, logs)))[0];
  expect(first?.plan.opportunities.map(({ verdict }) => verdict)).toEqual(["suspect:marginal"]);
  const second = submitsOf(engine.step(committed(header(3), [])))[0];
  expect(second?.plan.opportunities.map(({ verdict }) => verdict)).toEqual(["ok", "ok", "ok", "ok"]);
});

test("what the best cycle closes gives its place to what the list had no room for", () => {
  // A small pool that is dear against twenty deep ones, and a thin gap elsewhere that ranks behind all of these.
  const dear = v2Pool(1, WPOL, USDC);
  const deep = Array.from({ length: 20 }, (_, i) => v2Pool(i + 2, WPOL, USDC));
  const [low, high] = [v2Pool(40, WPOL, address(0x100)), v2Pool(41, WPOL, address(0x100))];
  const engine = start([dear, ...deep, low, high]);
  const block = header(2);
  const small = K / 1000n;
  const logs = [
    syncLog(dear.address, small, (small * 104n) / 100n, block),
    syncLog(high.address, small, (small * 103n) / 100n, block),
    syncLog(low.address, small, small, block),
  ];
  const [submit] = submitsOf(engine.step(committed(block, logs)));
  const pools = submit?.plan.opportunities.map(({ hops }) => hops.map(({ pool }) => pool));
  expect(pools).toHaveLength(2);
  expect(pools?.[0]?.[0]).toBe(dear.address);
  expect(pools?.[1]).toEqual([high.address, low.address]);
});

test("what needs a plan of its own does not join one that it is found behind", () => {
  const [cheap, dear, far] = [v2Pool(1, WPOL, USDC), v2Pool(2, WPOL, USDC), v2Pool(3, WPOL, USDC)];
  const engine = start([cheap, dear, far]);
  const block = header(2);
  const logs = [
    syncLog(dear.address, K, (K * 104n) / 100n, block),
    syncLog(far.address, K, (K * 130n) / 100n, block),
  ];
  const alone = submitsOf(engine.step(committed(block, logs)))[0]?.plan.opportunities;
  expect(alone?.map(({ verdict }) => verdict)).toEqual(["suspect:marginal"]);
  const shared = submitsOf(engine.step(committed(header(3), [])))[0]?.plan.opportunities;
  expect(shared?.map(({ hops }) => hops.map(({ pool }) => pool))).toEqual([[dear.address, cheap.address]]);
});

/** Blocks of a random market with reverts, plans carried out, and quiet between. */
function run(expired?: () => boolean): { readonly digest: string; readonly submits: number } {
  const random = seeded(11);
  const pools = randomPools(random, 7, 40);
  const native = address(0xa0);
  const search = { ...OPTIONS.search, bases: [native, address(0xa1)], wrappedNative: native };
  const engine = createEngine({ ...OPTIONS, search });
  const digest = createDecisionHash();
  let submits: SubmitDecision[] = [];
  const step = (event: EngineEvent): void => {
    const decisions = engine.step(event, expired);
    digest.add(decisions);
    submits = submitsOf(decisions);
    count += submits.length;
  };
  let count = 0;
  step(
    synced(
      header(1),
      pools.map((pool) => ({ pool, state: even })),
    ),
  );
  for (let number = 2; number < 60; number++) {
    const block = header(number);
    if (number % 3 === 0) step(carriedOut(engine, submits, number));
    else {
      const logs = Array.from({ length: integer(random, 0, 4) }, () => {
        const pool = pools[integer(random, 0, pools.length - 1)]?.address ?? address(1);
        return syncLog(pool, K, (K * BigInt(integer(random, 960, 1040))) / 1000n, block);
      });
      step(committed(block, logs));
    }
    if (number % 10 === 0) {
      step({ type: "reverted", time: 0, block: { number, hash: header(number).hash } });
      step(committed({ ...header(number), hash: hash(number * 1000) }, []));
    }
  }
  return { digest: digest.digest(), submits: count };
}

test("a run with deadlines that do not strike decides as its replay without them", () => {
  const replayed = run();
  expect(run(() => false)).toEqual(replayed);
  expect(replayed.submits).toBeGreaterThan(20);
});

test("whenever the time runs out there is a plan, and later blocks make up for it", () => {
  const pools = Array.from({ length: 12 }, (_, i) => v2Pool(i + 1, WPOL, address(0x100 + (i >> 2))));
  for (let most = 0; most < 30; most++) {
    const engine = start(pools);
    const block = header(2);
    const logs = pools
      .filter((_, i) => i % 2 === 1)
      .map((pool, i) => syncLog(pool.address, K, (K * BigInt(1020 + i)) / 1000n, block));
    let looks = 0;
    const decisions = engine.step(committed(block, logs), () => ++looks > most);
    expect(submitsOf(decisions)).toHaveLength(1);
    const after = submitsOf(engine.step(committed(header(3), [])))[0];
    expect(after?.plan.opportunities).toHaveLength(4);
  }
});
