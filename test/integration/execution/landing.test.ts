import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SubmitDecision } from "../../../src/engine/decisions.ts";
import type { Journal } from "../../../src/ledger/journal.ts";
import { profitOf } from "../../support/executionParts.ts";
import { newJournal, nextBlock, privateChannel, relayChannel, startRun } from "../../support/executionRun.ts";
import { startExecutionStage, type ExecutionStage } from "../../support/executionStage.ts";

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
  stage.devnet.faults.clear();
  await stage.unbalance();
});
afterEach(() => {
  journal.dispose();
});

const baseOf = ({ plan }: SubmitDecision) => plan.opportunities[0]?.cycle.base ?? "0x";

/** The same decision with its one opportunity promising this much more. */
function promising(decision: SubmitDecision, more: bigint): SubmitDecision {
  const opportunities = decision.plan.opportunities.map((each) => ({ ...each, profit: each.profit + more }));
  return { ...decision, plan: { ...decision.plan, opportunities } };
}

const operatorNonce = async (): Promise<number> =>
  Number(
    await stage.devnet.rpc("eth_getTransactionCount", [stage.devnet.accounts.operator.address, "latest"]),
  );

describe.each([
  ["the relay", "bundle", { relaySimulation: true }],
  ["the private mempool", "private", { graceBlocks: 1 }],
] as const)("through %s", (_name, kind, options) => {
  test("an arbitrage lands; realised is predicted and the treasury's gain, to the unit", async () => {
    const channels = [kind === "bundle" ? relayChannel(stage) : privateChannel(stage)];
    const run = await startRun(stage, { channels, journal, options });
    const decision = await stage.decide();
    const before = await stage.balance(baseOf(decision), stage.treasury);
    await run.execution.submit(decision);
    expect(run.outcomes).toEqual([]);
    const block = await nextBlock(stage, run);
    expect(run.outcomes).toEqual([{ intentId: decision.intentId, fate: "included", reason: "", block }]);
    expect((await stage.balance(baseOf(decision), stage.treasury)) - before).toBe(profitOf(decision));
    expect(run.stages).toEqual(["simulated", "journaled", "signed", "sent", "answered"]);
    expect(Object.values(run.execution.status().channels)).toMatchObject([{ accepted: 1, refused: 0 }]);
    expect(journal.openIntents()).toEqual([]);
    await run.execution.stop();
  });
});

/** 25 in every run; LANDINGS=200 for the long one. */
const LANDINGS = Number(process.env["LANDINGS"] ?? 25);

test("arbitrages in a row land, each to the unit, and the nonces have no gap", async () => {
  const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
  const first = await operatorNonce();
  let exact = 0;
  for (let i = 0; i < LANDINGS; i++) {
    await stage.unbalance((i % 2 === 0 ? 1 : -1) * (20_000 + 1000 * (i % 25)));
    run.execution.onBlock(await stage.header());
    await run.execution.idle();
    const decision = await stage.decide();
    const before = await stage.balance(baseOf(decision), stage.treasury);
    await run.execution.submit(decision);
    await nextBlock(stage, run);
    if ((await stage.balance(baseOf(decision), stage.treasury)) - before === profitOf(decision)) exact++;
  }
  const sorted = run.sentMicros.toSorted((a, b) => a - b);
  console.log(
    `decision to sent, micros: min ${sorted[0]}, median ${sorted[LANDINGS >> 1]}, max ${sorted.at(-1)}`,
  );
  expect(exact).toBe(LANDINGS);
  expect(run.fates()).toEqual(Array.from({ length: LANDINGS }, () => "included"));
  expect(await operatorNonce()).toBe(first + LANDINGS);
  expect(journal.openIntents()).toEqual([]);
});

describe("nothing is sent", () => {
  test("in dry-run: simulated, journaled, unsigned", async () => {
    const run = await startRun(stage, { channels: null, journal });
    await run.execution.submit(await stage.decide());
    expect(run.fates()).toEqual(["dry-run"]);
    expect(run.stages).toEqual(["simulated", "journaled"]);
    expect(journal.openIntents()).toEqual([]);
    expect(run.execution.status()).toMatchObject({ mode: "dry-run", openIntents: 0 });
  });

  test.each([
    [1n, /^simulation_reverted: ProfitBelowMinimum\(0, /],
    [-1n, /^simulation_differs: simulated \d+, promised \d+$/],
  ])("when the plan promises %d more than the chain gives", async (more, reason) => {
    const run = await startRun(stage, { channels: [relayChannel(stage)], journal });
    const nonce = await operatorNonce();
    await run.execution.submit(promising(await stage.decide(), more));
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: expect.stringMatching(reason) }]);
    await nextBlock(stage, run);
    expect(await operatorNonce()).toBe(nonce);
    expect(journal.openIntents()).toEqual([]);
  });

  test("the same answers without eth_simulateV1", async () => {
    const request = (method: string, params: readonly unknown[]): Promise<unknown> =>
      method === "eth_simulateV1"
        ? Promise.reject(new Error("the method eth_simulateV1 does not exist/is not available"))
        : stage.devnet.rpc(method, params);
    const run = await startRun(stage, { channels: null, journal, rpc: { request } });
    const decision = await stage.decide();
    await run.execution.submit(decision);
    await run.execution.submit({ ...promising(decision, 1n), intentId: "more" });
    await run.execution.submit({ ...promising(decision, -1n), intentId: "less" });
    expect(run.outcomes.map(({ fate, reason }) => `${fate} ${reason.split(":")[0]}`)).toEqual([
      "dry-run ",
      "rejected simulation_reverted",
      "rejected simulation_differs",
    ]);
  });

  test("when gas eats the profit, or may cost more than the cap", async () => {
    const run = await startRun(stage, { channels: null, journal });
    await run.execution.submit(await stage.decide({ net: 1n, gasCost: 10n ** 15n }));
    await run.execution.submit(await stage.decide({ intentId: "dear", baseFeePerGas: 10n ** 13n }));
    expect(run.outcomes.map(({ reason }) => reason.split(":")[0])).toEqual(["gas_over_profit", "fee_cap"]);
  });
});
