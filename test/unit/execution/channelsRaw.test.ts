import { keccak256 } from "viem";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Bundle } from "../../../src/execution/bundle.ts";
import { createBloxrouteChannel } from "../../../src/execution/channels/bloxroute.ts";
import type { Channel, SendOptions } from "../../../src/execution/channels/channel.ts";
import { createConditionalChannel } from "../../../src/execution/channels/conditional.ts";
import { createPrivateChannel } from "../../../src/execution/channels/private.ts";
import { createPublicChannel } from "../../../src/execution/channels/public.ts";
import type { PlaceOptions } from "../../../src/execution/channels/rawTransaction.ts";
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
} from "../../support/channelBundles.ts";
import { startPlace, type Place, type PlaceAnswer } from "../../support/executionPlace.ts";
import { addressOf, hashOf } from "../../support/executionPlan.ts";

vi.setConfig({ testTimeout: 60_000 });

let place: Place;
beforeEach(async () => {
  place = await startPlace(() => ({ json: null }));
});
afterEach(() => place.stop());

const pool = addressOf(7);
const node = { request: () => Promise.resolve(`0x${"5".repeat(64)}`) };

interface Kind {
  readonly create: (options: PlaceOptions) => Channel;
  readonly method: string;
  readonly params: unknown;
  /** What a place answers that took it. */
  readonly taken: unknown;
}

const slot = `0x${"8".padStart(64, "0")}`;
const conditions = {
  blockNumberMin: 100,
  blockNumberMax: 101,
  knownAccounts: { [pool]: { [slot]: `0x${"5".repeat(64)}` } },
};

const KINDS: Readonly<Record<string, Kind>> = {
  "private, by Bor's method": {
    create: (options) => createPrivateChannel({ ...options, method: "eth_sendRawTransactionPrivate" }),
    method: "eth_sendRawTransactionPrivate",
    params: [raw],
    taken: ours.hash,
  },
  "private, by the ordinary method": {
    create: (options) => createPrivateChannel({ ...options, method: "eth_sendRawTransaction" }),
    method: "eth_sendRawTransaction",
    params: [raw],
    taken: ours.hash,
  },
  bloxroute: {
    create: createBloxrouteChannel,
    method: "polygon_private_tx",
    params: { transaction: raw.slice(2) },
    taken: { tx_hash: ours.hash.slice(2) },
  },
  public: {
    create: createPublicChannel,
    method: "eth_sendRawTransaction",
    params: [raw],
    taken: ours.hash,
  },
  conditional: {
    create: (options) => createConditionalChannel(options, node),
    method: "bor_sendRawTransactionConditional",
    params: [raw, conditions],
    taken: ours.hash,
  },
};

/** What execution knows of a plan on settled state. */
const PLAN: Omit<SendOptions, "deadlineMs"> = {
  pools: [{ address: pool, kind: "v2" }],
  parent: { number: 100, hash: hashOf(100) },
};

describe.each(Object.entries(KINDS))("%s", (name, { create, method, params, taken }) => {
  /** What is posted, to the byte. */
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const channel = (): Channel => create({ name: "it", endpoint: endpointOf(place) });
  const send = (bundle: Bundle = settled, deadline = DEADLINE) =>
    channel().send(bundle, { ...PLAN, ...deadline });

  test("posts exactly this body, with its headers, to its own path", async () => {
    place.answer = () => ({ json: taken });
    expect(await send()).toEqual({ result: "accepted", detail: "" });
    expect(place.requests.map((request) => request.body)).toEqual([body]);
    const [request] = place.requests;
    expect(request?.path).toBe(`/key/${TOKEN}`);
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
    });
  });

  test("of a back-run only ours travels, if anything: the trigger is public", async () => {
    place.answer = () => ({ json: taken });
    const { promises } = channel();
    expect(promises.carries).toBe("transaction");
    const { result } = await send(backrun);
    expect(result).toBe(promises.settledOnly ? "refused" : "accepted");
    expect(place.requests.map((request) => request.body)).toEqual(promises.settledOnly ? [] : [body]);
  });

  test.each([
    ["already known", rpcError("already known"), "accepted"],
    [
      "some producers only",
      rpcError("private tx submission failed partially, background retry scheduled"),
      "accepted",
    ],
    ["a plain refusal", rpcError("nonce too low"), "refused"],
    ["a refusal under 400, as bloXroute gives it", rpcError("invalid", -32602, 400), "refused"],
    ["a condition that does not hold", rpcError("storage error. err: mismatch", -32003), "refused"],
    ["too many conditions", rpcError("limit exceeded. err: 1000", -32005), "refused"],
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
    ["not let in, and the key repeated", rpcError(`no account ${TOKEN}`, -32000, 400), "error"],
    ["bad request, in no known form", { text: "bad request", status: 400 }, "error"],
    ["server error", { text: "oops", status: 500 }, "error"],
    ["garbage", { text: "<html>" }, "error"],
    ["no answer in the answer", { text: '{"jsonrpc":"2.0","id":1}' }, "error"],
    ["another transaction's hash", { json: keccak256("0x01") }, "error"],
    ["another transaction's hash, in a table", { json: { tx_hash: keccak256("0x01") } }, "error"],
    ["a hash that is none", { json: { hash: 1 } }, "error"],
    ["connection reset", { fault: "reset" }, "error"],
    ["taken, then cut", { fault: "cut" }, "error"],
    ["an endless answer", { fault: "huge" }, "error"],
    ["no answer", { fault: "silence" }, "timeout"],
  ] satisfies [string, PlaceAnswer, string][])("%s", async (_case, answer, result) => {
    place.answer = () => answer;
    const sent = await send(settled, result === "timeout" ? SHORT : DEADLINE);
    expect(sent.result).toBe(result);
    expect(place.requests).toHaveLength(1);
    expect(JSON.stringify(sent)).not.toContain(TOKEN);
  });

  test("nobody at the address: surely not sent", async () => {
    await place.stop();
    expect(await send()).toEqual({ result: "refused", detail: "econnrefused" });
  });

  test("a redirect is not followed: nothing goes to a place that is not listed", async () => {
    const other = await startPlace(() => ({ json: taken }));
    place.answer = () => ({ redirect: other.url });
    expect((await send()).result).toBe("error");
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  test.each([
    ["ok", rpcError("typed transaction too short"), { type: "ok" }],
    ["ok, under 400", rpcError("rlp: value size exceeds input length", -32602, 400), { type: "ok" }],
    ["missing", rpcError("the method is not available", -32601), { type: "missing", method }],
    ["missing, under 404", rpcError("the method is not available", -32601, 404), { type: "missing", method }],
    ["not let in", { text: "who are you", status: 401 }, { type: "unavailable", reason: "http 401" }],
    ["garbage", { text: "<html>" }, { type: "unavailable", reason: "garbage" }],
    ["reset", { fault: "reset" }, { type: "unavailable", reason: "econnreset" }],
    ["slow", { fault: "silence" }, { type: "unavailable", reason: "no answer in 400 ms" }],
  ] satisfies [string, PlaceAnswer, unknown][])("asked for its method: %s", async (state, answer, found) => {
    place.answer = () => answer;
    const probed = await channel().probe?.(state === "slow" ? SHORT : DEADLINE);
    // Where each call is charged, none is made.
    const free = name !== "bloxroute";
    expect(probed).toEqual(free ? found : undefined);
    const asked = { method, params: expect.arrayContaining(["0x00"]) };
    expect(place.requests.map(({ rpc }) => rpc)).toEqual(free ? [asked] : []);
  });
});

test("what each kind promises", () => {
  const promises = Object.values(KINDS).map(({ create }) => {
    const {
      atomic,
      expires,
      private: hidden,
      revertProtection,
      settledOnly,
    } = create({
      name: "it",
      endpoint: endpointOf(place),
    }).promises;
    return [atomic, expires, hidden, revertProtection, settledOnly];
  });
  expect(promises).toEqual([
    [false, false, true, false, false],
    [false, false, true, false, false],
    [false, false, true, false, false],
    [false, false, false, false, false],
    [false, true, true, true, true],
  ]);
});
