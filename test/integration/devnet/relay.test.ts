import { keccak256 } from "viem";
import type { Hex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { DevAccount } from "../../../devnet/accounts.ts";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import { nonceOf, sign } from "../../../devnet/signing.ts";
import type { Call } from "../../../devnet/signing.ts";
import { askRelay, flashbotsHeader } from "../../support/devnetClient.ts";
import { quoteSwap, swapCall } from "../../support/devnetSwaps.ts";

const GWEI = 1_000_000_000n;
const SWAP = { from: "WPOL", to: "USDC.e", usd: 2000 };
const IMPOSSIBLE = 10n ** 30n;

let devnet: Devnet;
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());

const target = (offset = 1): string => `0x${(devnet.head().number + offset).toString(16)}`;

const nonce = (account: DevAccount): Promise<number> =>
  nonceOf({ request: devnet.rpc, close: () => Promise.resolve() }, account.address, "latest");

const signed = async (account: DevAccount, call: Call, tip = 30n, ahead = 0): Promise<Hex> =>
  sign(account, (await nonce(account)) + ahead, call, {
    maxFeePerGas: 1000n * GWEI,
    maxPriorityFeePerGas: tip * GWEI,
  });

const relay = (method: string, params: readonly unknown[], account = devnet.accounts.operator) =>
  askRelay(devnet.relayUrl, account, method, params);

const sendBundle = async (txs: readonly Hex[], more: Record<string, unknown> = {}): Promise<unknown> => {
  const answer = await relay("eth_sendBundle", [{ txs, blockNumber: target(), ...more }]);
  expect(answer.error).toBeNull();
  return answer.result;
};

const builtHashes = async (): Promise<readonly string[]> =>
  (await devnet.build()).transactions.map(({ hash }) => hash);

/** Costs gas and does nothing: a transfer of nothing to oneself. */
const idle = (account: DevAccount, value = 0n): Call => ({
  to: account.address,
  data: "0x",
  gas: 21_000n,
  value,
});

test("[trigger, ours] stands at the top, ahead of a public transaction that pays more", async () => {
  const { alice, bob, operator } = devnet.accounts;
  const trigger = await signed(alice, swapCall(devnet, alice, SWAP), 40n);
  await devnet.send(trigger);
  const other = await devnet.send(await signed(bob, idle(bob), 400n));
  const ours = await signed(operator, idle(operator), 40n);
  expect(await sendBundle([trigger, ours])).toEqual({
    bundleHash: keccak256(`0x${keccak256(trigger).slice(2)}${keccak256(ours).slice(2)}`),
  });
  expect(await builtHashes()).toEqual([keccak256(trigger), keccak256(ours), other]);
});

test("whole or nothing: a reverting member drops the bundle, its nonce unspent, the trigger still mined", async () => {
  const { alice, operator } = devnet.accounts;
  const trigger = await signed(alice, swapCall(devnet, alice, SWAP), 40n);
  await devnet.send(trigger);
  const before = await nonce(operator);
  const bad = await signed(operator, swapCall(devnet, operator, SWAP, IMPOSSIBLE));
  await sendBundle([trigger, bad]);
  expect(await builtHashes()).toEqual([keccak256(trigger)]);
  expect(await nonce(operator)).toBe(before);
  expect(await builtHashes()).toEqual([]);
});

test("a member named in revertingTxHashes may revert", async () => {
  const { operator, bob } = devnet.accounts;
  const bad = await signed(operator, swapCall(devnet, operator, SWAP, IMPOSSIBLE));
  const good = await signed(bob, idle(bob));
  await sendBundle([bad, good], { revertingTxHashes: [keccak256(bad)] });
  const block = await devnet.build();
  expect(block.transactions.map(({ hash, ok }) => [hash, ok])).toEqual([
    [keccak256(bad), false],
    [keccak256(good), true],
  ]);
});

test("a bundle whose first nonce is not due is dropped whole", async () => {
  const { alice, operator } = devnet.accounts;
  const early = await signed(alice, idle(alice), 40n, 1);
  const ours = await signed(operator, idle(operator));
  await sendBundle([early, ours]);
  expect(await builtHashes()).toEqual([]);
});

test("of two bundles with one trigger the better paying lands, alone", async () => {
  const { alice, operator, carol } = devnet.accounts;
  const trigger = await signed(alice, swapCall(devnet, alice, SWAP), 500n);
  await devnet.send(trigger);
  const cheap = await signed(operator, idle(operator), 40n);
  const dear = await signed(carol, idle(carol), 60n);
  await sendBundle([trigger, cheap]);
  await sendBundle([trigger, dear]);
  expect(await builtHashes()).toEqual([keccak256(trigger), keccak256(dear)]);
});

test("two bundles of ours with one nonce, each behind another trigger: the better paying lands, the other does no harm", async () => {
  const { alice, bob, operator } = devnet.accounts;
  const triggers = [
    await signed(alice, swapCall(devnet, alice, SWAP), 90n),
    await signed(bob, swapCall(devnet, bob, { ...SWAP, usd: 1500 }), 80n),
  ] as const;
  for (const trigger of triggers) await devnet.send(trigger);
  const before = await nonce(operator);
  const cheap = await signed(operator, idle(operator, 8n), 40n);
  const dear = await signed(operator, idle(operator, 9n), 60n);
  const conflicts = devnet.stats.bundles.conflict;
  await sendBundle([triggers[0], cheap], { replacementUuid: "5f1c1a6e-0000-4000-8000-000000000011" });
  await sendBundle([triggers[1], dear], { replacementUuid: "5f1c1a6e-0000-4000-8000-000000000012" });
  // The first trigger loses its follower and stands in the block all the same, by its own tip.
  expect(await builtHashes()).toEqual([keccak256(triggers[1]), keccak256(dear), keccak256(triggers[0])]);
  expect(await nonce(operator)).toBe(before + 1);
  expect(devnet.stats.bundles.conflict - conflicts).toBe(1);
  expect(await builtHashes()).toEqual([]);
});

test("an alternate takes the place of a better one that fails", async () => {
  const { alice, bob, operator } = devnet.accounts;
  const first = await signed(alice, swapCall(devnet, alice, SWAP), 90n);
  const second = await signed(bob, swapCall(devnet, bob, { ...SWAP, usd: 1500 }), 80n);
  await devnet.send(first);
  await devnet.send(second);
  const failing = await signed(operator, swapCall(devnet, operator, SWAP, IMPOSSIBLE), 500n);
  const standing = await signed(operator, idle(operator, 10n), 40n);
  await sendBundle([first, failing]);
  await sendBundle([second, standing]);
  expect(await builtHashes()).toEqual([keccak256(second), keccak256(standing), keccak256(first)]);
});

test("a replaced back-run: the new one stands behind the same trigger, the old one never", async () => {
  const { alice, operator } = devnet.accounts;
  const trigger = await signed(alice, swapCall(devnet, alice, SWAP), 90n);
  await devnet.send(trigger);
  const replacementUuid = "5f1c1a6e-0000-4000-8000-000000000013";
  const old = await signed(operator, idle(operator, 11n), 400n);
  const fresh = await signed(operator, idle(operator, 12n), 40n);
  await sendBundle([trigger, old], { replacementUuid });
  await sendBundle([trigger, fresh], { replacementUuid });
  expect(await builtHashes()).toEqual([keccak256(trigger), keccak256(fresh)]);
  expect(await builtHashes()).toEqual([]);
});

test("of two bundles that spoil each other's state the second is dropped", async () => {
  const { alice, bob } = devnet.accounts;
  const least = await quoteSwap(devnet, SWAP);
  const low = await signed(alice, swapCall(devnet, alice, SWAP, least), 40n);
  const high = await signed(bob, swapCall(devnet, bob, SWAP, least), 90n);
  const conflicts = devnet.stats.bundles.conflict;
  await sendBundle([low]);
  await sendBundle([high]);
  expect(await builtHashes()).toEqual([keccak256(high)]);
  expect(devnet.stats.bundles.conflict - conflicts).toBe(1);
});

test("bundles stand in order of what they pay", async () => {
  const { alice, bob, carol } = devnet.accounts;
  const rows: readonly [DevAccount, bigint][] = [
    [alice, 50n],
    [bob, 70n],
    [carol, 60n],
  ];
  const sent: string[] = [];
  for (const [account, tip] of rows) {
    const raw = await signed(account, idle(account), tip);
    sent.push(keccak256(raw));
    await sendBundle([raw]);
  }
  expect(await builtHashes()).toEqual([sent[1], sent[2], sent[0]]);
});

test("cancel and replace by replacementUuid, only by the same signer", async () => {
  const { operator, carol, bob } = devnet.accounts;
  const uuid = "5f1c1a6e-0000-4000-8000-000000000001";
  const first = await signed(operator, idle(operator, 1n));
  const second = await signed(operator, idle(operator, 2n));
  await sendBundle([first], { replacementUuid: uuid });
  await sendBundle([second], { replacementUuid: uuid });
  expect((await relay("eth_cancelBundle", [{ replacementUuid: uuid }], carol)).result).toEqual([]);
  expect(await builtHashes()).toEqual([keccak256(second)]);
  const third = await signed(bob, idle(bob, 3n));
  await sendBundle([third], { replacementUuid: uuid });
  expect((await relay("eth_cancelBundle", [{ replacementUuid: uuid }])).result).toHaveLength(1);
  expect(await builtHashes()).toEqual([]);
});

test("a bundle is for its block alone, and within its timestamps", async () => {
  const { bob } = devnet.accounts;
  const raw = await signed(bob, idle(bob, 4n));
  await sendBundle([raw], { blockNumber: target(2) });
  expect(await builtHashes()).toEqual([]);
  expect(await builtHashes()).toEqual([keccak256(raw)]);
  const lateBundles = devnet.stats.bundles.late;
  await sendBundle([raw], { blockNumber: target(0) });
  expect(devnet.stats.bundles.late - lateBundles).toBe(1);
  const late = await signed(bob, idle(bob, 5n));
  await sendBundle([late], { maxTimestamp: devnet.head().timestamp });
  expect(await builtHashes()).toEqual([]);
  expect(await builtHashes()).toEqual([]);
});

test("a bundle's transactions are never announced or shown", async () => {
  const { bob } = devnet.accounts;
  const raw = await signed(bob, idle(bob, 6n));
  await sendBundle([raw]);
  expect(await devnet.rpc("eth_getTransactionByHash", [keccak256(raw)])).toBeNull();
  expect(await devnet.rpc("txpool_status")).toEqual({ pending: "0x0", queued: "0x0" });
  expect(await builtHashes()).toEqual([keccak256(raw)]);
});

test("callBundle gives gas, tips and the revert reason, and leaves no trace", async () => {
  const { alice, operator } = devnet.accounts;
  const good = await signed(alice, swapCall(devnet, alice, SWAP), 40n);
  const bad = await signed(operator, swapCall(devnet, operator, SWAP, IMPOSSIBLE), 30n);
  const head = devnet.head();
  const quote = await quoteSwap(devnet, SWAP);
  const answer = await relay("eth_callBundle", [
    { txs: [good, bad], blockNumber: target(), stateBlockNumber: "latest" },
  ]);
  expect(answer.error).toBeNull();
  const result = z
    .object({
      bundleHash: z.string(),
      coinbaseDiff: z.coerce.bigint(),
      totalGasUsed: z.number(),
      stateBlockNumber: z.number(),
      results: z.tuple([
        z.object({ txHash: z.string(), gasUsed: z.number(), gasPrice: z.string(), value: z.string() }),
        z.object({ txHash: z.string(), gasUsed: z.number(), error: z.string(), revert: z.string() }),
      ]),
    })
    .parse(answer.result);
  const [one, two] = result.results;
  expect([one.txHash, two.txHash]).toEqual([keccak256(good), keccak256(bad)]);
  expect(result.stateBlockNumber).toBe(head.number);
  expect(result.totalGasUsed).toBe(one.gasUsed + two.gasUsed);
  expect(one.gasPrice).toBe(String(40n * GWEI));
  expect(result.coinbaseDiff).toBe((BigInt(one.gasUsed) * 40n + BigInt(two.gasUsed) * 30n) * GWEI);
  expect(two.error).toContain("revert");
  // No trace: same head for readers, same state, nonces unspent, nothing pending, nothing mined next.
  expect(await devnet.rpc("eth_blockNumber")).toBe(`0x${head.number.toString(16)}`);
  expect(await quoteSwap(devnet, SWAP)).toBe(quote);
  expect(await devnet.rpc("txpool_status")).toEqual({ pending: "0x0", queued: "0x0" });
  expect(await builtHashes()).toEqual([]);
});

test("callBundle of what cannot be applied is an error", async () => {
  const { alice } = devnet.accounts;
  const early = await signed(alice, idle(alice), 40n, 5);
  const answer = await relay("eth_callBundle", [{ txs: [early], blockNumber: target() }]);
  expect(answer.error).toContain("unable to apply transaction");
});

test("state written from outside survives a rehearsal", async () => {
  const { alice, carol } = devnet.accounts;
  await devnet.rpc("anvil_setBalance", [carol.address, "0x8ac7230489e80000"]);
  const raw = await signed(alice, idle(alice), 40n);
  await relay("eth_callBundle", [{ txs: [raw], blockNumber: target() }]);
  expect(await devnet.rpc("eth_getBalance", [carol.address, "latest"])).toBe("0x8ac7230489e80000");
});

test("a request without a right signature is refused", async () => {
  const { operator, alice } = devnet.accounts;
  const raw = await signed(operator, idle(operator, 7n));
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "eth_sendBundle",
    params: [{ txs: [raw], blockNumber: target() }],
  });
  const right = await flashbotsHeader(operator, body);
  const [, signature] = right.split(":");
  const rawHash = await operator.signer.signMessage({ message: { raw: keccak256(Buffer.from(body)) } });
  const refused: Record<string, [string | null, string]> = {
    none: [null, body],
    "another body": [right, `${body} `],
    "another's address": [`${alice.address}:${signature}`, body],
    "over the raw hash": [`${operator.address}:${rawHash}`, body],
    malformed: ["nonsense", body],
    "not a signature": [`${operator.address}:0x1234`, body],
  };
  const post = (header: string | null, text: string): Promise<Response> =>
    fetch(devnet.relayUrl, {
      method: "POST",
      body: text,
      headers: header === null ? {} : { "X-Flashbots-Signature": header },
    });
  const statuses: Record<string, number> = {};
  for (const [name, [header, text]] of Object.entries(refused)) {
    statuses[name] = (await post(header, text)).status;
  }
  expect(statuses).toEqual(Object.fromEntries(Object.keys(refused).map((name) => [name, 403])));
  expect(await builtHashes()).toEqual([]);
  expect((await post(right, body)).status).toBe(200);
});
