import { describe, expect, test } from "vitest";
import { createDecisionHash } from "../../../src/app/decisionHash.ts";
import type { Address, BlockHeader, ChainLog, Hash } from "../../../src/chain/types.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import {
  K,
  EVEN,
  HERE,
  submitsOf,
  judgedOf,
  predictionsOf,
  start,
  told,
  mined,
  sale,
  after,
  logOf,
} from "../../support/backrunStage.ts";
import { USDC, UNIT, WPOL, address, committed, hash, header } from "../../support/marketFixture.ts";
import { OPAQUE_ROUTER, pendingTransaction, swapInput } from "../../support/pendingSwaps.ts";

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

  test("nothing is sent when another has taken its nonce before the simulation's answer", () => {
    const engine = start();
    engine.step(told(opaque));
    engine.step(told({ ...opaque, hash: hash(77), value: 1n }));
    expect(submitsOf(engine.step(foreseen(block, [log])))).toEqual([]);
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

  test("of such contracts those are forgotten first that moved nothing for the longest time", () => {
    const engine = start();
    const [busy, idle] = [address(0xcc), address(0xcd)];
    let number = 2;
    const moves = (contracts: readonly Address[]) => {
      const next = header(++number);
      const logs = contracts.map((to, i) => {
        const call = pendingTransaction(number, { from: address(0x5000 + i), to, input: "0x99999999" });
        engine.step(told(call));
        return logOf(after(EVEN, UNIT), next, call);
      });
      engine.step(committed(next, logs));
    };
    const isLookedAt = (to: Address) => {
      const call = pendingTransaction(0, {
        from: to,
        hash: hash(Number(BigInt(to))),
        to,
        input: "0x99999999",
      });
      return engine.step(told(call)).length > 0;
    };
    moves([busy, idle]);
    moves(Array.from({ length: 4094 }, (_, i) => address(0x10_000 + i)));
    moves([busy]);
    moves([address(0x20_000)]);
    expect([busy, idle, address(0x20_000)].map(isLookedAt)).toEqual([true, false, true]);
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
