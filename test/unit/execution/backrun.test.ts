import { decodeFunctionData, parseTransaction } from "viem";
import { describe, expect, test } from "vitest";
import { executorAbi } from "../../../src/chain/executorAbi.ts";
import { rebuildRaw } from "../../../src/chain/rawTransaction.ts";
import type { PendingTransaction } from "../../../src/chain/types.ts";
import type { BundleSimulation } from "../../../src/execution/channels/channel.ts";
import type { ExecutionOptions, ExecutionParts } from "../../../src/execution/context.ts";
import {
  cancellingRelay,
  fakeChannel,
  headerOf,
  startFakes,
  type FakeChannel,
} from "../../support/executionFakes.ts";
import { addressOf, decisionOf, hashOf } from "../../support/executionPlan.ts";
import { TRADER, backrunOf, pendingOf } from "../../support/executionTriggers.ts";

const GWEI = 1_000_000_000n;
const earlier = pendingOf();
const trigger = pendingOf({ nonce: 4 });
const decision = backrunOf([earlier, trigger]);

/** An execution on these channels whose trader is at the first nonce of the decision. */
async function start(
  channels: readonly FakeChannel[] | null,
  changes: { readonly options?: Partial<ExecutionOptions>; readonly parts?: Partial<ExecutionParts> } = {},
  given = decision,
) {
  const run = await startFakes(given, channels, changes);
  run.chain.others.set(TRADER, given.behind[0]?.nonce ?? 0);
  return run;
}

const reasonOf = (run: Awaited<ReturnType<typeof start>>) => run.outcomes.at(-1)?.reason;

describe("in a bundle", () => {
  test("ours stands behind the trigger, that behind its sender's earlier one, with the usual fees", async () => {
    const relay = fakeChannel(true);
    const run = await start([relay, fakeChannel(false)]);
    await run.execution.submit(decision);
    const [bundle] = relay.sent;
    const raws = [earlier, trigger].map(rebuildRaw);
    expect(bundle?.transactions.slice(0, -1)).toEqual(raws);
    const record = run.signed.get(decision.intentId);
    expect(bundle?.transactions.at(-1)).toBe(record?.rawTransaction);
    expect(record).toMatchObject({ maxPriorityFeePerGas: 30n * GWEI, atomicOnly: true, lastBlock: 101 });
    expect(record?.merkleProof).toEqual(bundle?.proofs.at(-1));
    expect(run.intents.get(decision.intentId)?.trigger).toEqual({ type: "pending", hash: trigger.hash });
    // The other channel would gossip ours without its trigger.
    expect(run.submissions).toEqual(["relay"]);
  });

  test.each<[string, Partial<PendingTransaction>[], RegExp]>([
    ["without a signature", [{ signed: null }], /^trigger_bytes: those of/],
    ["with other bytes", [{ hash: hashOf(5) }], /^trigger_bytes: the trigger's bytes hash to/],
    ["of two senders", [{}, { from: addressOf(5), nonce: 4 }], /^trigger_bytes: not one sender's/],
    ["with a gap", [{}, { nonce: 5 }], /^trigger_bytes: not one sender's/],
  ])("one %s is not followed", async (_name, changes, reason) => {
    const behind = changes.map((each) => ({ ...pendingOf(each), ...each }));
    const given = backrunOf(behind);
    const relay = fakeChannel(true);
    const run = await start([relay], {}, given);
    await run.execution.submit(given);
    expect(reasonOf(run)).toMatch(reason);
    expect(relay.sent).toEqual([]);
    expect(run.signed.size).toBe(0);
  });

  test("a trigger that the plan does not name is not followed", async () => {
    const given = { ...decision, behind: [earlier] };
    const run = await start([fakeChannel(true)]);
    await run.execution.submit(given);
    expect(reasonOf(run)).toMatch(/^trigger_bytes: the plan's trigger is/);
  });

  test("the first one's nonce must be the sender's next at the parent", async () => {
    const run = await start([fakeChannel(true)]);
    for (const nonce of [2, 4]) {
      run.chain.others.set(TRADER, nonce);
      await run.execution.submit({ ...decision, intentId: `at-${nonce}` });
      expect(reasonOf(run)).toBe(`trigger_nonce: ${TRADER} is at ${nonce}, not at 3`);
    }
    run.chain.state.down = true;
    await run.execution.submit({ ...decision, intentId: "down" });
    expect(reasonOf(run)).toBe("trigger_nonce: not answered");
  });

  test("a trigger that reverts in the simulation, and profits that differ, are refused", async () => {
    const run = await start([fakeChannel(true)]);
    run.simulation.answer = () => Promise.resolve({ type: "triggerReverts", hash: trigger.hash });
    await run.execution.submit(decision);
    expect(reasonOf(run)).toBe(`trigger_reverts: ${trigger.hash}`);
    run.simulation.answer = () => Promise.resolve({ type: "ok", gasUsed: 1n, realised: [] });
    await run.execution.submit({ ...decision, intentId: "differs" });
    expect(reasonOf(run)).toMatch(/^simulation_differs/);
  });

  test("the trigger replaced in the pool: the bundle is taken back, once, and not one without a trigger", async () => {
    const { relay, channel, cancelled } = cancellingRelay();
    const run = await start([channel]);
    const replaced = pendingOf({ nonce: 4, value: 1n });
    await run.execution.submit(decision);
    run.execution.onPending(trigger);
    run.execution.onPending(replaced);
    run.execution.onPending(replaced);
    await run.execution.idle();
    expect(cancelled).toEqual([relay.sent[0]?.id]);
    // Another one has its slot at the relay by now.
    await run.execution.submit({ ...decision, intentId: "again" });
    await run.execution.submit(decisionOf({ intentId: "settled" }));
    run.execution.onPending(replaced);
    await run.execution.idle();
    expect(relay.sent).toHaveLength(3);
    expect(cancelled).toHaveLength(1);
  });

  test("switched off: no plan behind anything is prepared", async () => {
    const run = await start([fakeChannel(true)], {
      options: { backrun: { enabled: false, tail: true, simulate: "before" } },
    });
    await run.execution.submit(decision);
    expect(reasonOf(run)).toBe("backrun_off");
    expect(run.simulation.asked).toEqual([]);
  });

  test("in dry-run it is simulated and priced as bundled", async () => {
    const run = await start(null);
    await run.execution.submit(decision);
    expect(run.fates()).toEqual(["dry-run"]);
  });
});

describe("on a node without eth_simulateV1", () => {
  const stacked = { type: "unavailable", reason: "eth_call cannot stack transactions" } as const;
  const simulator = { method: "eth_call", simulate: () => Promise.resolve(stacked) } as const;

  test("nothing is sent, unless a bundle channel can simulate and finds it well", async () => {
    const run = await start([fakeChannel(true)], { parts: { simulator } });
    await run.execution.submit(decision);
    expect(reasonOf(run)).toBe("simulation_unavailable: eth_call cannot stack transactions");
  });

  test.each<[string, BundleSimulation, string | null]>([
    ["ok", { type: "ok", gasUsed: 1n }, null],
    ["revert", { type: "revert", reason: "k" }, "relay_simulation: k"],
    [
      "nothing",
      { type: "unavailable", reason: "" },
      "simulation_unavailable: neither by the node nor by a channel",
    ],
  ])("a relay that answers %s", async (_name, answer, reason) => {
    const relay = { ...fakeChannel(true), simulate: () => Promise.resolve(answer) };
    const run = await start([relay], { parts: { simulator } });
    await run.execution.submit(decision);
    expect(reasonOf(run) ?? null).toBe(reason);
    expect(relay.sent).toHaveLength(reason === null ? 1 : 0);
  });
});

const feesOf = (channel: FakeChannel) => {
  const raw = channel.sent[0]?.transactions.at(-1);
  if (raw === undefined) throw new Error("nothing was sent");
  const { maxFeePerGas, maxPriorityFeePerGas } = parseTransaction(raw);
  return { maxFeePerGas, maxPriorityFeePerGas };
};

describe("as a tail", () => {
  test("it carries the trigger's fees, good for the target block alone, whatever the grace", async () => {
    const mempool = fakeChannel(false);
    const run = await start([mempool], { options: { graceBlocks: 3 } });
    await run.execution.submit(decision);
    expect(feesOf(mempool)).toEqual({ maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 40n * GWEI });
    expect(run.signed.get(decision.intentId)).toMatchObject({ lastBlock: 101, atomicOnly: false });
    expect(mempool.sent[0]?.targetBlocks).toEqual([101]);
    const data = run.intents.get(decision.intentId)?.calldata ?? "0x";
    const [, maxBlock, parentHash] = decodeFunctionData({ abi: executorAbi, data }).args ?? [];
    expect({ maxBlock, parentHash }).toEqual({ maxBlock: 101n, parentHash: decision.parent.hash });
  });

  test("behind a row it bids no more than the cheapest of it, field by field: Bor takes senders by their next one", async () => {
    const row = [
      pendingOf({ maxFeePerGas: 450n * GWEI, maxPriorityFeePerGas: 31n * GWEI }),
      pendingOf({ nonce: 4, type: 0, gasPrice: 200n * GWEI, maxFeePerGas: null, maxPriorityFeePerGas: null }),
      pendingOf({ nonce: 5, maxFeePerGas: 400n * GWEI, maxPriorityFeePerGas: 40n * GWEI }),
    ];
    const given = backrunOf(row);
    const mempool = fakeChannel(false);
    const run = await start([mempool], {}, given);
    await run.execution.submit(given);
    expect(feesOf(mempool)).toEqual({ maxFeePerGas: 200n * GWEI, maxPriorityFeePerGas: 31n * GWEI });
  });

  test.each<[string, Partial<PendingTransaction>, RegExp]>([
    ["is below the floor", { maxPriorityFeePerGas: 29n * GWEI }, /^tail_fees: they may leave 29/],
    ["tips above its own cap", { maxFeePerGas: 39n * GWEI }, /^tail_fees: the tip is above/],
  ])("behind a row of which an earlier one %s nothing is sent", async (_name, fees, reason) => {
    const given = backrunOf([pendingOf(fees), trigger]);
    const mempool = fakeChannel(false);
    const run = await start([mempool], {}, given);
    await run.execution.submit(given);
    expect(reasonOf(run)).toMatch(reason);
    expect(mempool.sent).toEqual([]);
  });

  test("behind a legacy transaction its gas price is both", async () => {
    const legacy = pendingOf({
      type: 0,
      gasPrice: 90n * GWEI,
      maxFeePerGas: null,
      maxPriorityFeePerGas: null,
    });
    const mempool = fakeChannel(false);
    const run = await start([mempool], {}, backrunOf([legacy]));
    await run.execution.submit(backrunOf([legacy]));
    expect(feesOf(mempool)).toEqual({ maxFeePerGas: 90n * GWEI, maxPriorityFeePerGas: 90n * GWEI });
  });

  test.each<[string, Partial<PendingTransaction>, RegExp]>([
    ["tips below the floor", { maxPriorityFeePerGas: 29n * GWEI }, /^tail_fees: they may leave 29/],
    // The base fee is 30 gwei and may be 31.5 in the target block.
    ["may not cover base fee and floor", { maxFeePerGas: 61n * GWEI }, /^tail_fees: they may leave 295/],
    [
      "pays more than the plan earns",
      { maxPriorityFeePerGas: 400n * GWEI },
      /^tail_cost: the trigger's fees/,
    ],
    ["tips above its own cap", { maxPriorityFeePerGas: 501n * GWEI }, /^tail_fees: the tip is above/],
    ["may cost more than the chain takes", { maxFeePerGas: 9_000n * GWEI }, /^fee_cap/],
  ])("a trigger that %s is not followed", async (_name, fees, reason) => {
    const given = backrunOf([pendingOf(fees)]);
    const mempool = fakeChannel(false);
    const run = await start([mempool], { options: { minNet: 10n ** 16n } }, given);
    await run.execution.submit(given);
    expect(reasonOf(run)).toMatch(reason);
    expect(mempool.sent).toEqual([]);
  });

  test("switched off, or where every channel is for settled plans: refused", async () => {
    const run = await start([fakeChannel(false)], {
      options: { backrun: { enabled: true, tail: false, simulate: "before" } },
    });
    await run.execution.submit(decision);
    expect(reasonOf(run)).toBe("no_channel: none takes bundles, and tails are off");
    const mempool = fakeChannel(false);
    const settled = { ...mempool, promises: { ...mempool.promises, settledOnly: true } };
    const other = await start([settled]);
    await other.execution.submit(decision);
    expect(reasonOf(other)).toBe("no_channel: none takes a plan behind a trigger");
  });

  test("behind one trigger there is one: never a second, not even after a restart", async () => {
    const mempool = fakeChannel(false);
    const run = await start([mempool]);
    await run.execution.submit(decision);
    const restarted = await start([mempool], { parts: { journal: run.journal } });
    for (const [i, each] of [run, restarted].entries()) {
      // Somebody spent its nonce.
      each.chain.state.nonce = 8;
      for (const n of [101, 102]) {
        each.execution.onBlock(headerOf(n));
        await each.execution.idle();
      }
      expect(each.outcomes.at(-1)).toMatchObject({ fate: "replaced" });
      const parent = { number: 102, hash: hashOf(102) };
      await each.execution.submit({
        ...decision,
        parent,
        targetBlock: 103,
        intentId: `again-${i}`,
      });
      expect(reasonOf(each)).toBe("tail_once");
      if (each === run) run.booked.clear();
    }
    expect(mempool.sent).toHaveLength(1);
  });

  test("refused by all, it was none: the next one may go", async () => {
    const mempool = fakeChannel(false);
    mempool.answer = () => Promise.resolve({ result: "refused", detail: "" });
    const run = await start([mempool]);
    await run.execution.submit(decision);
    await run.execution.submit({ ...decision, intentId: "again" });
    expect(run.outcomes.map(({ reason }) => reason)).toEqual([
      "channels: private refused",
      "channels: private refused",
    ]);
  });

  test("its trigger replaced in the pool: it is cancelled at once, by a bare transaction", async () => {
    const mempool = fakeChannel(false);
    const run = await start([mempool]);
    await run.execution.submit(decision);
    // Neither itself seen again nor another's transaction says anything.
    run.execution.onPending(trigger);
    run.execution.onPending(pendingOf({ from: addressOf(9), nonce: 4, value: 1n }));
    await run.execution.idle();
    expect(mempool.sent).toHaveLength(1);
    run.execution.onPending(pendingOf({ nonce: 3, value: 1n }));
    await run.execution.idle();
    const bare = parseTransaction(mempool.sent[1]?.transactions[0] ?? "0x02");
    expect(bare).toMatchObject({ nonce: 7, to: run.signer.address, maxPriorityFeePerGas: 44n * GWEI });
    run.execution.onPending(pendingOf({ nonce: 3, value: 1n }));
    await run.execution.idle();
    expect(mempool.sent).toHaveLength(2);
  });

  test("still pending at its target block, it is cancelled: from there it can only revert", async () => {
    const mempool = fakeChannel(false);
    const run = await start([mempool], { options: { cancelAfterBlocks: 5 } });
    await run.execution.submit(decision);
    run.execution.onBlock(headerOf(101));
    await run.execution.idle();
    expect(mempool.sent).toHaveLength(2);
  });
});
