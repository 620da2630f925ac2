import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import { listen } from "../../support/devnetClient.ts";
import type { Listener, Notice } from "../../support/devnetClient.ts";
import { quoteSwap, swapCall } from "../../support/devnetSwaps.ts";

const SYNC = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1";
const SWAP = { from: "WPOL", to: "USDC.e", usd: 500 };
const BACK = { from: "USDC.e", to: "WPOL", usd: 500 };

const Head = z.looseObject({ number: z.string(), hash: z.string(), parentHash: z.string() });
const Log = z.looseObject({
  address: z.string(),
  blockHash: z.string(),
  removed: z.boolean(),
  data: z.string(),
});

let devnet: Devnet;
let client: Listener;
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());
beforeEach(async () => {
  client = await listen(devnet.wsUrl);
  await client.subscribe("heads", ["newHeads"]);
  await client.subscribe("logs", ["logs", { topics: [[SYNC]] }]);
  return () => {
    client.close();
  };
});

const heads = (notices: readonly Notice[]) => notices.map(({ result }) => Head.parse(result));
const logs = (notices: readonly Notice[]) => notices.map(({ result }) => Log.parse(result));

/** Blocks with one swap in each, there and back in turn. */
async function trade(blocks: number): Promise<void> {
  const { alice } = devnet.accounts;
  for (let i = 0; i < blocks; i++) {
    await devnet.transact(alice, swapCall(devnet, alice, i % 2 === 0 ? SWAP : BACK));
    await devnet.build();
  }
}

for (const depth of [1, 5, 64]) {
  for (const removed of [true, false]) {
    test(`reorg of depth ${depth}, ${removed ? "with" : "without"} removed logs`, async () => {
      await trade(depth);
      const old = heads(await client.until("heads", depth));
      await client.until("logs", depth);
      const parent = old[0]?.parentHash;
      const quote = await quoteSwap(devnet, SWAP);

      const fresh = await devnet.reorg(depth, { removed, keeps: "remine" });

      const told = heads(await client.until("heads", 2 * depth)).slice(depth);
      expect(told.map(({ hash }) => hash)).toEqual(fresh.map(({ hash }) => hash));
      expect(told.map(({ number }) => number)).toEqual(old.map(({ number }) => number));
      expect(told.filter(({ hash }) => old.some((one) => one.hash === hash))).toEqual([]);
      expect(told.map(({ parentHash }) => parentHash)).toEqual([
        parent,
        ...told.slice(0, -1).map(({ hash }) => hash),
      ]);
      const all = logs(await client.until("logs", (removed ? 3 : 2) * depth));
      const after = all.slice(depth);
      const gone = after.filter((log) => log.removed);
      expect(gone.map(({ blockHash }) => blockHash)).toEqual(
        removed ? old.toReversed().map(({ hash }) => hash) : [],
      );
      expect(after.filter((log) => !log.removed).map(({ blockHash }) => blockHash)).toEqual(
        told.map(({ hash }) => hash),
      );
      // The same transactions in the same order leave the same state.
      expect(await quoteSwap(devnet, SWAP)).toBe(quote);
      expect(await devnet.rpc("eth_getBlockByNumber", ["latest", false])).toMatchObject({
        hash: told.at(-1)?.hash,
      });
    });
  }
}

test("keeps return: the blocks are empty, the transactions come back to the pool and are announced again", async () => {
  const before = await quoteSwap(devnet, SWAP);
  await trade(3);
  const after = await quoteSwap(devnet, SWAP);
  expect(after).not.toBe(before);
  await client.subscribe("pending", ["newPendingTransactions"]);
  const fresh = await devnet.reorg(3, { keeps: "return" });
  expect(fresh.flatMap(({ transactions }) => transactions)).toEqual([]);
  expect(await quoteSwap(devnet, SWAP)).toBe(before);
  const again = (await client.until("pending", 3)).map(({ result }) => result);
  const block = await devnet.build();
  expect(block.transactions.map(({ hash }) => hash)).toEqual(again);
  expect(await quoteSwap(devnet, SWAP)).toBe(after);
});

test("keeps forget: the transactions are gone", async () => {
  const before = await quoteSwap(devnet, SWAP);
  await trade(2);
  await devnet.reorg(2, { keeps: "forget" });
  const block = await devnet.build();
  expect(block.transactions).toEqual([]);
  expect(await quoteSwap(devnet, SWAP)).toBe(before);
});

test("heads last: only the new top is announced", async () => {
  await trade(3);
  await client.until("heads", 3);
  await devnet.reorg(3, { heads: "last" });
  await devnet.build();
  const told = heads(await client.until("heads", 5)).slice(3);
  expect(told.map(({ number }) => Number(number))).toEqual([devnet.head().number - 1, devnet.head().number]);
});

test("a reorg deeper than the chain is refused", async () => {
  await expect(devnet.reorg(100_000)).rejects.toThrow(/a reorg can replace 1 to \d+ blocks now, not 100000/);
});

test("blocks go on after reorgs, and again after another", async () => {
  await trade(2);
  await devnet.reorg(2);
  await trade(2);
  await devnet.reorg(4);
  const block = await devnet.build();
  const chain = await devnet.rpc("eth_getBlockByNumber", [`0x${(block.number - 1).toString(16)}`, false]);
  expect(chain).toMatchObject({ hash: block.parentHash });
});
