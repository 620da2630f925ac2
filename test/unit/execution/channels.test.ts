import { keccak256, recoverMessageAddress, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createBundle, type Bundle } from "../../../src/execution/bundle.ts";
import type { Channel } from "../../../src/execution/channels/channel.ts";
import { createFlashbotsChannel } from "../../../src/execution/channels/flashbots.ts";
import { createPrivateChannel } from "../../../src/execution/channels/private.ts";
import { secret } from "../../../src/lib/secret.ts";
import {
  DEADLINE,
  SHORT,
  TOKEN,
  backrun,
  endpointOf,
  ours,
  raw,
  rpcError,
  settled,
  theirs,
} from "../../support/channelBundles.ts";
import { startPlace, type Place, type PlaceAnswer } from "../../support/executionPlace.ts";

vi.setConfig({ testTimeout: 60_000 });

const AUTH_KEY = generatePrivateKey();

let place: Place;
beforeEach(async () => {
  place = await startPlace(() => ({ json: null }));
});
afterEach(async () => {
  vi.useRealTimers();
  await place.stop();
});

const privateChannel = (): Channel =>
  createPrivateChannel({
    name: "private",
    endpoint: endpointOf(place),
    method: "eth_sendRawTransactionPrivate",
  });
const flashbotsChannel = (): Channel =>
  createFlashbotsChannel({
    name: "relay",
    endpoint: endpointOf(place),
    authKey: secret(AUTH_KEY),
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
    ["a refusal that repeats the key", rpcError(`no account ${TOKEN}`), "refused"],
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
    const sent = await flashbotsChannel().send(settled, result === "timeout" ? SHORT : DEADLINE);
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
    expect(await channel.simulate?.(settled, DEADLINE)).toEqual({ type: "ok", gasUsed: 150_000n });
    expect(place.requests[0]?.rpc).toMatchObject({
      method: "eth_callBundle",
      params: [{ txs: [raw], blockNumber: "0x65", stateBlockNumber: "0x64" }],
    });
    const failed = { ...result, error: "execution reverted", revert: "too late" };
    place.answer = () => ({ json: { ...call, results: [failed], stateBlockNumber: 100 } });
    expect(await channel.simulate?.(settled, DEADLINE)).toEqual({ type: "revert", reason: "too late" });
    place.answer = () => rpcError(`no account ${TOKEN}`);
    expect(await channel.simulate?.(settled, DEADLINE)).toEqual({
      type: "unavailable",
      reason: "no account [secret]",
    });
    place.answer = () => ({ fault: "silence" });
    expect(await channel.simulate?.(settled, { deadlineMs: 50 })).toMatchObject({ type: "unavailable" });
  });
});

describe.each([
  ["private", privateChannel],
  ["flashbots", flashbotsChannel],
])("deadline and breaker of %s", (_name, create) => {
  test("a slow place costs no more than the deadline", async () => {
    place.answer = () => ({ fault: "silence" });
    const started = performance.now();
    expect((await create().send(settled, SHORT)).result).toBe("timeout");
    expect(performance.now() - started).toBeGreaterThan(390);
  });

  test("five failures in 10 s open the breaker; after 5 s one probe goes out, and closes it when it is well", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const channel = create();
    place.answer = () => ({ text: "oops", status: 500 });
    for (let i = 0; i < 5; i++) expect((await channel.send(settled, DEADLINE)).result).toBe("error");
    expect(await channel.send(settled, DEADLINE)).toEqual({ result: "refused", detail: "breaker_open" });
    vi.setSystemTime(1_004_999);
    expect((await channel.send(settled, DEADLINE)).detail).toBe("breaker_open");
    expect(place.requests).toHaveLength(5);

    vi.setSystemTime(1_005_000);
    const both = await Promise.all([channel.send(settled, DEADLINE), channel.send(settled, DEADLINE)]);
    expect(both.map(({ result }) => result)).toEqual(["error", "refused"]);
    expect(place.requests).toHaveLength(6);

    place.answer = ({ rpc }) => ({
      json: rpc.method === "eth_sendBundle" ? { bundleHash: "0x01" } : ours.hash,
    });
    vi.setSystemTime(1_010_001);
    expect((await channel.send(settled, DEADLINE)).result).toBe("accepted");
    expect((await channel.send(settled, DEADLINE)).result).toBe("accepted");
    expect(channel.counts()).toEqual({ accepted: 2, refused: 3, timeout: 0, error: 6 });
  });

  test("failures spread over more than 10 s, and refusals, open nothing", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const channel = create();
    for (let i = 0; i < 10; i++) {
      place.answer = () => (i % 2 === 0 ? { text: "oops", status: 500 } : rpcError("nonce too low"));
      vi.setSystemTime(1_000_000 + i * 1300);
      await channel.send(settled, DEADLINE);
    }
    expect(place.requests).toHaveLength(10);
  });
});
