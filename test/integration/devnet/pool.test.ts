import { afterAll, beforeAll, expect, test } from "vitest";
import type { Hex } from "viem";
import { z } from "zod";
import type { DevAccount } from "../../../devnet/accounts.ts";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import { nonceOf, sign } from "../../../devnet/signing.ts";
import { listen } from "../../support/devnetClient.ts";

const GWEI = 1_000_000_000n;

let devnet: Devnet;
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());

const fees = (tip: number, cap = 1000) => ({
  maxPriorityFeePerGas: BigInt(tip) * GWEI,
  maxFeePerGas: BigInt(cap) * GWEI,
});

const nextNonce = (account: DevAccount): Promise<number> =>
  nonceOf({ request: devnet.rpc, close: () => Promise.resolve() }, account.address, "latest");

let salt = 0n;

/** A transfer of one wei more each time, so that no two transactions are alike. */
const transfer = (account: DevAccount, nonce: number, tip: number, cap = 1000): Promise<Hex> =>
  sign(
    account,
    nonce,
    { to: devnet.accounts.owner.address, data: "0x", gas: 21_000n, value: ++salt },
    fees(tip, cap),
  );

const hashes = async (): Promise<readonly string[]> =>
  (await devnet.build()).transactions.map(({ hash }) => hash);

test("the effective tip decides, not the fee cap and not the arrival", async () => {
  const { alice, bob, carol } = devnet.accounts;
  const low = await devnet.send(await transfer(alice, await nextNonce(alice), 30, 5000));
  const high = await devnet.send(await transfer(bob, await nextNonce(bob), 200, 300));
  // A tip of 100 is offered, but the cap leaves only 70 above the base fee.
  const capped = await devnet.send(
    await sign(
      carol,
      await nextNonce(carol),
      { to: carol.address, data: "0x", gas: 21_000n },
      { maxPriorityFeePerGas: 100n * GWEI, maxFeePerGas: 100n * GWEI },
    ),
  );
  expect(await hashes()).toEqual([high, capped, low]);
});

test("ties go to the first seen", async () => {
  const { alice, bob, carol } = devnet.accounts;
  const sent: string[] = [];
  for (const account of [carol, alice, bob]) {
    sent.push(await devnet.send(await transfer(account, await nextNonce(account), 50)));
  }
  expect(await hashes()).toEqual(sent);
});

test("a sender's nonces stay in order, even when the later one pays more", async () => {
  const { alice, bob } = devnet.accounts;
  const nonce = await nextNonce(alice);
  // The later nonce arrives first: it waits for the earlier one.
  const second = await devnet.send(await transfer(alice, nonce + 1, 500));
  const middle = await devnet.send(await transfer(bob, await nextNonce(bob), 100));
  const first = await devnet.send(await transfer(alice, nonce, 40));
  expect(await hashes()).toEqual([middle, first, second]);
});

test("a gap in the nonces is kept out of the block until it is filled", async () => {
  const { carol } = devnet.accounts;
  const nonce = await nextNonce(carol);
  const later = await devnet.send(await transfer(carol, nonce + 1, 50));
  expect(await hashes()).toEqual([]);
  const filler = await devnet.send(await transfer(carol, nonce, 50));
  expect(await hashes()).toEqual([filler, later]);
});

test("a tip below 25 gwei is refused, 25 is taken", async () => {
  const { alice } = devnet.accounts;
  const nonce = await nextNonce(alice);
  await expect(devnet.send(await transfer(alice, nonce, 24))).rejects.toThrow(
    "transaction underpriced: gas tip cap 24000000000, minimum needed 25000000000",
  );
  const taken = await devnet.send(await transfer(alice, nonce, 25));
  expect(await hashes()).toEqual([taken]);
});

test("a replacement needs 10 % more on both fields", async () => {
  const { bob } = devnet.accounts;
  const nonce = await nextNonce(bob);
  await devnet.send(await transfer(bob, nonce, 100, 1000));
  for (const [tip, cap] of [
    [109, 1100],
    [110, 1099],
    [500, 1000],
    [100, 2000],
  ] as const) {
    await expect(devnet.send(await transfer(bob, nonce, tip, cap))).rejects.toThrow(
      "replacement transaction underpriced",
    );
  }
  const replacement = await devnet.send(await transfer(bob, nonce, 110, 1100));
  expect(await hashes()).toEqual([replacement]);
});

test("what does not cover the base fee is kept, and mined when the base fee falls", async () => {
  const { alice } = devnet.accounts;
  devnet.setBaseFee(300n * GWEI);
  const waiting = await devnet.send(await transfer(alice, await nextNonce(alice), 100, 200));
  const block = await devnet.build();
  expect(block.transactions).toEqual([]);
  expect(block.baseFeePerGas).toBe(300n * GWEI);
  devnet.setBaseFee(30n * GWEI);
  expect(await hashes()).toEqual([waiting]);
});

test("refusals carry Bor's words", async () => {
  const { alice, bob } = devnet.accounts;
  const nonce = await nextNonce(alice);
  const raw = await transfer(alice, nonce, 50);
  await devnet.send(raw);
  await expect(devnet.send(raw)).rejects.toThrow("already known");
  await devnet.build();
  await expect(devnet.send(await transfer(alice, nonce, 50))).rejects.toThrow("nonce too low");
  const rich = { to: bob.address, data: "0x", gas: 21_000n, value: 10n ** 30n } as const;
  await expect(devnet.transact(bob, rich)).rejects.toThrow("insufficient funds for gas * price + value");
  const hungry = { to: bob.address, data: "0x", gas: 16_777_217n } as const;
  await expect(devnet.transact(bob, hungry, fees(30, 50))).rejects.toThrow(
    "transaction gas limit too high (cap: 16777216, tx: 16777217)",
  );
  const dear = { to: bob.address, data: "0x", gas: 1_000_001n } as const;
  await expect(devnet.transact(bob, dear, fees(30, 1000))).rejects.toThrow(
    "tx fee (1.000001 ether) exceeds the configured cap (1.00 ether)",
  );
  await expect(devnet.send("0x02c0")).rejects.toThrow(/rlp/);
  const foreign = await bob.signer.signTransaction({
    type: "eip1559",
    chainId: 1,
    nonce: 0,
    gas: 21_000n,
    ...fees(50),
  });
  await expect(devnet.send(foreign)).rejects.toThrow("invalid chain id for signer: have 1 want 137");
});

test("pending transactions are answered for: by hash, as nonce, in txpool_*", async () => {
  const { alice } = devnet.accounts;
  const nonce = await nextNonce(alice);
  const hash = await devnet.send(await transfer(alice, nonce, 50));
  expect(await devnet.rpc("eth_getTransactionByHash", [hash])).toMatchObject({
    hash,
    from: alice.address,
    nonce: `0x${nonce.toString(16)}`,
    blockHash: null,
    maxPriorityFeePerGas: `0x${(50n * GWEI).toString(16)}`,
  });
  expect(await devnet.rpc("eth_getTransactionCount", [alice.address, "pending"])).toBe(
    `0x${(nonce + 1).toString(16)}`,
  );
  expect(await devnet.rpc("txpool_status")).toEqual({ pending: "0x1", queued: "0x0" });
  expect(await devnet.rpc("txpool_content")).toMatchObject({
    pending: { [alice.address]: { [String(nonce)]: { hash } } },
  });
  await devnet.build();
  expect(await devnet.rpc("txpool_status")).toEqual({ pending: "0x0", queued: "0x0" });
  expect(await devnet.rpc("eth_getTransactionByHash", [hash])).toMatchObject({
    blockHash: devnet.head().hash,
  });
});

test("a private transaction is mined, and nobody hears or sees it before", async () => {
  const { alice, bob } = devnet.accounts;
  const client = await listen(devnet.wsUrl);
  await client.subscribe("pending", ["newPendingTransactions"]);
  const raw = await transfer(alice, await nextNonce(alice), 60);
  const hidden = z.string().parse(await devnet.rpc("eth_sendRawTransactionPrivate", [raw]));
  expect(await devnet.rpc("eth_getTransactionByHash", [hidden])).toBeNull();
  expect(await devnet.rpc("txpool_status")).toEqual({ pending: "0x0", queued: "0x0" });
  // Sent later on the same node: its notice would come after that of the private one.
  const open = await devnet.send(await transfer(bob, await nextNonce(bob), 40));
  expect(await client.until("pending", 1)).toEqual([{ kind: "pending", result: open }]);
  expect(await hashes()).toEqual([hidden, open]);
  client.close();
});

test("timestamps by hand are two seconds apart and the same in every run", async () => {
  const before = devnet.head();
  const block = await devnet.build(3);
  expect(block.timestamp - before.timestamp).toBe(6);
  expect((before.timestamp - 1_790_000_000) % 2).toBe(0);
});

test("reads and writes of anvil pass: simulation, traces, fee history, state writes", async () => {
  const { alice } = devnet.accounts;
  const calls = [{ from: alice.address, to: alice.address, value: "0x1" }];
  const simulated = await devnet.rpc("eth_simulateV1", [{ blockStateCalls: [{ calls }] }, "latest"]);
  expect(simulated).toMatchObject([{ calls: [{ status: "0x1" }] }]);
  const traced = await devnet.rpc("debug_traceCall", [calls[0], "latest", { tracer: "callTracer" }]);
  expect(traced).toMatchObject({ from: alice.address });
  await devnet.rpc("anvil_setBalance", [alice.address, "0xde0b6b3a7640000"]);
  expect(await devnet.rpc("eth_getBalance", [alice.address, "latest"])).toBe("0xde0b6b3a7640000");
  await devnet.build();
  expect(await devnet.rpc("eth_getBalance", [alice.address, "latest"])).toBe("0xde0b6b3a7640000");
  expect(await devnet.rpc("web3_clientVersion")).toBe("bor/devnet");
  expect(await devnet.rpc("eth_chainId")).toBe("0x89");
});

test("what would go past the pool does not exist", async () => {
  for (const method of ["eth_sendTransaction", "evm_mine", "evm_revert", "anvil_reorg", "constructor"]) {
    await expect(devnet.rpc(method, [])).rejects.toThrow(`the method ${method} does not exist`);
  }
});
