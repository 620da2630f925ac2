import { expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import {
  after,
  EVEN,
  judgedOf,
  logOf,
  mined,
  predictionsOf,
  sale,
  start,
  submitsOf,
  told,
} from "../../support/backrunStage.ts";
import { address, committed, header, UNIT, USDC, WPOL } from "../../support/marketFixture.ts";
import { swapInput } from "../../support/pendingSwaps.ts";

/** Blocks with a swap each that moves nothing, by strangers; then what is decided behind somebody else's. */
function behindStrangers(count: number, gas: bigint) {
  const engine = start();
  const verdicts: string[] = [];
  for (let i = 0; i < count; i++) {
    const swap = sale(1n, 0, { from: address(0x900 + i), gas });
    const block = header(3 + i);
    engine.step(told(swap));
    engine.step(committed(block, []));
    verdicts.push(...predictionsOf(engine.step(mined(block, [swap.hash]))).map(({ verdict }) => verdict));
  }
  const decisions = engine.step(told(sale(20_000n, 0, { from: address(0xf7) })));
  return { verdicts, sent: submitsOf(decisions).length, codes: judgedOf(decisions).map(({ code }) => code) };
}

test("swaps with too little gas fail as predicted, or say nothing", () => {
  expect(behindStrangers(3, 30_000n)).toMatchObject({
    verdicts: ["reverted", "reverted", "reverted"],
    sent: 1,
  });
  expect(behindStrangers(3, 80_000n)).toMatchObject({ verdicts: [], sent: 1 });
});

test("a few swaps without funds do not switch a function off, many do", () => {
  expect(behindStrangers(3, 300_000n)).toMatchObject({ verdicts: ["failed", "failed", "failed"], sent: 1 });
  const { sent, codes } = behindStrangers(12, 300_000n);
  expect(sent).toBe(0);
  expect(codes).toContain("trigger_uncertain");
});

/** A pair with a little more than it had. */
function given(state: PoolState, more: readonly [bigint, bigint]): PoolState {
  if (state.kind !== "v2") throw new TypeError("not a pair");
  return { ...state, reserve0: state.reserve0 + more[0], reserve1: state.reserve1 + more[1] };
}

test("pairs that strangers give coins before their swaps do not switch a function off", () => {
  const engine = start();
  let pair: PoolState = EVEN;
  const gifts = [
    [1n, 0n],
    [0n, 1n],
    [UNIT, UNIT],
  ] as const;
  const verdicts = gifts.map((gift, i) => {
    const swap = sale(1n, 0, { from: address(0x900 + i) });
    const block = header(3 + i);
    engine.step(told(swap));
    pair = given(after(pair, UNIT), gift);
    engine.step(committed(block, [logOf(pair, block, swap)]));
    return predictionsOf(engine.step(mined(block, [swap.hash]))).map(({ verdict }) => verdict);
  });
  expect(verdicts.flat()).toEqual(["off", "off", "off"]);
  expect(submitsOf(engine.step(told(sale(20_000n, 0, { from: address(0xf7) }))))).toHaveLength(1);
});

test("nor do those whose router pays out what the pair was given", () => {
  const engine = start();
  let pair: PoolState = EVEN;
  for (let i = 0; i < 3; i++) {
    const swap = sale(1n, 0, { from: address(0x900 + i) });
    const block = header(3 + i);
    engine.step(told(swap));
    pair = after(pair, UNIT + 1000n);
    engine.step(committed(block, [logOf(pair, block, swap)]));
    expect(predictionsOf(engine.step(mined(block, [swap.hash])))).toMatchObject([{ verdict: "off" }]);
  }
  expect(submitsOf(engine.step(told(sale(20_000n, 0, { from: address(0xf7) }))))).toHaveLength(1);
});

test("a pair with less in it than foretold counts in full", () => {
  const engine = start();
  let pair: PoolState = EVEN;
  for (let i = 0; i < 3; i++) {
    const swap = sale(1n, 0, { from: address(0x900 + i) });
    const block = header(3 + i);
    engine.step(told(swap));
    pair = given(after(pair, UNIT), [-1n, 0n]);
    engine.step(committed(block, [logOf(pair, block, swap)]));
    engine.step(mined(block, [swap.hash]));
  }
  expect(submitsOf(engine.step(told(sale(20_000n, 0, { from: address(0xf7) }))))).toEqual([]);
});

test("one that goes through although its gas was not to suffice counts against us", () => {
  const engine = start();
  const block = header(3);
  const swap = sale(20_000n, 0, { gas: 30_000n });
  engine.step(told(swap));
  engine.step(committed(block, [logOf(after(EVEN, 20_000n * UNIT), block, swap)]));
  expect(predictionsOf(engine.step(mined(block, [swap.hash])))).toMatchObject([
    { verdict: "off", detail: "went through: out of gas" },
  ]);
});

test("what goes further than is looked at is no occasion to trade, and counted", () => {
  const engine = start();
  const path = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? WPOL : USDC));
  const input = swapInput({ path, amountIn: 20_000n * UNIT });
  expect(engine.step(told(sale(0n, 0, { input, gas: 10_000_000n })))).toEqual([]);
  expect(engine.status.tooFar).toBe(1);
  // It waits, and is looked at again.
  engine.step(committed(header(3), []));
  engine.step(mined(header(3), []));
  expect(engine.status.tooFar).toBe(1);
});
