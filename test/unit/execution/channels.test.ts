import { keccak256, recoverMessageAddress, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { Hex } from "../../../src/chain/types.ts";
import {
  createBundle,
  ourTransaction,
  triggerTransaction,
  type Bundle,
} from "../../../src/execution/bundle.ts";
import type { Channel } from "../../../src/execution/channels/channel.ts";
import { createFlashbotsChannel } from "../../../src/execution/channels/flashbots.ts";
import { createPrivateChannel } from "../../../src/execution/channels/private.ts";
import { secret } from "../../../src/lib/secret.ts";
import { TEST_KEY, addressOf } from "../../support/executionPlan.ts";
import { startPlace, type Place, type PlaceAnswer } from "../../support/executionPlace.ts";

const signed = (nonce: number): Promise<Hex> =>
  privateKeyToAccount(TEST_KEY).signTransaction({
    type: "eip1559",
    chainId: 137,
    nonce,
    to: addressOf(1),
    gas: 21_000n,
    maxFeePerGas: 60n,
    maxPriorityFeePerGas: 30n,
  });

const raw = await signed(4);
const ours = ourTransaction(raw);
const bundle = createBundle(137, [ours], [101]);
const theirs = await signed(9);
const backrun = createBundle(137, [triggerTransaction(theirs, keccak256(theirs)), ours], [101]);

vi.setConfig({ testTimeout: 60_000 });

/** Where the place answers: more than a loaded machine needs. */
const DEADLINE = { deadlineMs: 20_000 };
/** Where it does not. */
const SHORT = { deadlineMs: 400 };
const TOKEN = "canary-token-5f1d";
const AUTH_KEY = generatePrivateKey();

let place: Place;
beforeEach(async () => {
  place = await startPlace(() => ({ json: null }));
});
afterEach(async () => {
  vi.useRealTimers();
  await place.stop();
});

const endpoint = () => ({
  url: secret(`${place.url}/key/${TOKEN}`),
  headers: { authorization: secret(`Bearer ${TOKEN}`) },
});
const privateChannel = (): Channel =>
  createPrivateChannel({ name: "private", endpoint: endpoint(), method: "eth_sendRawTransactionPrivate" });
const flashbotsChannel = (): Channel =>
  createFlashbotsChannel({ name: "relay", chainId: 137, endpoint: endpoint(), authKey: secret(AUTH_KEY) });

const rpcError = (message: string, code = -32000): PlaceAnswer => ({
  text: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message } }),
});

describe("private channel", () => {
  test("sends our raw transaction by its own method, with its headers, to its own path", async () => {
    place.answer = () => ({ json: ours.hash });
    expect(await privateChannel().send(bundle, DEADLINE)).toEqual({ result: "accepted", detail: "" });
    const [request] = place.requests;
    expect(request?.rpc).toEqual({ method: "eth_sendRawTransactionPrivate", params: [raw] });
    expect(request?.path).toBe(`/key/${TOKEN}`);
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
    });
  });

  test("of a back-run only ours travels: the trigger is public", async () => {
    place.answer = () => ({ json: ours.hash });
    await privateChannel().send(backrun, DEADLINE);
    expect(place.requests.map(({ rpc }) => rpc.params)).toEqual([[raw]]);
  });

  test.each([
    ["already known", rpcError("already known"), "accepted"],
    [
      "some producers only",
      rpcError("private tx submission failed partially, background retry scheduled"),
      "accepted",
    ],
    ["a plain refusal", rpcError("nonce too low"), "refused"],
    [
      "too dear for the node",
      rpcError("tx fee (1.20 ether) exceeds the configured cap (1.00 ether)"),
      "refused",
    ],
    ["a method that it does not have", rpcError("the method is not enabled", -32601), "refused"],
    ["its own trouble, told as an error", rpcError("request timed out", -32603), "error"],
    ["words that nobody knows", rpcError("private tx submission failed"), "error"],
    ["its hash in upper case", { json: `0x${ours.hash.slice(2).toUpperCase()}` }, "accepted"],
    ["rate limited", { text: "slow down", status: 429 }, "refused"],
    ["not let in", { text: "who are you", status: 401 }, "refused"],
    ["server error", { text: "oops", status: 500 }, "error"],
    ["garbage", { text: "<html>" }, "error"],
    ["no answer in the answer", { text: '{"jsonrpc":"2.0","id":1}' }, "error"],
    ["another transaction's hash", { json: keccak256("0x01") }, "error"],
    ["a hash that is none", { json: { hash: 1 } }, "error"],
    ["connection reset", { fault: "reset" }, "error"],
    ["taken, then cut", { fault: "cut" }, "error"],
    ["an endless answer", { fault: "huge" }, "error"],
    ["no answer", { fault: "silence" }, "timeout"],
  ] satisfies [string, PlaceAnswer, string][])("%s", async (_name, answer, result) => {
    place.answer = () => answer;
    const sent = await privateChannel().send(bundle, result === "timeout" ? SHORT : DEADLINE);
    expect(sent.result).toBe(result);
    expect(JSON.stringify(sent)).not.toContain(TOKEN);
  });

  test("nobody at the address: surely not sent", async () => {
    await place.stop();
    expect(await privateChannel().send(bundle, DEADLINE)).toEqual({
      result: "refused",
      detail: "econnrefused",
    });
  });

  test("a redirect is not followed: nothing goes to a place that is not listed", async () => {
    const other = await startPlace(() => ({ json: ours.hash }));
    place.answer = () => ({ redirect: other.url });
    expect((await privateChannel().send(bundle, DEADLINE)).result).toBe("error");
    expect(other.requests).toEqual([]);
    await other.stop();
  });
});

const signatureOf = z.string().transform((text) => text.split(":"));

describe("flashbots channel", () => {
  test("sends the bundle as the relay's specification says, signed over the exact body", async () => {
    place.answer = () => ({ json: { bundleHash: "0x01" } });
    expect(await flashbotsChannel().send(backrun, DEADLINE)).toEqual({ result: "accepted", detail: "" });
    const [request] = place.requests;
    if (request === undefined) throw new Error("nothing arrived");
    expect(request.rpc.method).toBe("eth_sendBundle");
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(request.rpc.params).toEqual([
      { txs: [theirs, raw], blockNumber: "0x65", replacementUuid: expect.stringMatching(uuid) },
    ]);
    const [address, signature] = signatureOf.parse(request.headers["x-flashbots-signature"]);
    expect(address).toBe(privateKeyToAccount(AUTH_KEY).address);
    const message = keccak256(toHex(request.body));
    expect(await recoverMessageAddress({ message, signature: `0x${signature?.slice(2)}` })).toBe(address);
    expect(request.headers["authorization"]).toBe(`Bearer ${TOKEN}`);
  });

  test("one request for each target block, each with its own name for taking it back", async () => {
    place.answer = () => ({ json: { bundleHash: "0x01" } });
    const wide: Bundle = createBundle(137, [ours], [101, 102]);
    const channel = flashbotsChannel();
    await channel.send(wide, DEADLINE);
    await channel.cancel?.(wide, DEADLINE);
    const bodies = z.array(z.object({ replacementUuid: z.string(), blockNumber: z.string().optional() }));
    const sent = bodies.parse(place.requests.map(({ rpc }) => rpc.params[0]));
    expect(sent.slice(0, 2).map(({ blockNumber }) => blockNumber)).toEqual(["0x65", "0x66"]);
    expect(place.requests.slice(2).map(({ rpc }) => rpc.method)).toEqual([
      "eth_cancelBundle",
      "eth_cancelBundle",
    ]);
    const names = sent.map(({ replacementUuid }) => replacementUuid);
    expect(names.slice(2).toSorted()).toEqual(names.slice(0, 2).toSorted());
    expect(new Set(names).size).toBe(2);
  });

  test.each([
    ["a refusal", rpcError("bundle too late"), "refused"],
    ["rate limited", { text: "slow down", status: 429 }, "refused"],
    ["not let in", { text: "who are you", status: 403 }, "refused"],
    ["server error", { text: "oops", status: 500 }, "error"],
    ["garbage", { text: "<html>" }, "error"],
    ["an empty result", { json: null }, "error"],
    ["connection reset", { fault: "reset" }, "error"],
    ["taken, then cut", { fault: "cut" }, "error"],
    ["an endless answer", { fault: "huge" }, "error"],
    ["no answer", { fault: "silence" }, "timeout"],
  ] satisfies [string, PlaceAnswer, string][])("%s", async (_name, answer, result) => {
    const warned = vi.spyOn(console, "warn");
    place.answer = () => answer;
    const sent = await flashbotsChannel().send(bundle, result === "timeout" ? SHORT : DEADLINE);
    expect(sent.result).toBe(result);
    expect(place.requests).toHaveLength(1);
    expect(JSON.stringify(sent)).not.toContain(TOKEN);
    expect(warned).not.toHaveBeenCalled();
  });

  test("what the relay's simulation says", async () => {
    const channel = flashbotsChannel();
    const result = { txHash: ours.hash, gasUsed: 150_000, gasFees: "1", gasPrice: "1", value: "0x" };
    const call = {
      bundleGasPrice: "1",
      bundleHash: "0x01",
      coinbaseDiff: "1",
      ethSentToCoinbase: "0",
      gasFees: "1",
    };
    place.answer = () => ({ json: { ...call, results: [result], stateBlockNumber: 100 } });
    expect(await channel.simulate?.(bundle, DEADLINE)).toEqual({ type: "ok", gasUsed: 150_000n });
    expect(place.requests[0]?.rpc).toMatchObject({
      method: "eth_callBundle",
      params: [{ txs: [raw], blockNumber: "0x65", stateBlockNumber: "0x64" }],
    });
    const failed = { ...result, error: "execution reverted", revert: "too late" };
    place.answer = () => ({ json: { ...call, results: [failed], stateBlockNumber: 100 } });
    expect(await channel.simulate?.(bundle, DEADLINE)).toEqual({ type: "revert", reason: "too late" });
    place.answer = () => ({ fault: "silence" });
    expect(await channel.simulate?.(bundle, { deadlineMs: 50 })).toMatchObject({ type: "unavailable" });
  });
});

describe.each([
  ["private", privateChannel],
  ["flashbots", flashbotsChannel],
])("deadline and breaker of %s", (_name, create) => {
  test("a slow place costs no more than the deadline", async () => {
    place.answer = () => ({ fault: "silence" });
    const started = performance.now();
    expect((await create().send(bundle, SHORT)).result).toBe("timeout");
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(390);
    expect(took).toBeLessThan(2000);
  });

  test("five failures in 10 s open the breaker; after 5 s one probe goes out, and closes it when it is well", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const channel = create();
    place.answer = () => ({ text: "oops", status: 500 });
    for (let i = 0; i < 5; i++) expect((await channel.send(bundle, DEADLINE)).result).toBe("error");
    expect(await channel.send(bundle, DEADLINE)).toEqual({ result: "refused", detail: "breaker_open" });
    vi.setSystemTime(1_004_999);
    expect((await channel.send(bundle, DEADLINE)).detail).toBe("breaker_open");
    expect(place.requests).toHaveLength(5);

    vi.setSystemTime(1_005_000);
    const both = await Promise.all([channel.send(bundle, DEADLINE), channel.send(bundle, DEADLINE)]);
    expect(both.map(({ result }) => result)).toEqual(["error", "refused"]);
    expect(place.requests).toHaveLength(6);

    place.answer = ({ rpc }) => ({
      json: rpc.method === "eth_sendBundle" ? { bundleHash: "0x01" } : ours.hash,
    });
    vi.setSystemTime(1_010_001);
    expect((await channel.send(bundle, DEADLINE)).result).toBe("accepted");
    expect((await channel.send(bundle, DEADLINE)).result).toBe("accepted");
    expect(channel.counts()).toEqual({ accepted: 2, refused: 3, timeout: 0, error: 6 });
  });

  test("failures spread over more than 10 s, and refusals, open nothing", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const channel = create();
    for (let i = 0; i < 10; i++) {
      place.answer = () => (i % 2 === 0 ? { text: "oops", status: 500 } : rpcError("nonce too low"));
      vi.setSystemTime(1_000_000 + i * 1300);
      await channel.send(bundle, DEADLINE);
    }
    expect(place.requests).toHaveLength(10);
  });
});
