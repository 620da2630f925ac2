import { parseTransaction } from "viem";
import { describe, expect, test } from "vitest";
import { fakeChannel, startFakes } from "../../support/executionFakes.ts";
import { decisionOf } from "../../support/executionPlan.ts";

const decision = decisionOf();

describe("the intent is durable", () => {
  test("while the node still simulates, and not signed before it has answered", async () => {
    const channel = fakeChannel(true);
    const run = await startFakes(decision, [channel]);
    const { answer } = run.simulation;
    let go: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    run.simulation.answer = async (timestamp) => {
      await gate;
      return await answer(timestamp);
    };
    const work = run.execution.submit(decision);
    await Promise.resolve();
    expect(run.simulation.asked).toHaveLength(1);
    expect([...run.intents.keys()]).toEqual([decision.intentId]);
    expect(run.signed.size).toBe(0);
    go?.();
    await work;
    const { calldata } = run.intents.get(decision.intentId) ?? {};
    expect(channel.sent).toHaveLength(1);
    expect(parseTransaction(channel.sent[0]?.transactions[0] ?? "0x").data).toBe(calldata);
  });

  test("and closed, with the calldata that was refused, when the simulation refuses it", async () => {
    const channel = fakeChannel(true);
    const run = await startFakes(decision, [channel]);
    run.simulation.answer = () => Promise.resolve({ type: "revert", reason: "CycleTooShort(0)" });
    await run.execution.submit(decision);
    expect(run.intents.get(decision.intentId)?.calldata).toMatch(/^0x[0-9a-f]{8}/);
    expect(run.booked.get(decision.intentId)).toMatchObject({
      fate: "rejected",
      reason: "simulation_reverted: CycleTooShort(0)",
    });
    expect(run.journal.openIntents()).toEqual([]);
    expect(channel.sent).toEqual([]);
  });
});
