import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { Address, PoolKind } from "../../../src/chain/types.ts";
import { createBundle } from "../../../src/execution/bundle.ts";
import type { Rpc } from "../../../src/execution/chainAnswers.ts";
import type { SendOptions } from "../../../src/execution/channels/channel.ts";
import { createConditionalChannel } from "../../../src/execution/channels/conditional.ts";
import { readKnownAccounts } from "../../../src/execution/channels/poolSlots.ts";
import { DEADLINE, endpointOf, ours, settled } from "../../support/channelBundles.ts";
import { startPlace, type Place } from "../../support/executionPlace.ts";
import { addressOf, hashOf } from "../../support/executionPlan.ts";

let place: Place;
beforeEach(async () => {
  place = await startPlace(() => ({ json: ours.hash }));
});
afterEach(() => place.stop());

const PARENT = { number: 100, hash: hashOf(100) };
const [v2, v3, algebra] = [addressOf(7), addressOf(8), addressOf(9)];
const POOLS = [
  { address: v2, kind: "v2" },
  { address: v3, kind: "v3" },
  { address: algebra, kind: "algebra" },
] as const satisfies { address: Address; kind: PoolKind }[];

const wordOf = (value: number): string => `0x${value.toString(16).padStart(64, "0")}`;

/** A node that gives each slot a word of its own, and answers only when all have been asked for. */
function slowNode(expected: number) {
  const asked: unknown[] = [];
  const waiting: (() => void)[] = [];
  const rpc: Rpc = {
    request: async (method, params, { timeoutMs }) => {
      asked.push([method, ...params, timeoutMs]);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === expected) for (const answer of waiting) answer();
      });
      // Not padded, as some nodes answer.
      return `0x${(expected + Number(params[1])).toString(16).toUpperCase()}`;
    },
  };
  return { rpc, asked };
}

const channelOn = (rpc: Rpc) => createConditionalChannel({ name: "it", endpoint: endpointOf(place) }, rpc);
const options: SendOptions = { ...DEADLINE, pools: POOLS, parent: PARENT };

test("each pool's slots are read at the parent, by its hash, all at once, and stand in full words", async () => {
  const { rpc, asked } = slowNode(5);
  // A pool that the plan crosses twice is one account.
  await channelOn(rpc).send(settled, { ...options, pools: [...POOLS, POOLS[0]] });
  const at = { blockHash: PARENT.hash };
  const half = DEADLINE.deadlineMs / 2;
  expect(asked).toEqual([
    ["eth_getStorageAt", v2, "0x8", at, half],
    ["eth_getStorageAt", v3, "0x0", at, half],
    ["eth_getStorageAt", v3, "0x4", at, half],
    ["eth_getStorageAt", algebra, "0x2", at, half],
    ["eth_getStorageAt", algebra, "0x3", at, half],
  ]);
  expect(place.requests[0]?.rpc.params[1]).toEqual({
    // Of the parent too: the range is held against the head when it comes, and against the new block later.
    blockNumberMin: 100,
    blockNumberMax: 101,
    knownAccounts: {
      [v2]: { [wordOf(8)]: wordOf(13) },
      [v3]: { [wordOf(0)]: wordOf(5), [wordOf(4)]: wordOf(9) },
      [algebra]: { [wordOf(2)]: wordOf(7), [wordOf(3)]: wordOf(8) },
    },
  });
});

test("the last target is the last block in which it may stand", async () => {
  const { rpc } = slowNode(5);
  await channelOn(rpc).send(createBundle(137, [ours], [101, 102, 103]), options);
  expect(place.requests[0]?.rpc.params[1]).toMatchObject({ blockNumberMin: 100, blockNumberMax: 103 });
});

test("without pools or parent nothing is sent; with none, in words, it goes without conditions", async () => {
  const { rpc, asked } = slowNode(0);
  const channel = channelOn(rpc);
  expect(await channel.send(settled, DEADLINE)).toMatchObject({ result: "refused" });
  expect(await channel.send(settled, { ...DEADLINE, pools: POOLS })).toMatchObject({ result: "refused" });
  expect(place.requests).toEqual([]);
  expect(await channel.send(settled, { ...DEADLINE, pools: [] })).toMatchObject({ result: "accepted" });
  expect(place.requests.map(({ rpc: { params } }) => params[1])).toEqual([{}]);
  expect(asked).toEqual([]);
});

test.each([
  ["a node that is away", () => Promise.reject(new Error("timeout")), /no conditions: timeout/],
  ["a word that is none", () => Promise.resolve(null), /no conditions/],
  ["a pool of another build", () => Promise.resolve("0x0"), /keeps nothing where/],
])("%s: nothing is sent, and the place is not blamed", async (_name, request, detail) => {
  const channel = channelOn({ request });
  for (let i = 0; i < 6; i++) {
    expect(await channel.send(settled, options)).toEqual({
      result: "refused",
      detail: expect.stringMatching(detail),
    });
  }
  expect(place.requests).toEqual([]);
});

test("a pool without liquidity at its price is one", async () => {
  const rpc: Rpc = { request: (_method, [, slot]) => Promise.resolve(slot === "0x0" ? "0x1" : "0x0") };
  const known = await readKnownAccounts(rpc, [{ address: v3, kind: "v3" }], PARENT, 100);
  expect(known).toEqual({ [v3]: { [wordOf(0)]: wordOf(1), [wordOf(4)]: wordOf(0) } });
});

test("999 slots are the most", async () => {
  const rpc: Rpc = { request: () => Promise.resolve("0x1") };
  const pools = Array.from({ length: 1000 }, (_, i) => ({ address: addressOf(i + 1), kind: "v2" as const }));
  const most = await readKnownAccounts(rpc, pools.slice(1), PARENT, 100);
  expect(Object.keys(most)).toHaveLength(999);
  expect(z.record(z.string(), z.record(z.string(), z.string())).safeParse(most).success).toBe(true);
  await expect(readKnownAccounts(rpc, pools, PARENT, 100)).rejects.toThrow("1000 storage slots");
});
