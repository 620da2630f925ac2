import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import type { RelayFault } from "../../../devnet/faults.ts";
import { askRelay, listen } from "../../support/devnetClient.ts";
import type { Listener, Notice } from "../../support/devnetClient.ts";

let devnet: Devnet;
let clients: Listener[] = [];
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());
afterEach(() => {
  devnet.faults.clear();
  for (const client of clients) client.close();
  clients = [];
});

async function subscribed(): Promise<Listener> {
  const client = await listen(devnet.wsUrl);
  clients.push(client);
  await client.subscribe("heads", ["newHeads"]);
  return client;
}

const numbers = (notices: readonly Notice[]): readonly number[] =>
  notices.map(({ result }) => Number(z.looseObject({ number: z.string() }).parse(result).number));

const range = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => first + i);

test("dropped: about the wanted share is missing, the rest is in order", async () => {
  const client = await subscribed();
  const first = devnet.head().number + 1;
  const dropped = devnet.faults.counts.dropped;
  devnet.faults.notices("heads", { drop: 0.3 });
  await devnet.build(40);
  devnet.faults.clear();
  await devnet.build();
  const lost = devnet.faults.counts.dropped - dropped;
  const told = numbers(await client.until("heads", 41 - lost));
  expect(lost).toBeGreaterThan(3);
  expect(lost).toBeLessThan(25);
  expect(told).toEqual([...new Set(told)].toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(first + 40);
});

test("duplicated: every notice comes twice", async () => {
  const client = await subscribed();
  const first = devnet.head().number + 1;
  devnet.faults.notices("heads", { duplicate: 1 });
  await devnet.build(3);
  expect(numbers(await client.until("heads", 6))).toEqual(range(first, 3).flatMap((n) => [n, n]));
});

test("reordered: all come, not in order", async () => {
  const client = await subscribed();
  const first = devnet.head().number + 1;
  devnet.faults.notices("heads", { reorder: 0.4 });
  await devnet.build(20);
  const told = numbers(await client.until("heads", 20));
  expect(told).not.toEqual(range(first, 20));
  expect(told.toSorted((a, b) => a - b)).toEqual(range(first, 20));
});

test("delayed: the notice comes after the delay", async () => {
  const client = await subscribed();
  devnet.faults.notices("heads", { delayMs: 300 });
  const start = performance.now();
  await devnet.build();
  await client.until("heads", 1);
  expect(performance.now() - start).toBeGreaterThan(290);
});

test("deaf: logs are missing while heads come", async () => {
  const client = await subscribed();
  const { wrapped } = devnet.registry;
  await client.subscribe("logs", ["logs", { address: [wrapped] }]);
  const { alice } = devnet.accounts;
  const deposit = { to: wrapped, data: "0xd0e30db0", gas: 100_000n, value: 1n } as const;
  devnet.faults.deaf("logs");
  await devnet.transact(alice, deposit);
  const silent = await devnet.build();
  expect(silent.transactions[0]?.logs).toHaveLength(1);
  devnet.faults.clear();
  await devnet.transact(alice, deposit);
  const heard = await devnet.build();
  await client.until("heads", 2);
  const [log] = await client.until("logs", 1);
  expect(log?.result).toMatchObject({ blockHash: heard.hash });
});

test("logsFirst: a block's logs come before its head", async () => {
  const { wrapped } = devnet.registry;
  const client = await subscribed();
  await client.subscribe("logs", ["logs", { address: wrapped }]);
  for (const wanted of [false, true]) {
    devnet.faults.logsFirst(wanted);
    await devnet.transact(devnet.accounts.alice, {
      to: wrapped,
      data: "0xd0e30db0",
      gas: 100_000n,
      value: 1n,
    });
    await devnet.build();
  }
  await client.until("heads", 2);
  await client.until("logs", 2);
  expect(client.notices.map(({ kind }) => kind)).toEqual(["heads", "logs", "logs", "heads"]);
});

test("frozen: connections are accepted, nothing is answered until the thaw, then nothing is lost", async () => {
  const client = await subscribed();
  const first = devnet.head().number + 1;
  devnet.faults.freeze();
  await devnet.build(2);
  let answered = false;
  const asked = client.request("eth_blockNumber", []).then((answer) => {
    answered = true;
    return answer;
  });
  const newcomer = connect(devnet.head().number > 0 ? Number(new URL(devnet.wsUrl).port) : 0, "127.0.0.1");
  await once(newcomer, "connect");
  const late = fetch(devnet.httpUrl, {
    method: "POST",
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
  }).then((response) => {
    answered = true;
    return response.json();
  });
  // The node itself is well: it answers past its port while the port is silent.
  for (let i = 0; i < 20; i++) await devnet.rpc("eth_blockNumber");
  expect(answered).toBe(false);
  expect(client.notices).toEqual([]);
  devnet.faults.thaw();
  expect(Number(await asked)).toBe(first + 1);
  expect(await late).toMatchObject({ result: "0x89" });
  expect(numbers(await client.until("heads", 2))).toEqual([first, first + 1]);
  newcomer.destroy();
});

test("down: connections break, the port refuses, then it is back on the same port", async () => {
  const client = await subscribed();
  await devnet.faults.down();
  await client.closed;
  await expect(listen(devnet.wsUrl)).rejects.toThrow(/ECONNREFUSED/);
  await devnet.build();
  await devnet.faults.up();
  const again = await subscribed();
  const block = await devnet.build();
  expect(numbers(await again.until("heads", 1))).toEqual([block.number]);
});

test("kill: down for the time given", async () => {
  const client = await subscribed();
  const start = performance.now();
  const back = devnet.faults.kill(300);
  await client.closed;
  await back;
  expect(performance.now() - start).toBeGreaterThan(295);
  await subscribed();
});

test("the relay's faults: 429, 500, reset, garbage, cut", async () => {
  const ask = () =>
    askRelay(devnet.relayUrl, devnet.accounts.operator, "eth_cancelBundle", [{ replacementUuid: "x" }]);
  const status = async (fault: RelayFault): Promise<number> => {
    devnet.faults.relay(fault);
    const response = await fetch(devnet.relayUrl, { method: "POST", body: "{}" });
    return response.status;
  };
  expect(await status("429")).toBe(429);
  expect(await status("500")).toBe(500);
  for (const [fault, said] of [
    ["reset", "fetch failed"],
    ["garbage", "is not valid JSON"],
    ["cut", "fetch failed"],
  ] as const) {
    devnet.faults.relay(fault);
    await expect(ask()).rejects.toThrow(said);
  }
  devnet.faults.relay("none");
  expect((await ask()).result).toEqual([]);
});

test("cut: the bundle was accepted although no answer came", async () => {
  const { operator, bob } = devnet.accounts;
  const raw = await bob.signer.signTransaction({
    type: "eip1559",
    chainId: 137,
    nonce: Number(await devnet.rpc("eth_getTransactionCount", [bob.address, "latest"])),
    to: bob.address,
    gas: 21_000n,
    maxFeePerGas: 10n ** 12n,
    maxPriorityFeePerGas: 10n ** 11n,
  });
  devnet.faults.relay("cut");
  const bundle = { txs: [raw], blockNumber: `0x${(devnet.head().number + 1).toString(16)}` };
  await expect(askRelay(devnet.relayUrl, operator, "eth_sendBundle", [bundle])).rejects.toThrow(
    "fetch failed",
  );
  const block = await devnet.build();
  expect(block.transactions).toHaveLength(1);
});

test("slow: the relay answers after five seconds", async () => {
  devnet.faults.relay("slow");
  const response = fetch(devnet.relayUrl, {
    method: "POST",
    body: "{}",
    signal: AbortSignal.timeout(500),
  });
  await expect(response).rejects.toThrow(/timeout/);
});
