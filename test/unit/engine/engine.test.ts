import { expect, test } from "vitest";
import { POLYGON_FEES } from "../../../src/chain/fees.ts";
import type { Decision, Judged, SubmitDecision } from "../../../src/engine/decisions.ts";
import { createEngine, type Engine, type EngineOptions } from "../../../src/engine/engine.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { toJson } from "../../../src/lib/bigint.ts";
import {
  USDC,
  UNIT,
  WETH,
  WPOL,
  committed,
  engineOptions,
  hash,
  header,
  syncLog,
  synced,
  v2Pool,
  v2State,
} from "../../support/marketFixture.ts";

const OPTIONS = engineOptions(UNIT / 1_000_000n, 3);

const CHEAP = v2Pool(1, WPOL, USDC);
const DEAR = v2Pool(2, WPOL, USDC);
const OTHER = v2Pool(3, WPOL, WETH);
const OTHER2 = v2Pool(4, WPOL, WETH);
const K = 1_000_000n * UNIT;
const even = v2State(K, K);

function start(options: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({ ...OPTIONS, ...options });
  const pools = [CHEAP, DEAR, OTHER, OTHER2].map((pool) => ({ pool, state: even }));
  expect(engine.step(synced(header(1), pools))).toEqual([]);
  return engine;
}

/** DEAR gives 3 % more USDC for WPOL than CHEAP. */
const gap = (number: number) => {
  const block = header(number);
  return committed(block, [syncLog(DEAR.address, K, (K * 103n) / 100n, block)]);
};
const quiet = (number: number) => committed(header(number), []);

const submits = (decisions: readonly Decision[]): SubmitDecision[] =>
  decisions.filter((decision) => decision.type === "submit");
const judged = (decisions: readonly Decision[]): Judged[] =>
  decisions.flatMap((decision) => (decision.type === "judged" ? [decision.judged] : []));

test("a settled market gives no decision", () => {
  expect(start().step(quiet(2))).toEqual([]);
});

test("a gap between two pools becomes one plan for the next block, net of gas", () => {
  const decisions = start().step(gap(2));
  const [submit] = submits(decisions);
  expect(submit?.targetBlock).toBe(3);
  expect(submit?.parent).toEqual({ number: 2, hash: header(2).hash });
  expect(submit?.plan.opportunities).toHaveLength(1);
  expect(judged(decisions).map(({ code }) => code)).toEqual(["submitted"]);
  const numbers = judged(decisions)[0]?.numbers;
  expect(numbers?.gas).toBe(270_000n);
  expect(numbers?.gasCost).toBe(270_000n * (31_500_000_000n + 30_000_000_000n));
  expect(numbers?.net).toBe((numbers?.profitNative ?? 0n) - (numbers?.gasCost ?? 0n));
  expect(submit?.net).toBe(numbers?.net);
  expect(submit?.opportunityIds).toEqual(judged(decisions).map(({ id }) => id));
});

test("gas is counted with the tip that will be bid, not with the least one", () => {
  const tip = 400_000_000_000n;
  const decisions = start({ fees: { ...POLYGON_FEES, tip } }).step(gap(2));
  expect(judged(decisions)[0]?.numbers.gasPrice).toBe(31_500_000_000n + tip);
});

test("two gaps that share no pool travel in one plan, two that share one are priced in order", () => {
  const block = header(2);
  const logs = [
    syncLog(DEAR.address, K, (K * 103n) / 100n, block),
    syncLog(OTHER2.address, K, (K * 102n) / 100n, block),
  ];
  const [submit] = submits(start().step(committed(block, logs)));
  expect(submit?.plan.opportunities.map(({ hops }) => hops.length)).toEqual([2, 2]);
});

test("an open gap that was not taken is planned again with the next block", () => {
  const engine = start();
  const first = submits(engine.step(gap(2)))[0];
  const second = submits(engine.step(quiet(3)))[0];
  expect(second?.targetBlock).toBe(4);
  expect(second?.plan.opportunities[0]?.profit).toBe(first?.plan.opportunities[0]?.profit);
});

test("what stood open when the pools were loaded is found however little time the blocks after leave", () => {
  const engine = createEngine(OPTIONS);
  const states = [even, v2State(K, (K * 103n) / 100n)];
  engine.step(
    synced(
      header(1),
      [CHEAP, DEAR].map((pool, i) => ({ pool, state: states[i] ?? null })),
    ),
  );
  expect(submits(engine.step(quiet(2), () => true))).toHaveLength(1);
});

test("a plan of which nobody tells the outcome is not remembered for ever", () => {
  const engine = start({ journalDepth: 4 });
  for (let number = 2; number < 40; number++) engine.step(gap(number));
  expect(engine.status.inFlight).toBeLessThanOrEqual(5);
});

test("what stands open untouched for three blocks is quarantined with the reason", () => {
  const engine = start();
  for (const event of [gap(2), quiet(3), quiet(4)]) expect(submits(engine.step(event))).toHaveLength(1);
  const decisions = engine.step(quiet(5));
  expect(submits(decisions)).toEqual([]);
  expect(decisions).toContainEqual(expect.objectContaining({ type: "quarantine", reason: "standing" }));
  expect(judged(decisions)[0]).toMatchObject({ code: "quarantined", detail: "standing" });
});

/** DEAR 3 % and OTHER2 2 % dearer than their peers: two gaps without a common pool. */
const twoGaps = (number: number, second = 102n) => {
  const block = header(number);
  return committed(block, [
    syncLog(DEAR.address, K, (K * 103n) / 100n, block),
    syncLog(OTHER2.address, K, (K * second) / 100n, block),
  ]);
};

test("what only waits for a place in a plan does not stand unwanted", () => {
  const engine = start({ maxCyclesPerPlan: 1 });
  expect(judged(engine.step(twoGaps(2))).map(({ code }) => code)).toEqual(["submitted", "plan_full"]);
  for (const number of [3, 4]) engine.step(quiet(number));
  const decisions = engine.step(quiet(5));
  expect(judged(decisions).map(({ code }) => code)).toEqual(["quarantined", "submitted"]);
  for (const number of [6, 7]) expect(submits(engine.step(quiet(number)))).toHaveLength(1);
  expect(submits(engine.step(quiet(8)))).toEqual([]);
});

/** Gas so dear that no trade pays for it. */
const dearGas = (number: number) => ({ ...header(number), baseFeePerGas: 10n ** 18n });

test("what gas ate for many blocks is taken when gas is cheap again", () => {
  const engine = start();
  const logs = gap(2).logs;
  const blocks = [2, 3, 4, 5, 6, 7].map((number) =>
    engine.step(committed(dearGas(number), number === 2 ? logs : [])),
  );
  expect(blocks.flatMap(judged).map(({ code }) => code)).toEqual(["gas_over_profit"]);
  expect(submits(engine.step(quiet(8)))).toHaveLength(1);
});

test("a wide margin that nobody can confirm does not keep the others waiting for more than a block", () => {
  const engine = start({ submits: false });
  const firsts = [twoGaps(2, 120n), quiet(3)].map((event) =>
    judged(engine.step(event)).filter(({ code }) => code === "observe"),
  );
  expect(firsts.map(([first]) => first?.opportunity.verdict)).toEqual(["suspect:marginal", "ok"]);
});

test("a plan grows only as far as the cap on a transaction's fee", () => {
  const gwei = 10n ** 9n;
  const block = { ...header(2), baseFeePerGas: 1700n * gwei };
  const { logs } = twoGaps(2);
  const decisions = start().step(committed(block, logs));
  expect(judged(decisions).map(({ code }) => code)).toEqual(["submitted", "plan_full"]);
});

test("what was loaded anew has not stood still, as far as anybody knows", () => {
  const engine = start();
  for (const event of [gap(2), quiet(3), quiet(4)]) engine.step(event);
  const pools = [...engine.market.pools.values()];
  const states = pools.map((pool) => ({ pool, state: engine.market.stateOf(pool.address) }));
  engine.step(synced(header(4), states));
  expect(submits(engine.step(quiet(5)))).toHaveLength(1);
});

test("nothing is decided before the tip, after a gap, or on tainted pools", () => {
  const engine = start();
  expect(submits(engine.step(committed(gap(2).block, gap(2).logs, { atHead: false })))).toEqual([]);
  engine.step({ type: "gap", time: 0, reason: "closed" });
  expect(engine.status.live).toBe(false);
  const tainted = engine.step(committed(header(3), [], { tainted: [DEAR.address] }));
  expect(submits(tainted)).toEqual([]);
  expect(tainted).toContainEqual(expect.objectContaining({ type: "repair", pools: [DEAR.address] }));
  expect(judged(tainted)[0]).toMatchObject({ code: "tainted", detail: DEAR.address });
  const ref = { number: 3, hash: header(3).hash };
  engine.step({
    type: "repaired",
    time: 0,
    block: ref,
    pools: [{ address: DEAR.address, state: v2State(K, (K * 103n) / 100n) }],
  });
  expect(submits(engine.step(quiet(4)))).toHaveLength(1);
});

test("a pool without a price that is read and has none is left alone; one that had a price is read again", () => {
  const NEW = v2Pool(9, WPOL, WETH);
  const engine = createEngine(OPTIONS);
  engine.step(
    synced(
      header(1),
      [CHEAP, DEAR, NEW].map((pool) => ({ pool, state: pool === NEW ? null : even })),
    ),
  );
  engine.step(committed(header(2), [], { tainted: [DEAR.address, NEW.address] }));
  const pools = [DEAR, NEW].map(({ address }) => ({ address, state: null }));
  engine.step({ type: "repaired", time: 0, block: { number: 2, hash: header(2).hash }, pools });
  expect([...engine.market.tainted.keys()]).toEqual([DEAR.address]);
});

test("a profit that gas eats, and one below the minimum, name their gate", () => {
  const block = header(2);
  const thin = committed(block, [syncLog(DEAR.address, K, (K * 10_061n) / 10_000n, block)]);
  expect(judged(start().step(thin))[0]?.code).toBe("gas_over_profit");
  const dear = start({ gates: { ...OPTIONS.gates, minNet: 10n ** 30n } });
  expect(judged(dear.step(gap(2)))[0]?.code).toBe("below_min_profit");
});

test("observe notes what it would have sent, and sends nothing", () => {
  const decisions = start({ submits: false }).step(gap(2));
  expect(submits(decisions)).toEqual([]);
  expect(judged(decisions)[0]?.code).toBe("observe");
});

test("a plan that a simulation refuses is tried no more for a while", () => {
  const engine = start();
  const [submit] = submits(engine.step(gap(2)));
  const outcome: EngineEvent = {
    type: "outcome",
    time: 0,
    intentId: submit?.intentId ?? "",
    fate: "rejected",
    reason: "simulation_reverted",
    block: null,
    transactionHash: null,
  };
  expect(engine.step(outcome)).toEqual([
    expect.objectContaining({ type: "quarantine", reason: "simulation_reverted" }),
  ]);
  const decisions = engine.step(quiet(3));
  expect(submits(decisions)).toEqual([]);
  expect(judged(decisions)[0]).toMatchObject({ code: "quarantined", detail: "simulation_reverted" });
});

test("a margin above 5 % travels alone, for the simulation to believe or not", () => {
  const block = header(2);
  const logs = [
    syncLog(DEAR.address, K, (K * 120n) / 100n, block),
    syncLog(OTHER2.address, K, (K * 102n) / 100n, block),
  ];
  const [submit] = submits(start().step(committed(block, logs)));
  expect(submit?.plan.opportunities).toHaveLength(1);
  expect(submit?.plan.opportunities[0]?.verdict).toBe("suspect:marginal");
});

test("a reverted block takes its gap with it", () => {
  const engine = start();
  expect(submits(engine.step(gap(2)))).toHaveLength(1);
  engine.step({ type: "reverted", time: 0, block: { number: 2, hash: header(2).hash } });
  expect(submits(engine.step(committed(header(2, 5, 0), [])))).toEqual([]);
});

test("a block that does not follow asks for a new start", () => {
  expect(start().step(quiet(5))).toEqual([{ type: "resync", reason: "gap" }]);
  expect(start().step(committed({ ...header(2), parentHash: hash(99) }, []))).toEqual([
    { type: "resync", reason: "fork" },
  ]);
});

const runOnce = (): string => {
  const engine = start();
  return toJson([gap(2), quiet(3), gap(4), quiet(5)].map((event) => engine.step(event)));
};

test("the same events give the same decisions", () => {
  expect(runOnce()).toBe(runOnce());
});
