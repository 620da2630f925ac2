import { beforeEach, describe, expect, test } from "vitest";
import { POLYGON_FEES } from "../../../src/chain/fees.ts";
import type { Hash } from "../../../src/chain/types.ts";
import type { FateRecord } from "../../../src/execution/journal.ts";
import { createTracker, type Head, type TrackedIntent } from "../../../src/execution/tracker.ts";
import { listenerParts } from "../../support/executionParts.ts";
import { EXECUTOR, addressOf, hashOf } from "../../support/executionPlan.ts";

const GWEI = 1_000_000_000n;
const CONFIRMATIONS = 2;
const OURS = hashOf(0xaa);

const intent: TrackedIntent = {
  intentId: "i1",
  hash: OURS,
  nonce: 7,
  fees: { maxFeePerGas: 60n * GWEI, maxPriorityFeePerGas: 30n * GWEI },
  sender: addressOf(1),
  executor: EXECUTOR,
  predicted: [],
  lastBlock: 101,
  atomicOnly: true,
  expires: true,
  behind: [],
  recovered: false,
  spentLooks: 0,
  cancelFrom: 103,
  cancelledAt: null,
};

const receipt = (block: number) => ({
  blockHash: hashOf(block),
  blockNumber: `0x${block.toString(16)}`,
  transactionHash: OURS,
  transactionIndex: "0x0",
  status: "0x1",
  gasUsed: "0x1",
  effectiveGasPrice: "0x1",
  logs: [],
});

/** Resolves everybody when `parties` wait. */
function createBarrier(parties: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      if (waiting.push(resolve) === parties) for (const release of waiting.splice(0)) release();
    });
}

/** A chain as one node sees it: the sender's spent nonces, and the block that holds our transaction. */
function createStage() {
  const heard = listenerParts();
  const booked: FateRecord[] = [];
  const cancelled: bigint[] = [];
  const nonces: string[] = [];
  const chain = {
    spent: 7,
    mined: null as number | null,
    /** Whose receipt it is; null: anybody's who asks. */
    minedHash: null as Hash | null,
    takesCancellations: true,
  };
  const node = { pause: (): Promise<void> => Promise.resolve() };
  const tracker = createTracker(
    { confirmations: CONFIRMATIONS, cancelAfterBlocks: 2, timeoutMs: 1000, fees: POLYGON_FEES },
    {
      ...heard.parts,
      rpc: {
        request: async (method, [asked]) => {
          await node.pause();
          if (method === "eth_getTransactionCount") return `0x${chain.spent.toString(16)}`;
          const known = chain.minedHash === null || chain.minedHash === asked;
          return chain.mined === null || !known ? null : receipt(chain.mined);
        },
      },
      journal: {
        open: () => undefined,
        signed: () => undefined,
        submitted: () => undefined,
        close: (record) => void booked.push(record),
        openIntents: () => [],
        tailTriggers: () => [],
      },
      onNonce: (change) => void nonces.push(change),
      cancel: (_intent, { maxFeePerGas }) => {
        cancelled.push(maxFeePerGas);
        return Promise.resolve(chain.takesCancellations);
      },
    },
  );
  const watch = (changes: Partial<TrackedIntent> = {}): void => {
    tracker.watch({ ...intent, ...changes });
    tracker.sent(intent.intentId, null);
  };
  const look = (number: number, baseFeePerGas = 25n * GWEI): Promise<void> => {
    const head: Head = { number, hash: hashOf(number), baseFeePerGas };
    return tracker.look(head);
  };
  return { ...heard, booked, cancelled, nonces, chain, node, tracker, watch, look };
}

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage();
});
const bookedFates = (): string[] => stage.booked.map(({ fate, block }) => `${fate} ${block?.number}`);

describe("a fate is final only when its blocks are confirmed", () => {
  test("missed, then its block is undone and the one in its place holds it: included, and booked so", async () => {
    stage.watch();
    await stage.look(101);
    expect(stage.fates()).toEqual(["missed"]);
    expect(stage.nonces).toEqual(["freed"]);
    expect(bookedFates()).toEqual([]);
    stage.tracker.reverted({ number: 101, hash: hashOf(101) });
    Object.assign(stage.chain, { spent: 8, mined: 101 });
    await stage.look(101);
    await stage.look(103);
    expect(stage.fates()).toEqual(["missed", "included"]);
    expect(bookedFates()).toEqual(["included 101"]);
    expect(stage.tracker.open).toBe(0);
  });

  test("missed stays missed when the next plan spends the nonce", async () => {
    stage.watch();
    await stage.look(101);
    stage.chain.spent = 8;
    await stage.look(102);
    await stage.look(103);
    expect(stage.fates()).toEqual(["missed"]);
    expect(bookedFates()).toEqual(["missed undefined"]);
  });

  test("missed, then the chain falls back behind its last block: open again, and its nonce with it", async () => {
    stage.watch();
    await stage.look(101);
    await stage.look(100);
    expect(stage.fates()).toEqual(["missed", "unknown"]);
    expect(stage.nonces).toEqual(["freed", "held"]);
    await stage.look(101);
    await stage.look(103);
    expect(bookedFates()).toEqual(["missed undefined"]);
  });

  test("replaced, then the replacement is undone and ours lands", async () => {
    stage.watch({ atomicOnly: false, expires: false });
    stage.chain.spent = 8;
    await stage.look(101);
    await stage.look(102);
    expect(stage.fates()).toEqual(["replaced"]);
    stage.chain.mined = 101;
    await stage.look(103);
    expect(stage.fates()).toEqual(["replaced", "included"]);
    expect(bookedFates()).toEqual(["included 101"]);
  });

  test("a receipt that the head's own state does not know is another fork's: it decides nothing", async () => {
    stage.watch();
    stage.chain.mined = 100;
    await stage.look(102);
    expect(stage.fates()).toEqual([]);
    expect(bookedFates()).toEqual([]);
    stage.chain.spent = 8;
    await stage.look(103);
    expect(bookedFates()).toEqual(["included 100"]);
  });
});

describe("alternates", () => {
  test("the one that did not land is replaced by the other; when that is undone it has missed", async () => {
    stage.watch();
    const other = { ...intent, intentId: "i2", hash: hashOf(0xbb) };
    stage.tracker.watch(other);
    stage.tracker.sent("i2", null);
    Object.assign(stage.chain, { spent: 8, mined: 101, minedHash: OURS });
    await stage.look(101);
    await stage.look(102);
    const told = (): string[] =>
      stage.outcomes.map(({ intentId, fate, reason }) => `${intentId} ${fate} ${reason}`);
    expect(told()).toEqual(["i1 included ", "i2 replaced its alternate i1 landed"]);
    stage.tracker.reverted({ number: 101, hash: hashOf(101) });
    Object.assign(stage.chain, { spent: 7, mined: null });
    await stage.look(101);
    expect(told().slice(2)).toEqual([
      "i1 unknown its block was reverted",
      "i1 missed target block passed",
      "i2 missed target block passed",
    ]);
    await stage.look(105);
    expect(bookedFates()).toEqual(["missed undefined", "missed undefined"]);
  });
});

test("all open intents are asked for at once: the next plan waits for the look", async () => {
  for (const intentId of ["i1", "i2", "i3"]) {
    stage.tracker.watch({ ...intent, intentId });
    stage.tracker.sent(intentId, null);
  }
  // One after the other, nobody would come through.
  stage.node.pause = createBarrier(3);
  await stage.look(103);
  expect(bookedFates()).toHaveLength(3);
});

describe("cancelling a lingering transaction", () => {
  test("bids above the transaction once, and higher only when the chain has become dearer", async () => {
    stage.watch({ atomicOnly: false, expires: false });
    for (let head = 103; head <= 143; head += 2) await stage.look(head);
    expect(new Set(stage.cancelled)).toEqual(new Set([66n * GWEI]));
    await stage.look(145, 100n * GWEI);
    expect(stage.cancelled.at(-1)).toBe(140_250_000_000n);
  });

  test("one that no place took is tried again at the next block", async () => {
    stage.chain.takesCancellations = false;
    stage.watch({ atomicOnly: false, expires: false });
    await stage.look(103);
    await stage.look(104);
    expect(stage.cancelled).toHaveLength(2);
    stage.chain.spent = 8;
    await stage.look(105);
    await stage.look(106);
    expect(stage.outcomes).toMatchObject([
      { fate: "replaced", reason: "nonce spent by another transaction" },
    ]);
  });
});
