import { describe, expect, test } from "vitest";
import { swap } from "../../../src/amm/swap.ts";
import type { PoolState } from "../../../src/amm/poolState.ts";
import { createDecisionHash } from "../../../src/app/decisionHash.ts";
import type { BlockHeader, ChainLog, Hash, PendingTransaction } from "../../../src/chain/types.ts";
import type { Decision, Judged, PredictionDecision, SubmitDecision } from "../../../src/engine/decisions.ts";
import { createEngine, type Engine, type EngineOptions } from "../../../src/engine/engine.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import {
  USDC,
  UNIT,
  WPOL,
  address,
  committed,
  engineOptions,
  header,
  syncLog,
  synced,
  v2Pool,
  v2State,
} from "../../support/marketFixture.ts";
import {
  OPAQUE_ROUTER,
  ROUTER,
  approveInput,
  pendingTransaction,
  swapInput,
} from "../../support/pendingSwaps.ts";

const K = 1_000_000n * UNIT;
const EVEN = v2State(K, K);
/** The router trades in the first; the second is of another exchange. */
const HERE = { ...v2Pool(1, WPOL, USDC), dex: "dex1" };
const THERE = v2Pool(2, WPOL, USDC);

const OPTIONS: EngineOptions = {
  ...engineOptions(UNIT / 100n, 30),
  triggers: { routers: [ROUTER, OPAQUE_ROUTER], ours: [address(0xee)] },
};

const ofType = <T extends Decision["type"]>(decisions: readonly Decision[], type: T) =>
  decisions.filter((decision): decision is Extract<Decision, { type: T }> => decision.type === type);
const submitsOf = (decisions: readonly Decision[]): readonly SubmitDecision[] => ofType(decisions, "submit");
const judgedOf = (decisions: readonly Decision[]): readonly Judged[] =>
  ofType(decisions, "judged").map(({ judged }) => judged);
const predictionsOf = (decisions: readonly Decision[]): readonly PredictionDecision[] =>
  ofType(decisions, "prediction");

/** Loaded at block 1, at the head with block 2, nothing open. */
function start(changes: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({ ...OPTIONS, ...changes });
  engine.step(
    synced(
      header(1),
      [HERE, THERE].map((pool) => ({ pool, state: EVEN })),
    ),
  );
  engine.step(committed(header(2), []));
  return engine;
}

const told = (transaction: PendingTransaction): EngineEvent => ({ type: "pending", time: 0, transaction });
const mined = (block: BlockHeader, transactions: readonly Hash[]): EngineEvent => ({
  type: "mined",
  time: 0,
  block,
  transactions,
});

const sale = (amount: bigint, nonce = 0, changes: Partial<PendingTransaction> = {}): PendingTransaction =>
  pendingTransaction(nonce, {
    input: swapInput({ path: [WPOL, USDC], amountIn: amount * UNIT }),
    ...changes,
  });

function after(state: PoolState, amountIn: bigint): PoolState {
  const result = swap(state, { zeroForOne: true, amountIn });
  if (!result.ok) throw new Error("refused");
  return result.swap.after;
}

function logOf(state: PoolState, block: BlockHeader, transaction: PendingTransaction): ChainLog {
  if (state.kind !== "v2") throw new Error("not a V2 pool");
  const log = syncLog(HERE.address, state.reserve0, state.reserve1, block);
  return { ...log, transactionHash: transaction.hash };
}

describe("behind a swap", () => {
  test("what it opens is priced on the state that it leaves, and sent behind it", () => {
    const transaction = sale(20_000n);
    const decisions = start().step(told(transaction));
    const [submit] = submitsOf(decisions);
    expect(submit?.behind).toEqual([transaction]);
    expect(submit?.plan.trigger).toEqual({ type: "pending", hash: transaction.hash });
    expect(submit?.targetBlock).toBe(3);
    const [opportunity] = submit?.plan.opportunities ?? [];
    const [first, second] = opportunity?.hops ?? [];
    if (first === undefined || second === undefined) throw new Error("no cycle");
    let states = { [HERE.address]: after(EVEN, 20_000n * UNIT), [THERE.address]: EVEN };
    let amount = opportunity?.amountIn ?? 0n;
    for (const { pool, zeroForOne } of [first, second]) {
      const state = states[pool];
      const result = state && swap(state, { zeroForOne, amountIn: amount });
      if (!result?.ok) throw new Error("refused");
      amount = result.swap.amountOut;
      states = { ...states, [pool]: result.swap.after };
    }
    expect(amount - (opportunity?.amountIn ?? 0n)).toBe(opportunity?.profit);
    expect(judgedOf(decisions).map(({ code }) => code)).toEqual(["submitted"]);
    expect(submit?.opportunityIds).toEqual(judgedOf(decisions).map(({ id }) => id));
    expect(ofType(decisions, "judged")[0]?.trigger).toEqual(submit?.plan.trigger);
  });

  test("the market itself is left as it is", () => {
    const engine = start();
    engine.step(told(sale(20_000n)));
    expect(engine.market.stateOf(HERE.address)).toEqual(EVEN);
    // And so is what the search knows: the next block finds nothing that pays.
    expect(submitsOf(engine.step(committed(header(3), [])))).toEqual([]);
  });

  test.each([
    ["it reverts", sale(20_000n, 0, { input: swapInput({ path: [WPOL, USDC], amountIn: UNIT, least: K }) })],
    [
      "its tokens may take a fee",
      sale(0n, 0, {
        input: swapInput({ path: [WPOL, USDC], amountIn: 20_000n * UNIT, feeOnTransfer: true }),
      }),
    ],
    ["it cannot pay the next block's base fee", sale(20_000n, 0, { maxFeePerGas: 31_000_000_000n })],
    ["its signature is not known, so that no bundle can hold it", sale(20_000n, 0, { signed: null })],
    ["it moves next to nothing", sale(1n)],
    ["it is sent to a contract of ours", sale(20_000n, 0, { to: address(0xee) })],
    ["it is for nobody that we know", sale(20_000n, 0, { to: address(0xbb) })],
  ])("nothing is sent when %s", (_, transaction) => {
    expect(submitsOf(start().step(told(transaction)))).toEqual([]);
  });

  test("observe notes what it would do", () => {
    const decisions = start({ submits: false }).step(told(sale(20_000n)));
    expect(submitsOf(decisions)).toEqual([]);
    expect(judgedOf(decisions).map(({ code }) => code)).toEqual(["observe"]);
  });

  test("off means off", () => {
    expect(start({ backruns: null }).step(told(sale(20_000n)))).toEqual([]);
  });

  test("a settled cycle that the swap leaves alone shares the plan", () => {
    const [low, high] = [v2Pool(3, WPOL, address(0x77)), v2Pool(4, WPOL, address(0x77))];
    const engine = createEngine(OPTIONS);
    const block = header(2);
    engine.step(
      synced(
        header(1),
        [HERE, THERE, low, high].map((pool) => ({ pool, state: EVEN })),
      ),
    );
    const settled = submitsOf(
      engine.step(committed(block, [syncLog(high.address, K, (K * 104n) / 100n, block)])),
    );
    expect(settled).toHaveLength(1);
    const [submit] = submitsOf(engine.step(told(sale(20_000n))));
    const pools = submit?.plan.opportunities.map(({ hops }) => hops.map(({ pool }) => pool).toSorted());
    expect(pools).toHaveLength(2);
    expect(pools).toContainEqual([low.address, high.address]);
    expect(pools).toContainEqual([HERE.address, THERE.address]);
  });
});

describe("one sender's nonces", () => {
  const later = sale(20_000n, 1);

  test("an earlier swap is carried along, and its effect counted", () => {
    const engine = start();
    const earlier = sale(10_000n, 0);
    engine.step(told(earlier));
    const [submit] = submitsOf(engine.step(told(later)));
    expect(submit?.behind).toEqual([earlier, later]);
    const alone = submitsOf(start().step(told(sale(30_000n))))[0];
    // Two swaps of 10,000 and 20,000 move a pool a little less than one of 30,000: the fee stays in it.
    const gap = (alone?.net ?? 0n) - (submit?.net ?? 0n);
    expect(gap < 0n ? -gap : gap).toBeLessThan((alone?.net ?? 0n) / 100n);
  });

  test("an allowance before it is carried along", () => {
    const engine = start();
    const approval = pendingTransaction(0, { to: WPOL, input: approveInput });
    engine.step(told(approval));
    expect(submitsOf(engine.step(told(later)))[0]?.behind).toEqual([approval, later]);
  });

  test("behind something that cannot be read nothing is sent", () => {
    const engine = start();
    engine.step(told(pendingTransaction(0, { to: address(0xbb), input: "0x12345678" })));
    expect(submitsOf(engine.step(told(later)))).toEqual([]);
  });

  test("behind an earlier one that fails nothing is sent", () => {
    const engine = start();
    engine.step(told(sale(1n, 0, { input: swapInput({ path: [WPOL, USDC], amountIn: UNIT, least: K }) })));
    expect(submitsOf(engine.step(told(later)))).toEqual([]);
  });
});

describe("several of them", () => {
  const other = address(0xf2);

  test("a better one follows, a worse one does not", () => {
    const engine = start();
    expect(submitsOf(engine.step(told(sale(20_000n))))).toHaveLength(1);
    const worse = engine.step(told(sale(10_000n, 0, { from: other })));
    expect(submitsOf(worse)).toEqual([]);
    expect(judgedOf(worse).map(({ code }) => code)).toEqual(["not_better"]);
    expect(submitsOf(engine.step(told(sale(40_000n, 1, { from: address(0xf3) }))))).toHaveLength(1);
  });

  test("a single transaction with the trigger's fees is not followed by another", () => {
    const engine = start({ backruns: { way: "tail", minConfidenceFloat: 0 } });
    const [submit] = submitsOf(engine.step(told(sale(20_000n))));
    // The trigger bids 40 gwei on top of the base fee, we pay the same.
    const gas = 100_000n + 10_000n + 2n * 80_000n;
    expect(submit?.gasCost).toBe(gas * (31_500_000_000n + 40_000_000_000n));
    const next = engine.step(told(sale(40_000n, 0, { from: other })));
    expect(judgedOf(next).map(({ code }) => code)).toEqual(["in_flight"]);
  });

  test("those that still wait are looked at again on the state of the next block", () => {
    const engine = start();
    const waiting = sale(20_000n);
    engine.step(told(waiting));
    engine.step(committed(header(3), []));
    const [submit] = submitsOf(engine.step(mined(header(3), [])));
    expect(submit?.behind).toEqual([waiting]);
    expect(submit?.targetBlock).toBe(4);
    engine.step(committed(header(4), []));
    expect(submitsOf(engine.step(mined(header(4), [waiting.hash])))).toEqual([]);
  });

  test("one whose nonce was spent by another is forgotten", () => {
    const engine = start();
    const [first, replacement] = [sale(20_000n, 5), sale(1n, 5, { hash: sale(0n, 9).hash })];
    engine.step(told(first));
    engine.step(told(replacement));
    engine.step(committed(header(3), []));
    expect(submitsOf(engine.step(mined(header(3), [])))).toEqual([]);
  });
});

describe("predictions are checked when they are mined", () => {
  const block = header(3);
  const transaction = sale(20_000n);
  const learnt = (log: ChainLog | null, hashes: readonly Hash[] = [transaction.hash]) => {
    const engine = start();
    engine.step(told(transaction));
    engine.step(committed(block, log === null ? [] : [log]));
    return { engine, predictions: predictionsOf(engine.step(mined(block, hashes))) };
  };

  test("exact", () => {
    const { predictions } = learnt(logOf(after(EVEN, 20_000n * UNIT), block, transaction));
    expect(predictions).toMatchObject([
      { verdict: "exact", contract: "router", functionName: "swapExactTokensForTokens", detail: "" },
    ]);
  });

  test("off, and too often: nothing is sent on it any more", () => {
    const { engine, predictions } = learnt(logOf(after(EVEN, 20_001n * UNIT), block, transaction));
    expect(predictions).toMatchObject([{ verdict: "off", detail: HERE.address }]);
    for (let number = 4; number < 8; number++) {
      const next = header(number);
      const swapped = sale(20_000n, number);
      engine.step(told(swapped));
      engine.step(committed(next, [logOf(after(EVEN, 20_001n * UNIT), next, swapped)]));
      engine.step(mined(next, [swapped.hash]));
    }
    const decisions = engine.step(told(sale(100_000n, 20)));
    expect(judgedOf(decisions).map(({ code }) => code)).toContain("trigger_uncertain");
    expect(submitsOf(decisions)).toEqual([]);
  });

  test("failed: it moved nothing, and was to", () => {
    expect(learnt(null).predictions).toMatchObject([{ verdict: "failed" }]);
  });

  test("judged by the state that it met, not by the one at its sight", () => {
    const engine = start();
    engine.step(told(transaction));
    const somebody = sale(5_000n, 0, { from: address(0xf9) });
    const between = after(EVEN, 5_000n * UNIT);
    const logs = [logOf(between, block, somebody), logOf(after(between, 20_000n * UNIT), block, transaction)];
    engine.step(committed(block, logs));
    expect(predictionsOf(engine.step(mined(block, [somebody.hash, transaction.hash])))).toMatchObject([
      { verdict: "exact", transactionHash: transaction.hash },
    ]);
  });

  test("one that reverts as predicted", () => {
    const engine = start();
    const bound = sale(0n, 0, { input: swapInput({ path: [WPOL, USDC], amountIn: UNIT, least: K }) });
    engine.step(told(bound));
    engine.step(committed(block, []));
    expect(predictionsOf(engine.step(mined(block, [bound.hash])))).toMatchObject([{ verdict: "reverted" }]);
  });

  test("a block that is no longer the head says nothing", () => {
    const engine = start();
    engine.step(told(transaction));
    engine.step(committed(block, []));
    engine.step(committed(header(4), []));
    expect(engine.step(mined(block, [transaction.hash]))).toEqual([]);
  });
});

describe("what cannot be read", () => {
  const block = header(2);
  const opaque = pendingTransaction(0, { to: OPAQUE_ROUTER.address, input: "0xabcdef01" });
  const foreseen = (parent: BlockHeader, logs: readonly ChainLog[] | null): EngineEvent => ({
    type: "foreseen",
    time: 0,
    hash: opaque.hash,
    parent,
    logs,
  });
  const log = logOf(after(EVEN, 20_000n * UNIT), block, opaque);

  test("is simulated, and traded behind by what the simulation says", () => {
    const engine = start();
    expect(engine.step(told(opaque))).toMatchObject([{ type: "foresee", parent: { number: 2 } }]);
    expect(submitsOf(engine.step(foreseen(block, [log])))[0]?.behind).toEqual([opaque]);
  });

  test("nothing is sent on a simulation that failed, or stands on another block", () => {
    const engine = start();
    engine.step(told(opaque));
    expect(engine.step(foreseen(block, null))).toEqual([]);
    expect(engine.step(foreseen(header(1), [log]))).toEqual([]);
  });

  test("is simulated anew on the next block while it waits", () => {
    const engine = start();
    engine.step(told(opaque));
    engine.step(foreseen(block, [log]));
    engine.step(committed(header(3), []));
    expect(engine.step(mined(header(3), []))).toMatchObject([{ type: "foresee", parent: { number: 3 } }]);
  });

  test("its simulation is checked as well", () => {
    const engine = start();
    engine.step(told(opaque));
    engine.step(foreseen(block, [log]));
    const next = header(3);
    engine.step(committed(next, [logOf(after(EVEN, 20_000n * UNIT), next, opaque)]));
    expect(predictionsOf(engine.step(mined(next, [opaque.hash])))).toMatchObject([
      { verdict: "exact", contract: "aggregator", functionName: "0xabcdef01" },
    ]);
  });

  test("a contract that was seen to move a pool is looked at from then on", () => {
    const engine = start();
    const stranger = address(0xcc);
    const [first, second] = [0, 1].map((nonce) =>
      pendingTransaction(nonce, { to: stranger, input: "0x99999999" }),
    );
    if (first === undefined || second === undefined) throw new Error("two were made");
    expect(engine.step(told(first))).toEqual([]);
    const next = header(3);
    engine.step(committed(next, [logOf(after(EVEN, UNIT), next, first)]));
    engine.step(mined(next, [first.hash]));
    expect(engine.step(told(second))).toMatchObject([{ type: "foresee" }]);
  });
});

test("the same events give the same decisions", () => {
  const block = header(3);
  const events: readonly EngineEvent[] = [
    told(sale(20_000n)),
    told(sale(30_000n, 0, { from: address(0xf2) })),
    told(pendingTransaction(0, { from: address(0xf3), to: OPAQUE_ROUTER.address, input: "0xabcdef01" })),
    committed(block, [logOf(after(EVEN, 20_000n * UNIT), block, sale(20_000n))]),
    mined(block, [sale(20_000n).hash]),
    told(sale(5_000n, 1)),
  ];
  const digest = (): string => {
    const engine = start();
    const decisionHash = createDecisionHash();
    for (const event of events) decisionHash.add(engine.step(event));
    return decisionHash.digest();
  };
  expect(digest()).toBe(digest());
});
