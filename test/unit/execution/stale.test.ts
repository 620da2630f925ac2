import { describe, expect, test } from "vitest";
import type { Stage } from "../../../src/execution/context.ts";
import { nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { createLocalSigner } from "../../../src/execution/localSigner.ts";
import type { Signer } from "../../../src/execution/signer.ts";
import { secret } from "../../../src/lib/secret.ts";
import { fakeChannel, headerOf, startFakes } from "../../support/executionFakes.ts";
import { TEST_KEY, decisionOf, hashOf } from "../../support/executionPlan.ts";

const decision = decisionOf();
const local = createLocalSigner(secret(TEST_KEY));

describe("late work is dropped", () => {
  test.each(["simulated", "signed"] satisfies Stage[])(
    "a newer head right before %s: rejected, nothing sent",
    async (at) => {
      const channel = fakeChannel(true);
      const signer: Signer = {
        address: local.address,
        signTransaction: (transaction) => {
          if (at === "signed") run.execution.onBlock(headerOf(101));
          return local.signTransaction(transaction);
        },
      };
      const live = { signer, channels: [channel], keccak256: nobleKeccak256 };
      const run = await startFakes(decision, [channel], { parts: { live } });
      const { answer } = run.simulation;
      run.simulation.answer = (timestamp) => {
        if (at === "simulated") run.execution.onBlock(headerOf(101));
        return answer(timestamp);
      };
      await run.execution.submit(decision);
      expect(run.outcomes).toMatchObject([
        { fate: "rejected", reason: "stale: head is 101, the plan stands on 100" },
      ]);
      expect(channel.sent).toEqual([]);
      expect(run.stages.at(-1)).toBe(at);
      expect(run.execution.status().nonces.held).toEqual([]);
    },
  );

  test("the parent is undone meanwhile: stale before any other block has come", async () => {
    const channel = fakeChannel(true);
    const run = await startFakes(decision, [channel]);
    const { answer } = run.simulation;
    run.simulation.answer = (timestamp) => {
      run.execution.onReverted(decision.parent);
      return answer(timestamp);
    };
    await run.execution.submit(decision);
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "stale: block 100 was reverted" }]);
    expect(channel.sent).toEqual([]);
    run.simulation.answer = answer;
    run.execution.onBlock(headerOf(100));
    await run.execution.submit({ ...decision, intentId: "again" });
    expect(channel.sent).toHaveLength(1);
  });

  test("the parent and the block below it are undone, and the sibling of that one comes: stale all the same", async () => {
    const channel = fakeChannel(true);
    const run = await startFakes(decision, [channel]);
    const { answer } = run.simulation;
    run.simulation.answer = (timestamp) => {
      for (const number of [100, 99]) run.execution.onReverted({ number, hash: hashOf(number) });
      run.execution.onBlock(headerOf(99, hashOf(9999)));
      return answer(timestamp);
    };
    await run.execution.submit(decision);
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "stale: block 100 was reverted" }]);
    expect(channel.sent).toEqual([]);
  });

  test("a sibling of the parent makes it stale too; an older head does not", async () => {
    const run = await startFakes(decision, null);
    run.execution.onBlock(headerOf(100, hashOf(999)));
    await run.execution.submit(decision);
    run.execution.onBlock(headerOf(99));
    await run.execution.submit({ ...decision, intentId: "again" });
    expect(run.fates()).toEqual(["rejected", "dry-run"]);
  });

  test.each(["simulated", "signed", "sent"] satisfies Stage[])(
    "the owner stops everything right before %s: rejected, nothing sent, and nothing more signed",
    async (at) => {
      let stopped: string | null = null;
      const halt = (): void => {
        stopped = "halted: enough";
      };
      const relay = fakeChannel(true);
      const simulate = () => {
        if (at === "sent") halt();
        return Promise.resolve({ type: "ok", gasUsed: 1n } as const);
      };
      const signer: Signer = {
        address: local.address,
        signTransaction: (transaction) => {
          if (at === "signed") halt();
          return local.signTransaction(transaction);
        },
      };
      const live = { signer, channels: [{ ...relay, simulate }], keccak256: nobleKeccak256 };
      const run = await startFakes(decision, live.channels, {
        parts: { live, stopped: () => stopped },
        options: { relaySimulation: true },
      });
      const { answer } = run.simulation;
      run.simulation.answer = (timestamp) => {
        if (at === "simulated") halt();
        return answer(timestamp);
      };
      await run.execution.submit(decision);
      await run.execution.submit({ ...decision, intentId: "next" });
      expect(run.outcomes.map(({ fate, reason }) => `${fate} ${reason}`)).toEqual([
        "rejected stopped: halted: enough",
        "rejected stopped: halted: enough",
      ]);
      expect(relay.sent).toEqual([]);
      expect(run.signed.size).toBe(at === "sent" ? 1 : 0);
      expect(run.execution.status().nonces.held).toEqual([]);
      stopped = null;
      run.simulation.answer = answer;
    },
  );
});

test("limits that change while a plan is weighed by the old ones end it", async () => {
  const channel = fakeChannel(true);
  const run = await startFakes(decision, [channel]);
  const { answer } = run.simulation;
  run.simulation.answer = (timestamp) => {
    run.execution.limit({ minNet: 10n ** 30n, txFeeCap: 1n });
    return answer(timestamp);
  };
  await run.execution.submit(decision);
  expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "stale: the limits have changed" }]);
  expect(channel.sent).toEqual([]);
});
