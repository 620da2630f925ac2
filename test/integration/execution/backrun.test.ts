import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DevBlock } from "../../../devnet/block.ts";
import type { Hash } from "../../../src/chain/types.ts";
import type { SubmitDecision } from "../../../src/engine/decisions.ts";
import type { Channel } from "../../../src/execution/channels/channel.ts";
import type { Journal } from "../../../src/ledger/journal.ts";
import { crashingParts } from "../../support/executionCrash.ts";
import { profitOf } from "../../support/executionParts.ts";
import {
  newJournal,
  nextBlock,
  operatorSigner,
  privateChannel,
  publicChannel,
  relayChannel,
  startRun,
} from "../../support/executionRun.ts";
import { startExecutionStage, type ExecutionStage } from "../../support/executionStage.ts";

const GWEI = 1_000_000_000n;

let stage: ExecutionStage;
let journal: Journal;
beforeAll(async () => {
  stage = await startExecutionStage();
});
afterAll(async () => {
  await stage?.stop();
});
beforeEach(async () => {
  journal = newJournal(stage);
  await stage.devnet.build();
});
afterEach(() => {
  journal.dispose();
});

const operatorNonce = async (): Promise<number> =>
  Number(
    await stage.devnet.rpc("eth_getTransactionCount", [stage.devnet.accounts.operator.address, "latest"]),
  );
const baseOf = ({ plan }: SubmitDecision) => plan.opportunities[0]?.cycle.base ?? "0x";
const gains = async (decision: SubmitDecision): Promise<() => Promise<bigint>> => {
  const before = await stage.balance(baseOf(decision), stage.treasury);
  return async () => (await stage.balance(baseOf(decision), stage.treasury)) - before;
};

/** The operator's transactions of the block, and where each stands behind the given one. */
const placesBehind = ({ transactions }: DevBlock, trigger: Hash | undefined): readonly number[] => {
  const at = transactions.findIndex(({ hash }) => hash === trigger);
  const { operator } = stage.devnet.accounts;
  return transactions.flatMap(({ from }, i) => (from === operator.address ? [i - at] : []));
};

describe("in a bundle", () => {
  test.each([1, 2, 3])(
    "behind %d pending trades of one sender it lands right there, to the wei",
    async (trades) => {
      const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
      const pends = [];
      for (let i = 0; i < trades; i++) pends.push(await stage.pend({ usd: 9000 + 1000 * i }));
      const decision = await stage.decide({}, pends);
      const gained = await gains(decision);
      await run.execution.submit(decision);
      expect(run.outcomes).toEqual([]);
      await nextBlock(stage, run);
      expect(run.outcomes).toMatchObject([{ fate: "included" }]);
      expect(placesBehind(stage.devnet.head(), pends.at(-1)?.transaction.hash)).toEqual([1]);
      expect(await gained()).toBe(profitOf(decision));
      expect(journal.openIntents()).toEqual([]);
    },
  );

  test("the trigger is replaced: ours never lands, and its nonce is free again", async () => {
    const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
    const before = await operatorNonce();
    const pend = await stage.pend();
    await run.execution.submit(await stage.decide({}, [pend]));
    const fees = { maxFeePerGas: 900n * GWEI, maxPriorityFeePerGas: 60n * GWEI };
    const { transaction } = await stage.pend({ usd: -500, nonce: pend.transaction.nonce, fees });
    run.execution.onPending(transaction);
    await run.execution.idle();
    await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: "missed" }]);
    expect(stage.devnet.head().transactions.map(({ hash }) => hash)).toEqual([transaction.hash]);
    expect(await operatorNonce()).toBe(before);
    expect(run.execution.status().nonces).toMatchObject({ next: before, held: [] });
    await run.execution.submit(await stage.decide({ intentId: "next" }, [await stage.pend({ usd: -9000 })]));
    await nextBlock(stage, run);
    expect(run.outcomes.at(-1)).toMatchObject({ intentId: "next", fate: "included" });
  });

  test("the trigger is mined alone before our bundle comes: it misses, and its nonce is free", async () => {
    const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
    const before = await operatorNonce();
    const pend = await stage.pend();
    const decision = await stage.decide({}, [pend]);
    await stage.devnet.build();
    // The head has not come to us yet: the bundle is for a block that is there already.
    await run.execution.submit(decision);
    await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: expect.stringMatching("missed|rejected") }]);
    expect(await operatorNonce()).toBe(before);
    expect(run.execution.status().nonces).toMatchObject({ next: before, held: [] });
  });

  test("a trigger that reverts, or one whose sender has an earlier one, is not followed", async () => {
    const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
    const greedy = await stage.pend({ greedy: true });
    await run.execution.submit(await stage.decide({ intentId: "greedy" }, [greedy]));
    const late = await stage.pend();
    await run.execution.submit(await stage.decide({ intentId: "late" }, [late]));
    expect(run.outcomes.map(({ intentId, reason }) => `${intentId} ${reason.split(":")[0]}`)).toEqual([
      "greedy trigger_reverts",
      "late trigger_nonce",
    ]);
    await stage.devnet.build();
  });

  test("profits that are not what was promised are not sent", async () => {
    const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
    const pend = await stage.pend();
    // Priced without its trigger, or with it twice.
    await run.execution.submit({ ...(await stage.decide({}, [pend, pend])), behind: [pend.transaction] });
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: expect.stringMatching(/^simulation_/) }]);
    await stage.devnet.build();
  });
});

describe("alternates", () => {
  test("of a plan on settled state and a better one behind a trigger exactly one lands", async () => {
    await stage.unbalance();
    const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
    const before = await operatorNonce();
    const settled = await stage.decide({ intentId: "settled" });
    const pend = await stage.pend({ usd: 15_000 });
    const behind = await stage.decide({ intentId: "behind" }, [pend]);
    const gained = await gains(behind);
    await run.execution.submit(settled);
    await run.execution.submit(behind);
    await nextBlock(stage, run);
    await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([
      { intentId: "behind", fate: "included" },
      { intentId: "settled", fate: "replaced", reason: "its alternate behind landed" },
    ]);
    expect(await operatorNonce()).toBe(before + 1);
    expect(await gained()).toBe(profitOf(behind));
    expect(journal.openIntents()).toEqual([]);
  });

  test.each(["signed", "delivered"] as const)(
    "a crash right after the newer one was %s recovers both",
    async (point) => {
      await stage.unbalance();
      const channel: Channel = relayChannel(stage);
      const before = await operatorNonce();
      const first = await startRun(stage, { channels: [channel], journal });
      const settled = await stage.decide({ intentId: "settled" });
      await first.execution.submit(settled);
      const crashing = crashingParts(point, { journal, signer: operatorSigner(stage), channel });
      const second = await startRun(stage, { ...crashing, channels: [crashing.channel] });
      const pend = await stage.pend({ usd: 15_000 });
      const behind = await stage.decide({ intentId: "behind" }, [pend]);
      await second.execution.submit(behind);
      expect(crashing.died()).toBe(true);
      expect(journal.openIntents().map(({ intent }) => intent.id)).toEqual(["settled", "behind"]);

      const third = await startRun(stage, { channels: [channel], journal });
      expect(third.execution.status().nonces.held).toHaveLength(2);
      for (let i = 0; i < 3; i++) await nextBlock(stage, third);
      const winner = point === "signed" ? "settled" : "behind";
      const loser = point === "signed" ? "behind" : "settled";
      expect(third.outcomes).toMatchObject([
        { intentId: winner, fate: "included" },
        { intentId: loser, fate: "replaced" },
      ]);
      expect(await operatorNonce()).toBe(before + 1);
      expect(journal.openIntents()).toEqual([]);
    },
  );
});

describe.each([
  ["the private mempool", (): Channel => privateChannel(stage)],
  ["the public pool", (): Channel => publicChannel(stage)],
])("as a tail through %s", (_name, channelOf) => {
  test("it lands right behind its trigger with the trigger's fees, to the wei", async () => {
    const run = await startRun(stage, { channels: [channelOf()], journal });
    const fees = { maxFeePerGas: 450n * GWEI, maxPriorityFeePerGas: 37n * GWEI };
    const pend = await stage.pend({ fees });
    // Others in the block: one bids more, one less.
    const bare = { data: "0x", gas: 21_000n } as const;
    const { bob, carol } = stage.devnet.accounts;
    const more = { ...fees, maxPriorityFeePerGas: 38n * GWEI };
    const less = { ...fees, maxPriorityFeePerGas: 36n * GWEI };
    const decision = await stage.decide({}, [pend]);
    const gained = await gains(decision);
    await run.execution.submit(decision);
    await stage.devnet.transact(bob, { ...bare, to: bob.address }, more);
    await stage.devnet.transact(carol, { ...bare, to: carol.address }, less);
    await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: "included" }]);
    const { transactions } = stage.devnet.head();
    expect(transactions.map(({ from }) => from)).toEqual(
      [bob, stage.devnet.accounts.alice, stage.devnet.accounts.operator, carol].map(({ address }) => address),
    );
    expect(await stage.devnet.rpc("eth_getTransactionByHash", [transactions[2]?.hash])).toMatchObject({
      maxFeePerGas: `0x${fees.maxFeePerGas.toString(16)}`,
      maxPriorityFeePerGas: `0x${fees.maxPriorityFeePerGas.toString(16)}`,
    });
    expect(await gained()).toBe(profitOf(decision));
  });

  test("behind a dear trigger whose sender has a cheap one before it: it lands behind both, to the wei", async () => {
    const run = await startRun(stage, { channels: [channelOf()], journal });
    const cheap = { maxFeePerGas: 450n * GWEI, maxPriorityFeePerGas: 31n * GWEI };
    const earlier = await stage.pend({ usd: 500, fees: cheap });
    const trigger = await stage.pend({ fees: { ...cheap, maxPriorityFeePerGas: 40n * GWEI } });
    const decision = await stage.decide({}, [earlier, trigger]);
    const gained = await gains(decision);
    await run.execution.submit(decision);
    await nextBlock(stage, run);
    const { alice, operator } = stage.devnet.accounts;
    const { transactions } = stage.devnet.head();
    expect(transactions.map(({ from, signed }) => [from, signed.maxPriorityFeePerGas / GWEI])).toEqual([
      [alice.address, 31n],
      [alice.address, 40n],
      [operator.address, 31n],
    ]);
    expect(run.outcomes).toMatchObject([{ fate: "included" }]);
    expect(await gained()).toBe(profitOf(decision));
  });

  test("the trigger is replaced: ours is cancelled before the block, and the next nonce is free", async () => {
    const run = await startRun(stage, { channels: [channelOf()], journal });
    const before = await operatorNonce();
    const pend = await stage.pend();
    const decision = await stage.decide({}, [pend]);
    const gained = await gains(decision);
    await run.execution.submit(decision);
    const fees = { maxFeePerGas: 900n * GWEI, maxPriorityFeePerGas: 60n * GWEI };
    const { transaction } = await stage.pend({ usd: -500, nonce: pend.transaction.nonce, fees });
    run.execution.onPending(transaction);
    await run.execution.idle();
    await nextBlock(stage, run);
    await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: "replaced", reason: "cancelled" }]);
    expect(await gained()).toBe(0n);
    expect(await operatorNonce()).toBe(before + 1);
    expect(run.execution.status().nonces).toMatchObject({ next: before + 1, held: [] });
  });

  test("the trigger is not mined in the target block, nor ours: it is cancelled there", async () => {
    const run = await startRun(stage, { channels: [channelOf()], journal });
    const fees = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: 50n * GWEI };
    const decision = await stage.decide({}, [await stage.pend({ fees })]);
    await run.execution.submit(decision);
    // Too dear for both.
    stage.devnet.setBaseFee(200n * GWEI);
    await nextBlock(stage, run);
    stage.devnet.setBaseFee(30n * GWEI);
    for (let i = 0; i < 3; i++) await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: "replaced", reason: "cancelled" }]);
    expect(run.execution.status().nonces.held).toEqual([]);
    expect(journal.openIntents()).toEqual([]);
  });
});

/** 10 in every run; BACKRUNS=200 for the long one. */
const BACKRUNS = Number(process.env["BACKRUNS"] ?? 10);

test("back-runs in a row land behind their triggers, each to the wei", async () => {
  const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
  let exact = 0;
  for (let i = 0; i < BACKRUNS; i++) {
    const pend = await stage.pend({ usd: (i % 2 === 0 ? 1 : -1) * (15_000 + 1000 * (i % 5)) });
    const decision = await stage.decide({}, [pend]);
    const gained = await gains(decision);
    await run.execution.submit(decision);
    await nextBlock(stage, run);
    const places = placesBehind(stage.devnet.head(), pend.transaction.hash);
    if (places.join() === "1" && (await gained()) === profitOf(decision)) exact++;
  }
  const sorted = run.sentMicros.toSorted((a, b) => a - b);
  console.log(
    `back-run, decision to sent, micros: min ${sorted[0]}, median ${sorted[BACKRUNS >> 1]}, max ${sorted.at(-1)}`,
  );
  expect(exact).toBe(BACKRUNS);
});
