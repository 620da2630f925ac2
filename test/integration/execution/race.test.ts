import { afterAll, beforeAll, expect, test } from "vitest";
import { POLYGON_FEES, effectiveTip, settledFees, type RacePolicy } from "../../../src/chain/fees.ts";
import { newJournal, nextBlock, privateChannel, relayChannel, startRun } from "../../support/executionRun.ts";
import { startExecutionStage, type ExecutionStage } from "../../support/executionStage.ts";

const GWEI = 1_000_000_000n;
const race: RacePolicy = { sharePpm: 300_000n, decayPpm: 500_000n, maxTip: 500n * GWEI };

let stage: ExecutionStage;
beforeAll(async () => {
  stage = await startExecutionStage();
});
afterAll(async () => {
  await stage?.stop();
});

/** What a plan of that age on settled state tips, where others have paid 90 gwei in the last block. */
async function landedTip(place: "private" | "relay", age: number): Promise<bigint> {
  const { devnet } = stage;
  const { bob } = devnet.accounts;
  const journal = newJournal(stage);
  await stage.unbalance();
  const channels = [place === "relay" ? relayChannel(stage) : privateChannel(stage)];
  const run = await startRun(stage, { channels, journal, options: { race } });
  const fees = { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 90n * GWEI };
  for (let i = 0; i < 20; i++) {
    await devnet.transact(bob, { to: bob.address, data: "0x", gas: 21_000n }, fees);
    await nextBlock(stage, run);
  }
  await run.execution.submit(await stage.decide({ age }));
  await nextBlock(stage, run);
  expect(run.fates()).toEqual(["included"]);
  const { transactions, baseFeePerGas } = devnet.head();
  const ours = transactions.find(({ from }) => from === devnet.accounts.operator.address);
  journal.dispose();
  return (ours?.effectiveGasPrice ?? 0n) - baseFeePerGas;
}

test("outside of bundles a plan bids no more than others pay, an old one the least; in bundles it bids as ever", async () => {
  expect(await landedTip("private", 0)).toBe(90n * GWEI);
  expect(await landedTip("private", 40)).toBe(30n * GWEI);
  const usual = settledFees(POLYGON_FEES, 30n * GWEI);
  expect(await landedTip("relay", 0)).toBe(effectiveTip(usual, 30n * GWEI));
});
