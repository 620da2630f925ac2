import { keccak256, parseTransaction, serializeTransaction } from "viem";
import type { Hex, TransactionSerializable } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { DevAccount } from "../../../devnet/accounts.ts";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import { AddressText, HashText, HexText, Quantity, word } from "../../../devnet/hex.ts";
import { nonceOf, sign } from "../../../devnet/signing.ts";
import type { Fees, GasPrice } from "../../../devnet/signing.ts";
import { listen } from "../../support/devnetClient.ts";
import { swapCall } from "../../support/devnetSwaps.ts";

const GWEI = 1_000_000_000n;
const SWAP = { from: "WPOL", to: "USDC.e", usd: 500 };

let devnet: Devnet;
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());

const signed = async (account: DevAccount, fees: Fees | GasPrice, usd = SWAP.usd): Promise<Hex> => {
  const rpc = { request: devnet.rpc, close: () => Promise.resolve() };
  const nonce = await nonceOf(rpc, account.address, "pending");
  return sign(account, nonce, swapCall(devnet, account, { ...SWAP, usd }), fees);
};

/** One signed swap of each type. */
const oneOfEach = async (): Promise<Readonly<Record<"0x0" | "0x1" | "0x2", Hex>>> => {
  const { alice, bob, carol } = devnet.accounts;
  const accessList = [{ address: devnet.registry.wrapped, storageKeys: [word(3), word(4)] }];
  return {
    "0x0": await signed(alice, { gasPrice: 90n * GWEI }),
    "0x1": await signed(bob, { gasPrice: 80n * GWEI, accessList }),
    "0x2": await signed(carol, { maxFeePerGas: 300n * GWEI, maxPriorityFeePerGas: 40n * GWEI }),
  };
};

const Body = z.looseObject({
  type: z.enum(["0x0", "0x1", "0x2"]),
  hash: HashText,
  chainId: z.literal("0x89"),
  nonce: Quantity.transform(Number),
  to: AddressText,
  value: Quantity,
  gas: Quantity,
  input: HexText,
  gasPrice: Quantity,
  maxFeePerGas: Quantity.optional(),
  maxPriorityFeePerGas: Quantity.optional(),
  accessList: z.array(z.object({ address: AddressText, storageKeys: z.array(HashText) })).optional(),
  yParity: Quantity.transform(Number).optional(),
  v: Quantity,
  r: HexText,
  s: HexText,
});

/** The transaction's bytes out of its body, as a searcher must rebuild them. */
function rebuilt(json: unknown): Hex {
  const body = Body.parse(json);
  const { nonce, to, value, gas, input, gasPrice, accessList = [], r, s, v, yParity = 0 } = body;
  const common = { chainId: 137, nonce, to, value, gas, data: input };
  const { maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = body;
  const types: Readonly<Record<typeof body.type, TransactionSerializable>> = {
    "0x0": { ...common, type: "legacy", gasPrice },
    "0x1": { ...common, type: "eip2930", gasPrice, accessList },
    "0x2": { ...common, type: "eip1559", maxFeePerGas, maxPriorityFeePerGas, accessList },
  };
  const signature = body.type === "0x0" ? { r, s, v } : { r, s, yParity };
  return serializeTransaction(types[body.type], signature);
}

test("a pending body has all that was signed: its bytes can be rebuilt, for types 0, 1 and 2", async () => {
  const client = await listen(devnet.wsUrl);
  await client.subscribe("full", ["newPendingTransactions", true]);
  const raws = await oneOfEach();
  for (const raw of Object.values(raws)) await devnet.send(raw);
  const notices = await client.until("full", 3);
  client.close();
  expect(notices.map(({ result }) => rebuilt(result))).toEqual(Object.values(raws));
  for (const [type, raw] of Object.entries(raws)) {
    const body: unknown = await devnet.rpc("eth_getTransactionByHash", [keccak256(raw)]);
    expect(body).toMatchObject({ type, blockHash: null, blockNumber: null, transactionIndex: null });
    expect(rebuilt(body)).toBe(raw);
    expect(await devnet.rpc("eth_getRawTransactionByHash", [keccak256(raw)])).toBe(raw);
  }
});

test("bodies are as geth's: v is the parity but for type 0, gasPrice the fee cap while pending", async () => {
  // The three of before are still pending.
  const content = z
    .object({ pending: z.record(z.string(), z.record(z.string(), Body)) })
    .parse(await devnet.rpc("txpool_content"));
  const bodies = Object.values(content.pending).flatMap((row) => Object.values(row));
  expect(bodies.length).toBe(3);
  const legacy = bodies.find(({ type }) => type === "0x0");
  expect([35n + 2n * 137n, 36n + 2n * 137n]).toContain(legacy?.v);
  expect(legacy).not.toHaveProperty("accessList");
  expect(legacy).not.toHaveProperty("yParity");
  for (const body of bodies.filter(({ type }) => type !== "0x0")) {
    expect(body.v).toBe(BigInt(body.yParity ?? 9));
  }
  const dynamic = bodies.find(({ type }) => type === "0x2");
  expect(dynamic?.gasPrice).toBe(dynamic?.maxFeePerGas);
  expect(await devnet.rpc("txpool_contentFrom", [devnet.accounts.carol.address])).toMatchObject({
    pending: { "0": { hash: dynamic?.hash } },
  });
  expect(await devnet.rpc("txpool_contentFrom", [devnet.accounts.owner.address])).toEqual({
    pending: {},
    queued: {},
  });
  await devnet.build();
  const mined: unknown = await devnet.rpc("eth_getTransactionByHash", [dynamic?.hash]);
  expect(mined).toMatchObject({
    gasPrice: `0x${(70n * GWEI).toString(16)}`,
    v: expect.stringMatching(/^0x[01]$/),
  });
});

test("a plain gas price counts with what it leaves above the base fee", async () => {
  const { alice, bob, carol } = devnet.accounts;
  const rows = [
    await signed(alice, { gasPrice: 100n * GWEI }, 301),
    await signed(bob, { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 71n * GWEI }, 302),
    await signed(carol, { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 70n * GWEI }, 303),
  ];
  for (const raw of rows) await devnet.send(raw);
  const { transactions } = await devnet.build();
  // Base fee 30: alice leaves 70 as carol does, and was seen before her.
  expect(transactions.map(({ from }) => from)).toEqual([bob, alice, carol].map(({ address }) => address));
});

test("a block by hash lists its transactions' hashes", async () => {
  const raws = await oneOfEach();
  for (const raw of Object.values(raws)) await devnet.send(raw);
  const { hash, transactions } = await devnet.build();
  const answer: unknown = await devnet.rpc("eth_getBlockByHash", [hash, false]);
  expect(answer).toMatchObject({ hash, transactions: transactions.map((row) => row.hash) });
  const full: unknown = await devnet.rpc("eth_getBlockByHash", [hash, true]);
  const bodies = z.object({ transactions: z.array(z.looseObject({ input: HexText })) }).parse(full);
  expect(bodies.transactions.map(({ input }) => input)).toEqual(
    transactions.map(({ signed: { raw } }) => parseTransaction(z.custom<`0x02${string}`>().parse(raw)).data),
  );
});

test("fee history: the chain's own next base fee, tips by gas used", async () => {
  const { alice, bob } = devnet.accounts;
  await devnet.send(await signed(alice, { gasPrice: 130n * GWEI }));
  await devnet.send(await signed(bob, { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 31n * GWEI }));
  const block = await devnet.build();
  devnet.setBaseFee(33n * GWEI);
  const hex = (gwei: bigint): string => `0x${(gwei * GWEI).toString(16)}`;
  const used = block.transactions.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0);
  expect(await devnet.rpc("eth_feeHistory", ["0x1", "latest", [10, 90]])).toEqual({
    oldestBlock: `0x${block.number.toString(16)}`,
    baseFeePerGas: [hex(30n), hex(33n)],
    gasUsedRatio: [used / 140_000_000],
    reward: [[hex(31n), hex(100n)]],
  });
  await devnet.build();
  const older = await devnet.rpc("eth_feeHistory", ["0x3", `0x${block.number.toString(16)}`, []]);
  expect(older).toMatchObject({ baseFeePerGas: [hex(30n), hex(30n), hex(30n), hex(33n)] });
  expect(older).not.toHaveProperty("reward");
  const empty = await devnet.rpc("eth_feeHistory", ["0x1", "latest", [50]]);
  expect(empty).toMatchObject({ reward: [["0x0"]], gasUsedRatio: [0] });
  await expect(devnet.rpc("eth_feeHistory", ["0x1", "0xffff", []])).rejects.toThrow("beyond head");
  devnet.setBaseFee(30n * GWEI);
});
