import { describe, expect, test } from "vitest";
import type { Decision } from "../../../src/engine/decisions.ts";
import type { EngineEvent, Fate } from "../../../src/engine/events.ts";
import { swap } from "../../../src/amm/swap.ts";
import { createEngine } from "../../../src/engine/engine.ts";
import {
  K,
  EVEN,
  HERE,
  THERE,
  OPTIONS,
  ofType,
  submitsOf,
  judgedOf,
  start,
  told,
  mined,
  sale,
  after,
} from "../../support/backrunStage.ts";
import {
  USDC,
  UNIT,
  WPOL,
  address,
  committed,
  header,
  syncLog,
  synced,
  v2Pool,
} from "../../support/marketFixture.ts";
import { approveInput, pendingTransaction, swapInput } from "../../support/pendingSwaps.ts";

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

const askFurther = (decisions: readonly Decision[]): EngineEvent => {
  const [decision] = ofType(decisions, "further");
  if (decision === undefined) throw new Error("nothing more is asked for");
  return { ...decision, time: 0 };
};
const cyclesOf = (decisions: readonly Decision[]) => submitsOf(decisions)[0]?.plan.opportunities.length;

describe("first the best cycle, then the rest", () => {
  /** The swap opens two cycles: behind the first, the second still pays. */
  const ELSEWHERE = v2Pool(3, WPOL, USDC);
  function startWide(changes: Parameters<typeof start>[0] = {}) {
    const engine = createEngine({ ...OPTIONS, ...changes });
    const pools = [HERE, THERE, ELSEWHERE].map((pool) => ({ pool, state: EVEN }));
    engine.step(synced(header(1), pools));
    engine.step(committed(header(2), []));
    return engine;
  }
  const trigger = sale(20_000n);

  test("one goes out at once; what joins it makes a better plan with a name of its own", () => {
    const engine = startWide();
    const first = engine.step(told(trigger));
    expect(cyclesOf(first)).toBe(1);
    expect(ofType(first, "further")).toEqual([
      { type: "further", hash: trigger.hash, parent: { number: 2, hash: header(2).hash } },
    ]);
    const second = engine.step(askFurther(first));
    expect(cyclesOf(second)).toBeGreaterThan(1);
    const [[before], [behind]] = [submitsOf(first), submitsOf(second)];
    expect(behind?.plan.opportunities[0]).toEqual(before?.plan.opportunities[0]);
    expect(behind?.net).toBeGreaterThan((before?.net ?? 0n) + OPTIONS.gates.minNet);
    expect(behind?.intentId).toBe(`${before?.intentId}-further`);
    expect(behind?.behind).toEqual([trigger]);
    const ids = judgedOf(second).map(({ id }) => id);
    expect(behind?.opportunityIds).toEqual(ids);
    expect(judgedOf(first).some(({ id }) => ids.includes(id))).toBe(false);
    // The very plan that is made at once where nothing goes out.
    const [whole] = judgedOf(startWide({ submits: false }).step(told(trigger))).map(({ numbers }) => numbers);
    expect(judgedOf(second)[0]?.numbers).toEqual(whole);
  });

  test("only what brings more takes the place of what is under way", () => {
    const engine = start();
    const first = engine.step(told(trigger));
    expect(submitsOf(first)).toHaveLength(1);
    expect(engine.step(askFurther(first))).toEqual([]);
    // Nor does the same plan once more.
    const wide = startWide();
    const event = askFurther(wide.step(told(trigger)));
    expect([wide.step(event), wide.step(event)].map(({ length }) => length > 0)).toEqual([true, false]);
    // Nor anything, when another has the trigger's nonce.
    const replaced = startWide();
    const asked = askFurther(replaced.step(told(trigger)));
    replaced.step(told(sale(1n, 0, { hash: sale(0n, 9).hash })));
    expect(replaced.step(asked)).toEqual([]);
  });

  test("it is held against the first plan alone, however little its kind is believed", () => {
    const engine = startWide({ backruns: { way: "bundle", minConfidenceFloat: 0 } });
    const other = sale(20_000n, 0, { from: address(0xf2) });
    // Predictions of this kind have failed: confidence is below one.
    engine.step(told(other));
    engine.step(committed(header(3), []));
    engine.step(mined(header(3), [other.hash]));
    const first = engine.step(told(sale(20_000n, 1)));
    expect(submitsOf(first)).toHaveLength(1);
    expect(cyclesOf(engine.step(askFurther(first)))).toBeGreaterThan(1);
  });

  test("nor the place of a better plan behind another transaction that came in between", () => {
    const engine = startWide();
    const event = askFurther(engine.step(told(trigger)));
    expect(submitsOf(engine.step(told(sale(40_000n, 0, { from: address(0xf2) }))))).toHaveLength(1);
    expect(engine.step(event)).toEqual([]);
  });

  test("what is not better alone than a plan under way may be so whole", () => {
    const engine = startWide();
    const rival = submitsOf(engine.step(told(sale(20_000n, 0, { from: address(0xf2) }))))[0];
    const first = engine.step(told(sale(20_100n, 0)));
    expect(judgedOf(first)[0]?.code).toBe("not_better");
    expect(submitsOf(first)).toEqual([]);
    const second = submitsOf(engine.step(askFurther(first)))[0];
    expect(second?.net).toBeGreaterThan((rival?.net ?? 0n) + OPTIONS.gates.minNet);
  });

  test("not when the first one's simulation failed, or there is a new block", () => {
    for (const spoil of [
      (intentId: string): EngineEvent => refused(intentId, "simulation_reverted: K", "unknown"),
      (): EngineEvent => committed(header(3), []),
    ]) {
      const engine = startWide();
      const first = engine.step(told(trigger));
      engine.step(spoil(submitsOf(first)[0]?.intentId ?? ""));
      expect(engine.step(askFurther(first))).toEqual([]);
    }
  });

  test("a tail, which is sent once, and a full plan are whole at once", () => {
    const tail = startWide({ backruns: { way: "tail", minConfidenceFloat: 0 } }).step(told(trigger));
    expect(cyclesOf(tail)).toBeGreaterThan(1);
    expect(ofType(tail, "further")).toEqual([]);
    const full = startWide({ maxCyclesPerPlan: 1 }).step(told(trigger));
    expect(cyclesOf(full)).toBe(1);
    expect(ofType(full, "further")).toEqual([]);
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

  test("behind a sender's cheaper one a single transaction pays no more than that, and counts on it", () => {
    const engine = start({ backruns: { way: "tail", minConfidenceFloat: 0 } });
    const cheap = { to: WPOL, input: approveInput, maxPriorityFeePerGas: 33_000_000_000n };
    engine.step(told(pendingTransaction(0, cheap)));
    const [submit] = submitsOf(engine.step(told(sale(20_000n, 1))));
    expect(submit?.behind).toHaveLength(2);
    expect(submit?.gasCost).toBe((100_000n + 10_000n + 2n * 80_000n) * (31_500_000_000n + 33_000_000_000n));
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

const refused = (intentId: string, reason: string, fate: Fate = "rejected"): EngineEvent => ({
  type: "outcome",
  time: 0,
  intentId,
  fate,
  reason,
  block: null,
  transactionHash: null,
});

describe("a plan that fails in simulation", () => {
  test("is tried again on the next blocks, three times in all, and its cycles are not blamed", () => {
    const engine = start();
    const trigger = sale(20_000n);
    let [submit] = submitsOf(engine.step(told(trigger)));
    for (let number = 3; number < 6; number++) {
      expect(engine.step(refused(submit?.intentId ?? "", "trigger_reverts: 0x"))).toEqual([]);
      engine.step(committed(header(number), []));
      [submit] = submitsOf(engine.step(mined(header(number), [])));
      expect(submit?.behind).toEqual(number < 5 ? [trigger] : undefined);
    }
    // The same cycle pays behind another one.
    expect(submitsOf(engine.step(told(sale(20_000n, 0, { from: address(0xf2) }))))).toHaveLength(1);
  });
});
