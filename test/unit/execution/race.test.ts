import { parseTransaction } from "viem";
import { expect, test } from "vitest";
import { settledFees, POLYGON_FEES, type RacePolicy } from "../../../src/chain/fees.ts";
import { parseRecentTip } from "../../../src/execution/chainAnswers.ts";
import { fakeChannel, headerOf, startFakes } from "../../support/executionFakes.ts";
import { decisionOf, hashOf } from "../../support/executionPlan.ts";

const GWEI = 1_000_000_000n;
const race: RacePolicy = { sharePpm: 300_000n, decayPpm: 500_000n, maxTip: 500n * GWEI };

/** The tip of a plan of that age, decided on the second head that the execution hears of. */
async function tipOf(atomic: boolean, age = 0): Promise<bigint> {
  const channel = fakeChannel(atomic);
  const parent = { number: 101, hash: hashOf(101) };
  const decision = decisionOf({ parent, age, net: 2n * 10n ** 17n });
  const run = await startFakes(decision, [channel], { options: { race } });
  run.execution.onBlock(headerOf(101));
  await run.execution.idle();
  await run.execution.submit(decision);
  return parseTransaction(channel.sent[0]?.transactions[0] ?? "0x02").maxPriorityFeePerGas ?? 0n;
}

test("outside of bundles a plan bids what others paid lately at most, less with its age; in bundles as usual", async () => {
  // The fakes' fee history says 100 gwei.
  expect(await tipOf(false)).toBe(100n * GWEI);
  const [young, old] = [await tipOf(false, 1), await tipOf(false, 2)];
  expect(young).toBeGreaterThanOrEqual(old);
  expect(await tipOf(false, 60)).toBe(30n * GWEI);
  expect(await tipOf(true)).toBe(settledFees(POLYGON_FEES, 1n).maxPriorityFeePerGas);
});

test("the history is asked for once a block, and only where races are run", async () => {
  const decision = decisionOf();
  for (const [policy, times] of [
    [race, 2],
    [null, 0],
  ] as const) {
    const run = await startFakes(decision, [fakeChannel(false)], { options: { race: policy } });
    run.execution.onBlock(headerOf(101));
    await run.execution.idle();
    expect(run.chain.asked.filter((method) => method === "eth_feeHistory")).toHaveLength(times);
  }
});

const history = (...tips: bigint[]) => ({
  oldestBlock: "0x1",
  reward: tips.map((tip) => [`0x${tip.toString(16)}`]),
});

test("of the blocks that had transactions the median counts", () => {
  expect(parseRecentTip(history(0n, 30n, 5000n, 40n, 0n))).toBe(40n);
  expect(parseRecentTip(history(30n, 40n))).toBe(40n);
  expect(parseRecentTip(history(0n))).toBeNull();
  for (const bad of [null, {}, { reward: [["x"]] }, { reward: [[]] }])
    expect(() => parseRecentTip(bad)).toThrow(/invalid|too_small/);
});
