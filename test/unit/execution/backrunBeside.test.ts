import { EventEmitter, once } from "node:events";
import { expect, test, vi } from "vitest";
import { estimateGas } from "../../../src/chain/gasModel.ts";
import type { Channel } from "../../../src/execution/channels/channel.ts";
import type { ExecutionParts } from "../../../src/execution/context.ts";
import { nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { createLocalSigner } from "../../../src/execution/localSigner.ts";
import { promisedProfits } from "../../../src/execution/profits.ts";
import type { Signer } from "../../../src/execution/signer.ts";
import type { Simulation } from "../../../src/execution/simulate.ts";
import { secret } from "../../../src/lib/secret.ts";
import { cancellingRelay, fakeChannel, headerOf, startFakes } from "../../support/executionFakes.ts";
import { TEST_KEY } from "../../support/executionPlan.ts";
import { TRADER, backrunOf, pendingOf } from "../../support/executionTriggers.ts";
import { PATIENT } from "../../support/patience.ts";

const trigger = pendingOf();
const decision = backrunOf([trigger]);
const unanswered: Simulation = { type: "unavailable", reason: "" };
const options = { backrun: { enabled: true, tail: true, simulate: "beside" } } as const;
const asPromised = { type: "ok", realised: promisedProfits(decision.plan) } as const;

/** The trader is at the trigger's nonce. */
async function start(channel: Channel, parts: Partial<ExecutionParts> = {}) {
  const run = await startFakes(decision, [channel], { options, parts });
  run.chain.others.set(TRADER, trigger.nonce);
  return run;
}

/** A relay that takes bundles back, and a node whose answer is held until it is given one. */
async function startBeside() {
  const { relay, channel, cancelled } = cancellingRelay();
  const run = await start(channel);
  const node = new EventEmitter();
  const answered = once(node, "answer").then(([answer]: Simulation[]) => answer ?? unanswered);
  run.simulation.answer = () => answered;
  return { ...run, relay, cancelled, say: (answer: Simulation) => void node.emit("answer", answer) };
}

/** Resolves when the relay has the bundle; `ended` does when all is done with it. */
async function sendOut(run: Awaited<ReturnType<typeof startBeside>>) {
  const ended = run.execution.submit(decision);
  await vi.waitFor(() => {
    expect(run.submissions).toEqual(["relay"]);
  }, PATIENT);
  return { ended };
}

const nextBlock = async (run: Awaited<ReturnType<typeof startBeside>>) => {
  run.execution.onBlock(headerOf(101));
  await run.execution.idle();
};

test("the bundle is out before the node has answered, by the model's gas; nothing follows where it agrees", async () => {
  const run = await startBeside();
  const { ended } = await sendOut(run);
  expect(run.signed.get(decision.intentId)?.gasLimit).toBe((estimateGas(decision.plan) * 13n) / 10n);
  expect(run.stages).not.toContain("simulated");
  run.say({ ...asPromised, gasUsed: 100_000n });
  await ended;
  expect(run.stages.at(-1)).toBe("simulated");
  expect(run.cancelled).toEqual([]);
  await nextBlock(run);
  expect(run.outcomes).toMatchObject([{ fate: "missed", reason: "target block passed" }]);
});

test.each<[string, Simulation, RegExp]>([
  ["reverts", { type: "revert", reason: "k" }, /^simulation_reverted: k$/],
  ["brings something else", { type: "ok", gasUsed: 1n, realised: [] }, /^simulation_differs: /],
  ["has a trigger that reverts", { type: "triggerReverts", hash: trigger.hash }, /^trigger_reverts: 0x/],
  ["needs more gas than it was given", { ...asPromised, gasUsed: 700_000n }, /^gas_limit: /],
])(
  "one that %s is taken back, the engine hears of it at once, and the block tells its fate",
  async (...row) => {
    const [, answer, reason] = row;
    const run = await startBeside();
    const { ended } = await sendOut(run);
    run.say(answer);
    await ended;
    expect(run.cancelled).toEqual([run.relay.sent[0]?.id]);
    expect(run.outcomes).toMatchObject([{ fate: "unknown", reason: expect.stringMatching(reason) }]);
    await nextBlock(run);
    expect(run.outcomes.at(-1)).toMatchObject({
      fate: "missed",
      reason: `taken back: ${run.outcomes[0]?.reason}`,
    });
    expect([...run.booked.keys()]).toEqual([decision.intentId]);
  },
);

test("a newer bundle has its place at the relay and goes by its name: what speaks against it takes nothing back", async () => {
  const run = await startBeside();
  const { ended } = await sendOut(run);
  run.simulation.answer = () => Promise.resolve({ ...asPromised, gasUsed: 100_000n });
  await run.execution.submit({ ...decision, intentId: "newer" });
  expect(run.submissions).toEqual(["relay", "relay"]);
  run.say({ type: "revert", reason: "k" });
  await ended;
  expect(run.cancelled).toEqual([]);
  expect(run.outcomes).toMatchObject([{ intentId: decision.intentId, fate: "unknown" }]);
});

test("one that was refused has taken no place: what was there before is taken back", async () => {
  const run = await startBeside();
  const { ended } = await sendOut(run);
  run.relay.answer = () => Promise.resolve({ result: "refused", detail: "" });
  await run.execution.submit({ ...decision, intentId: "newer" });
  run.say({ type: "revert", reason: "k" });
  await ended;
  expect(run.cancelled).toEqual([run.relay.sent[0]?.id]);
});

test("disproved while a newer one is on its way: where that is refused it is taken back, else it has lost its place", async () => {
  for (const result of ["refused", "accepted"] as const) {
    const run = await startBeside();
    const { ended } = await sendOut(run);
    run.simulation.answer = () => Promise.resolve({ ...asPromised, gasUsed: 100_000n });
    let answer: (() => void) | undefined;
    run.relay.answer = () => new Promise((resolve) => (answer = () => resolve({ result, detail: "" })));
    const newer = run.execution.submit({ ...decision, intentId: "newer" });
    await vi.waitUntil(() => answer !== undefined, PATIENT);
    run.say({ type: "revert", reason: "k" });
    await ended;
    expect(run.cancelled).toEqual([]);
    answer?.();
    await newer;
    expect(run.cancelled).toEqual(result === "refused" ? [run.relay.sent[0]?.id] : []);
  }
});

test("it may land all the same: then that is its fate", async () => {
  const run = await startBeside();
  const { ended } = await sendOut(run);
  run.say({ type: "revert", reason: "k" });
  await ended;
  const hash = run.signed.get(decision.intentId)?.transactionHash;
  if (hash === undefined) throw new Error("nothing was signed");
  run.chain.mine(hash);
  await nextBlock(run);
  expect(run.fates()).toEqual(["unknown", "included"]);
});

test("a node that does not answer has nothing against it", async () => {
  const run = await startBeside();
  run.chain.state.down = true;
  run.say({ type: "unavailable", reason: "time out" });
  await run.execution.submit(decision);
  expect(run.relay.sent).toHaveLength(1);
  expect(run.cancelled).toEqual([]);
  expect(run.outcomes).toEqual([]);
});

test("a channel that does not leave out reverts, and a tail, wait for it", async () => {
  const lax = fakeChannel(true);
  const relay = { ...lax, promises: { ...lax.promises, revertProtection: false } };
  for (const channel of [relay, fakeChannel(false)]) {
    const run = await start(channel);
    run.simulation.answer = () => Promise.resolve({ type: "revert", reason: "k" });
    await run.execution.submit(decision);
    expect(run.outcomes.at(-1)?.reason).toBe("simulation_reverted: k");
    expect(channel.sent).toEqual([]);
  }
});

test("a journal that cannot write sends nothing: the intent and its signature are one write", async () => {
  const run = await startBeside();
  run.broken.add("signed");
  await run.execution.submit(decision);
  expect(run.relay.sent).toEqual([]);
  expect(run.signed.size).toBe(0);
  expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "journal" }]);
  // Its end is told all the same.
  expect(run.booked.get(decision.intentId)).toMatchObject({ fate: "rejected" });
});

test("a key elsewhere signs only what is written", async () => {
  const relay = fakeChannel(true);
  const ours = createLocalSigner(secret(TEST_KEY));
  const signer: Signer = {
    address: ours.address,
    signTransaction: (transaction) => {
      expect([...run.intents.keys()]).toEqual([decision.intentId]);
      return ours.signTransaction(transaction);
    },
  };
  const run = await start(relay, { live: { signer, channels: [relay], keccak256: nobleKeccak256 } });
  await run.execution.submit(decision);
  expect(relay.sent).toHaveLength(1);
});

test("a node that cannot simulate behind a trigger leaves it to the relay, before anything is sent", async () => {
  const relay = fakeChannel(true);
  const channel = {
    ...relay,
    simulate: () => Promise.resolve({ type: "revert", reason: "k" } as const),
  };
  const stacked = { type: "unavailable", reason: "eth_call cannot stack transactions" } as const;
  const simulator = { method: "eth_call", simulate: () => Promise.resolve(stacked) } as const;
  const run = await start(channel, { simulator });
  await run.execution.submit(decision);
  expect(run.outcomes.at(-1)?.reason).toBe("relay_simulation: k");
  expect(relay.sent).toEqual([]);
  expect(run.stages).toContain("simulated");
});
