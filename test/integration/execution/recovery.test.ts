import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../../src/execution/channels/channel.ts";
import { CRASH_POINTS, crashingParts } from "../../support/executionCrash.ts";
import {
  newJournal,
  nextBlock,
  operatorSigner,
  privateChannel,
  relayChannel,
  startRun,
} from "../../support/executionRun.ts";
import { startExecutionStage, type ExecutionStage } from "../../support/executionStage.ts";

let stage: ExecutionStage;
beforeAll(async () => {
  stage = await startExecutionStage();
});
afterAll(async () => {
  await stage?.stop();
});

const operatorNonce = async (): Promise<number> =>
  Number(
    await stage.devnet.rpc("eth_getTransactionCount", [stage.devnet.accounts.operator.address, "latest"]),
  );

const cases = CRASH_POINTS.flatMap((point) =>
  (["relay", "private"] as const).flatMap((place) => [0, 1, 3].map((blocks) => ({ point, place, blocks }))),
);

test("what was for a private channel is cancelled through a relay, where that is all there is by now", async () => {
  await stage.unbalance();
  const journal = newJournal(stage);
  const before = await operatorNonce();
  const parts = { journal, signer: operatorSigner(stage), channel: privateChannel(stage) };
  const crashing = crashingParts("signed", parts);
  const first = await startRun(stage, { ...crashing, channels: [crashing.channel] });
  await first.execution.submit(await stage.decide());
  const options = { cancelAfterBlocks: 2 };
  const second = await startRun(stage, { journal, channels: [relayChannel(stage)], options });
  for (let i = 0; i < 6; i++) await nextBlock(stage, second);
  expect(second.outcomes).toMatchObject([{ fate: "replaced", reason: "cancelled" }]);
  expect(await operatorNonce()).toBe(before + 1);
  await stage.unbalance();
  second.execution.onBlock(await stage.header());
  await second.execution.submit(await stage.decide({ intentId: "next" }));
  await nextBlock(stage, second);
  expect(second.outcomes.at(-1)).toMatchObject({ intentId: "next", fate: "included" });
  journal.dispose();
});

test.each([true, false])(
  "what a former run has cancelled is told from what another spent (%s)",
  async (cancelled) => {
    await stage.unbalance();
    const journal = newJournal(stage);
    const options = { cancelAfterBlocks: 2 };
    const channels = [privateChannel(stage)];
    const first = await startRun(stage, { journal, channels, options });
    await first.execution.submit(await stage.decide());
    // Too dear for it, not for what takes its place.
    stage.devnet.setBaseFee(200_000_000_000n);
    if (cancelled) for (let i = 0; i < 3; i++) await nextBlock(stage, first);
    else await stage.spendNonce(stage.treasury);
    for (let i = 0; i < 5; i++) await stage.devnet.build();
    expect(first.fates()).toEqual([]);
    stage.devnet.setBaseFee(30_000_000_000n);
    const second = await startRun(stage, { journal, channels, options });
    await nextBlock(stage, second);
    expect(second.outcomes).toMatchObject([
      { reason: cancelled ? "cancelled by a former run" : "nonce spent by another transaction" },
    ]);
    journal.dispose();
  },
);

describe("a crash", () => {
  test.each(cases)(
    "$point, $place, restarted after $blocks blocks: exactly one fate, the chain's",
    async ({ point, place, blocks }) => {
      await stage.unbalance();
      const journal = newJournal(stage);
      const channel: Channel = place === "relay" ? relayChannel(stage) : privateChannel(stage);
      const before = await operatorNonce();

      const crashing = crashingParts(point, { journal, signer: operatorSigner(stage), channel });
      const first = await startRun(stage, { ...crashing, channels: [crashing.channel] });
      const decision = await stage.decide();
      await first.execution.submit(decision);
      expect(crashing.died()).toBe(true);
      expect(journal.openIntents().map(({ intent }) => intent.id)).toEqual([decision.intentId]);

      for (let i = 0; i < blocks; i++) await stage.devnet.build();
      const second = await startRun(stage, {
        journal,
        channels: [channel],
        options: { cancelAfterBlocks: 2 },
      });
      for (let i = 0; i < 5; i++) await nextBlock(stage, second);

      const signed = point !== "opened" && point !== "asked to sign";
      const sent = point === "delivered" || point === "submitted";
      const spent = (await operatorNonce()) - before;
      const cancelled = signed && !sent && place === "private";
      const fate = sent ? "included" : !signed ? "rejected" : cancelled ? "replaced" : "missed";
      expect(second.outcomes.map((each) => `${each.intentId} ${each.fate}`)).toEqual([
        `${decision.intentId} ${fate}`,
      ]);
      expect(spent).toBe(sent || cancelled ? 1 : 0);
      expect(journal.openIntents()).toEqual([]);
      expect(second.execution.status()).toMatchObject({
        openIntents: 0,
        nonces: { held: [], next: before + spent },
      });
      journal.dispose();
    },
  );
});
