import { parseTransaction } from "viem";
import { describe, expect, test, vi } from "vitest";
import type { Channel, SendResult } from "../../../src/execution/channels/channel.ts";
import type { ExecutionOptions, ExecutionParts } from "../../../src/execution/context.ts";
import { nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { createLocalSigner } from "../../../src/execution/localSigner.ts";
import type { Signer } from "../../../src/execution/signer.ts";
import { secret } from "../../../src/lib/secret.ts";
import {
  cancellingRelay,
  fakeChannel,
  headerOf,
  startFakes,
  type FakeChannel,
} from "../../support/executionFakes.ts";
import { TEST_KEY, addressOf, decisionOf } from "../../support/executionPlan.ts";
import { TRADER, backrunOf, pendingOf } from "../../support/executionTriggers.ts";
import { PATIENT } from "../../support/patience.ts";

const earlier = pendingOf();
const trigger = pendingOf({ nonce: 4 });
const decision = backrunOf([earlier, trigger]);
/** Takes the place of the trigger, and of the one before it. */
const replacements = [pendingOf({ nonce: 4, value: 1n }), pendingOf({ nonce: 3, value: 1n })] as const;
const [replacement] = replacements;
const other = pendingOf({ from: addressOf(0x077e), nonce: 9 });

async function start(
  channels: readonly Channel[],
  changes: { readonly options?: Partial<ExecutionOptions>; readonly parts?: Partial<ExecutionParts> } = {},
) {
  const run = await startFakes(decision, channels, changes);
  run.chain.others.set(TRADER, 3);
  run.chain.others.set(other.from, 9);
  return run;
}

const accepted: SendResult = { result: "accepted", detail: "" };
const refused: SendResult = { result: "refused", detail: "" };

/** The place answers nothing from now on, until it is told what. */
function hold(place: FakeChannel) {
  const waiting: ((answer: SendResult) => void)[] = [];
  place.answer = () => new Promise((resolve) => waiting.push(resolve));
  return {
    asked: () => vi.waitUntil(() => waiting.length > 0, PATIENT),
    /** Answers what was held, and all that comes. */
    answer: (answer: SendResult) => {
      place.answer = () => Promise.resolve(answer);
      for (const settle of waiting.splice(0)) settle(answer);
    },
  };
}

describe.each([
  ["a bundle", true],
  ["a tail", false],
] as const)("while %s is prepared", (_name, atomic) => {
  test.each(replacements)("the trigger, or one before it, is replaced: it is not signed", async (seen) => {
    const place = fakeChannel(atomic);
    const run = await start([place]);
    const { answer } = run.simulation;
    run.simulation.answer = (timestamp) => {
      run.execution.onPending(seen);
      return answer(timestamp);
    };
    await run.execution.submit(decision);
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: `trigger_replaced: by ${seen.hash}` }]);
    expect(run.signed.size).toBe(0);
    expect(place.sent).toEqual([]);
  });

  test("while a key elsewhere signs it, or a place simulates it: it is not sent, and its nonce is free", async () => {
    const local = createLocalSigner(secret(TEST_KEY));
    for (const at of ["signature", "simulation"]) {
      const place = fakeChannel(atomic);
      const signer: Signer = {
        address: local.address,
        signTransaction: (transaction) => {
          if (at === "signature") run.execution.onPending(replacement);
          return local.signTransaction(transaction);
        },
      };
      const simulate = () => {
        if (at === "simulation") run.execution.onPending(replacement);
        return Promise.resolve({ type: "ok", gasUsed: 1n } as const);
      };
      const channels = [{ ...place, simulate }];
      const run = await start(channels, {
        options: { relaySimulation: true },
        parts: { live: { signer, channels, keccak256: nobleKeccak256 } },
      });
      await run.execution.submit(decision);
      await run.execution.idle();
      expect(run.outcomes.at(-1)?.reason).toMatch(/^trigger_replaced/);
      expect(place.sent).toEqual([]);
      expect(run.execution.status()).toMatchObject({ openIntents: 0, nonces: { held: [] } });
    }
  });

  test("while it waits for its turn: refused, and nobody is asked about it", async () => {
    const place = fakeChannel(atomic);
    const run = await start([place]);
    const { answer } = run.simulation;
    run.simulation.answer = async (timestamp) => {
      await Promise.resolve();
      run.execution.onPending(replacement);
      return await answer(timestamp);
    };
    const first = run.execution.submit(decisionOf({ intentId: "settled" }));
    await Promise.all([first, run.execution.submit(decision)]);
    expect(run.outcomes).toMatchObject([{ intentId: decision.intentId, fate: "rejected" }]);
    expect(run.outcomes[0]?.reason).toMatch(/^trigger_replaced/);
    expect(run.simulation.asked).toHaveLength(1);
    expect(place.sent).toHaveLength(1);
  });

  test("others' transactions, and the trigger itself once more, change nothing", async () => {
    const place = fakeChannel(atomic);
    const run = await start([place]);
    const { answer } = run.simulation;
    run.simulation.answer = (timestamp) => {
      for (const each of [trigger, other, pendingOf({ nonce: 5 })]) run.execution.onPending(each);
      return answer(timestamp);
    };
    await run.execution.submit(decision);
    expect(run.outcomes).toEqual([]);
    expect(place.sent).toHaveLength(1);
  });
});

/** Of ours, the last one in each. */
const noncesAndTips = (place: FakeChannel) =>
  place.sent.map(({ transactions }) => {
    const { nonce, maxPriorityFeePerGas } = parseTransaction(transactions.at(-1) ?? "0x02");
    return [nonce, maxPriorityFeePerGas];
  });

describe("while a tail's channel has not answered", () => {
  test.each(["accepted", "timeout"] as const)(
    "the trigger is replaced: cancelled once it has answered %s, in the same block",
    async (result) => {
      const mempool = fakeChannel(false);
      const run = await start([mempool]);
      const held = hold(mempool);
      const work = run.execution.submit(decision);
      await held.asked();
      run.execution.onPending(replacement);
      held.answer({ result, detail: "" });
      await work;
      await run.execution.idle();
      expect(noncesAndTips(mempool)).toEqual([
        [7, 40_000_000_000n],
        [7, 44_000_000_000n],
      ]);
    },
  );

  test("its target block comes: cancelled once it has answered, not a block later", async () => {
    const mempool = fakeChannel(false);
    const run = await start([mempool]);
    const held = hold(mempool);
    const work = run.execution.submit(decision);
    await held.asked();
    run.execution.onBlock(headerOf(101));
    await Promise.resolve();
    held.answer(accepted);
    await work;
    await run.execution.idle();
    expect(mempool.sent).toHaveLength(2);
  });

  test("the trigger is replaced and the channel refuses: there is nothing to cancel", async () => {
    const mempool = fakeChannel(false);
    const run = await start([mempool]);
    const held = hold(mempool);
    const work = run.execution.submit(decision);
    await held.asked();
    run.execution.onPending(replacement);
    held.answer(refused);
    await work;
    await run.execution.idle();
    expect(mempool.sent).toHaveLength(1);
    expect(run.execution.status()).toMatchObject({ openIntents: 0, nonces: { held: [] } });
  });
});

describe("while a relay has not answered", () => {
  test.each<[string, SendResult, number]>([
    ["takes it all the same: it is told once more, the two may have met on the way", accepted, 2],
    ["refuses it: there is nothing more to take back", refused, 1],
  ])("the trigger is replaced: taken back at once; the relay %s", async (_name, answer, times) => {
    const { relay, channel, cancelled } = cancellingRelay();
    const run = await start([channel]);
    const held = hold(relay);
    const work = run.execution.submit(decision);
    await held.asked();
    run.execution.onPending(replacement);
    const id = relay.sent[0]?.id;
    expect(cancelled).toEqual([id]);
    held.answer(answer);
    await work;
    run.execution.onPending(replacement);
    await run.execution.idle();
    expect(cancelled).toEqual(Array.from({ length: times }, () => id));
  });

  const newer = backrunOf([other], { intentId: "newer" });

  test.each<[string, SendResult, boolean]>([
    ["refused: the older one is there again, and taken back", refused, true],
    ["taken: the older one has lost its place", accepted, false],
  ])("of a newer bundle the older one's trigger is replaced; the newer is %s", async (...row) => {
    const [, answer, takenBack] = row;
    const { relay, channel, cancelled } = cancellingRelay();
    const run = await start([channel]);
    await run.execution.submit(decision);
    const held = hold(relay);
    const work = run.execution.submit(newer);
    await held.asked();
    run.execution.onPending(replacement);
    await Promise.resolve();
    expect(cancelled).toEqual([]);
    held.answer(answer);
    await work;
    await run.execution.idle();
    expect(cancelled).toEqual(takenBack ? [relay.sent[0]?.id] : []);
  });

  test.each([true, false])(
    "two newer ones are refused: the oldest has its place again",
    async (newestFirst) => {
      const { relay, channel, cancelled } = cancellingRelay();
      const run = await start([channel]);
      await run.execution.submit(decision);
      const answers = [];
      for (const intentId of ["second", "third"]) {
        const held = hold(relay);
        const work = run.execution.submit({ ...newer, intentId });
        await held.asked();
        answers.push({ held, work });
      }
      for (const { held, work } of newestFirst ? answers.toReversed() : answers) {
        held.answer(refused);
        await work;
      }
      run.execution.onPending(replacement);
      await run.execution.idle();
      expect(cancelled).toEqual([relay.sent[0]?.id]);
    },
  );

  test("each place has its own: where the newer one was refused the older one is taken back", async () => {
    const [here, there] = [cancellingRelay(), cancellingRelay()];
    const run = await start([here.channel, { ...there.channel, name: "there" }]);
    await run.execution.submit(decision);
    there.relay.answer = () => Promise.resolve(refused);
    await run.execution.submit(newer);
    run.execution.onPending(replacement);
    await run.execution.idle();
    expect(here.cancelled).toEqual([]);
    expect(there.cancelled).toEqual([there.relay.sent[0]?.id]);
  });
});

const GWEI = 10n ** 9n;

test.each([true, false])(
  "one that the trigger outbids is no newcomer, whenever it is told (bundles: %s)",
  async (atomic) => {
    const fees = { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 40n * GWEI };
    const bidding = backrunOf([pendingOf(fees)]);
    const late = pendingOf({ value: 1n, maxFeePerGas: 300n * GWEI, maxPriorityFeePerGas: 30n * GWEI });
    const relay = cancellingRelay();
    const place = atomic ? relay.channel : fakeChannel(false);
    const run = await startFakes(bidding, [place]);
    run.chain.others.set(TRADER, 3);
    const { answer } = run.simulation;
    run.simulation.answer = (timestamp) => {
      run.execution.onPending(late);
      return answer(timestamp);
    };
    await run.execution.submit(bidding);
    run.execution.onPending(late);
    await run.execution.idle();
    expect([place.sent.length, relay.cancelled, run.outcomes]).toEqual([1, [], []]);
  },
);
