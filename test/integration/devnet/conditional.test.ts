import { keccak256 } from "viem";
import type { Hex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { DevAccount } from "../../../devnet/accounts.ts";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import { HashText, word } from "../../../devnet/hex.ts";
import { RpcError } from "../../../devnet/rpc.ts";
import { nonceOf, sign } from "../../../devnet/signing.ts";
import { askRelay, listen } from "../../support/devnetClient.ts";
import { swapCall } from "../../support/devnetSwaps.ts";

const GWEI = 1_000_000_000n;
/** A pair's reserves stand in its ninth slot. */
const RESERVES = word(8);
const SWAP = { from: "WPOL", to: "USDC.e", usd: 700 };

let devnet: Devnet;
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());

const pair = (): Hex => {
  const found = devnet.pools.find(
    ({ dex, symbols }) => dex === "quickswap_v2" && symbols.toSorted().join("/") === "USDC.e/WPOL",
  );
  if (found === undefined) throw new Error("no such pair");
  return found.address;
};

const reserves = async (): Promise<string> =>
  HashText.parse(await devnet.rpc("eth_getStorageAt", [pair(), RESERVES, "latest"]));

const swap = async (account: DevAccount, tip: bigint, ahead = 0): Promise<Hex> => {
  const rpc = { request: devnet.rpc, close: () => Promise.resolve() };
  const nonce = (await nonceOf(rpc, account.address, "latest")) + ahead;
  return sign(account, nonce, swapCall(devnet, account, SWAP), {
    maxFeePerGas: 1000n * GWEI,
    maxPriorityFeePerGas: tip * GWEI,
  });
};

const conditional = async (raw: Hex, conditions: Record<string, unknown>): Promise<unknown> => {
  try {
    return await devnet.rpc("bor_sendRawTransactionConditional", [raw, conditions]);
  } catch (error) {
    if (error instanceof RpcError) return [error.code, error.message];
    throw error;
  }
};

const builtHashes = async (): Promise<readonly string[]> =>
  (await devnet.build()).transactions.map(({ hash }) => hash);

test("whose conditions hold is taken, not announced, and mined", async () => {
  const { alice, bob } = devnet.accounts;
  const { number, timestamp } = devnet.head();
  const client = await listen(devnet.wsUrl);
  await client.subscribe("pending", ["newPendingTransactions"]);
  const raw = await swap(alice, 60n);
  const hash = await conditional(raw, {
    blockNumberMin: number,
    blockNumberMax: number + 2,
    timestampMin: timestamp,
    timestampMax: timestamp + 10,
    knownAccounts: { [pair()]: { [RESERVES]: await reserves() } },
  });
  expect(hash).toBe(keccak256(raw));
  expect(await devnet.rpc("eth_getTransactionByHash", [hash])).toBeNull();
  const open = await devnet.send(await swap(bob, 40n));
  expect(await client.until("pending", 1)).toEqual([{ kind: "pending", result: open }]);
  client.close();
  expect(await builtHashes()).toEqual([hash, open]);
});

test("conditions are judged by the head when it is sent: -32003, with Bor's words", async () => {
  const { alice } = devnet.accounts;
  const { number, timestamp } = devnet.head();
  const raw = await swap(alice, 60n);
  const refused: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ blockNumberMin: number + 1 }, "out of block range. err: current block number"],
    [{ blockNumberMax: number - 1 }, "out of block range"],
    [{ timestampMin: timestamp + 1 }, "out of time range"],
    [{ timestampMax: timestamp - 1 }, "out of time range"],
    [{ knownAccounts: { [pair()]: { [RESERVES]: word(1) } } }, "storage error. err: invalid slot value"],
    [{ knownAccounts: { [pair()]: word(1) } }, "storage error. err: invalid root hash"],
  ];
  for (const [conditions, words] of refused) {
    expect(await conditional(raw, conditions)).toEqual([-32003, expect.stringContaining(words)]);
  }
  expect(await builtHashes()).toEqual([]);
});

test("a thousand slots are too many: -32005; what is no number or hash is no condition", async () => {
  const { alice } = devnet.accounts;
  const raw = await swap(alice, 60n);
  const slots = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [word(i), word(0)]));
  expect(await conditional(raw, { knownAccounts: { [pair()]: slots } })).toEqual([
    -32005,
    "limit exceeded. err: number of slots/accounts in KnownAccounts 1000 exceeds the limit of 1000",
  ]);
  const malformed = [{ blockNumberMin: "0x1" }, { knownAccounts: { [pair()]: { "0x8": word(1) } } }, null];
  for (const conditions of malformed) {
    await expect(devnet.rpc("bor_sendRawTransactionConditional", [raw, conditions])).rejects.toThrow(
      /number|hash|object/,
    );
  }
});

test("an account's storage root is a condition as well", async () => {
  const { carol } = devnet.accounts;
  const proof = z
    .object({ storageHash: HashText })
    .parse(await devnet.rpc("eth_getProof", [pair(), [], "latest"]));
  const raw = await swap(carol, 50n);
  const hash = await conditional(raw, { knownAccounts: { [pair()]: proof.storageHash } });
  expect(await builtHashes()).toEqual([hash]);
});

test("in the block it is judged at its place: a swap before it spoils it, and it is gone", async () => {
  const { alice, bob, carol } = devnet.accounts;
  const before = await reserves();
  const raw = await swap(alice, 60n);
  const later = await swap(alice, 60n, 1);
  await conditional(raw, { knownAccounts: { [pair()]: { [RESERVES]: before } } });
  await devnet.send(later);
  // Pays more, so it comes first and moves the reserves; carol's comes after both.
  const first = await devnet.send(await swap(bob, 90n));
  const last = await devnet.send(await swap(carol, 30n));
  expect(await builtHashes()).toEqual([first, last]);
  // Bor drops at the next head what no longer holds: the later nonce waits behind a gap.
  expect(await builtHashes()).toEqual([]);
  expect(await conditional(raw, {})).toBe(keccak256(raw));
  expect(await builtHashes()).toEqual([keccak256(raw), keccak256(later)]);
});

test("a better place than the spoiler's, and it stands", async () => {
  const { alice, bob } = devnet.accounts;
  const ours = await conditional(await swap(alice, 95n), {
    knownAccounts: { [pair()]: { [RESERVES]: await reserves() } },
  });
  const spoiler = await devnet.send(await swap(bob, 90n));
  expect(await builtHashes()).toEqual([ours, spoiler]);
});

test("a bundle before it spoils it too", async () => {
  const { alice, bob } = devnet.accounts;
  const raw = await swap(alice, 95n);
  await conditional(raw, { knownAccounts: { [pair()]: { [RESERVES]: await reserves() } } });
  const bundled = await swap(bob, 30n);
  await askRelay(devnet.relayUrl, devnet.accounts.operator, "eth_sendBundle", [
    { txs: [bundled], blockNumber: `0x${(devnet.head().number + 1).toString(16)}` },
  ]);
  expect(await builtHashes()).toEqual([keccak256(bundled)]);
});

test("past its last block it is dropped unmined", async () => {
  const { carol } = devnet.accounts;
  const { number } = devnet.head();
  // Below the base fee: it waits in the pool.
  devnet.setBaseFee(2000n * GWEI);
  const raw = await swap(carol, 60n);
  await conditional(raw, { blockNumberMax: number + 1 });
  expect(await builtHashes()).toEqual([]);
  devnet.setBaseFee(30n * GWEI);
  expect(await builtHashes()).toEqual([]);
  expect(await builtHashes()).toEqual([]);
});
