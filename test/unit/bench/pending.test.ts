import { keccak256 } from "viem";
import { expect, test } from "vitest";
import { createFlood, numberOfFlood } from "../../../bench/cases/pendingFloodFrames.ts";
import {
  benchEngineOptions,
  benchHeader,
  blockWith,
  POLYGON,
  syncedEvent,
} from "../../../bench/cases/pendingEngine.ts";
import { restingMarket } from "../../../bench/cases/pendingMarket.ts";
import { answerCall } from "../../../bench/cases/pendingNodeAnswers.ts";
import { makeRounds } from "../../../bench/cases/pendingTriggers.ts";
import { EXECUTOR, WALLET, drawPlans } from "../../../bench/cases/plans.ts";
import { generatePreset } from "../../../bench/market/generate.ts";
import { createPendingNoise, pendingBody } from "../../../bench/market/pendingFrames.ts";
import { createPendingSwaps } from "../../../bench/market/pendingSwaps.ts";
import { createPendingPeer } from "../../../bench/references/pendingPeer.ts";
import { listThreeHops } from "../../../bench/references/threeHops.ts";
import { rebuildRaw } from "../../../src/chain/rawTransaction.ts";
import type { Address } from "../../../src/chain/types.ts";
import { createEngine } from "../../../src/engine/engine.ts";
import { decodeRealised, encodePlan } from "../../../src/execution/calldata.ts";
import { parseSimulation } from "../../../src/execution/chainAnswers.ts";
import { portablePrimitives } from "../../../src/execution/primitives.ts";
import { isFields, parseHeader, parseLog, parsePendingTransaction } from "../../../src/feed/parse.ts";
import { predictEffects } from "../../../src/mempool/effects.ts";
import { createDecoder } from "../../../src/mempool/decode.ts";
import { createPoolBook } from "../../../src/mempool/poolBook.ts";
import { swapsOf } from "../../../src/mempool/routerCall.ts";

const SEED = 7;
const market = restingMarket(generatePreset("300 mixed", SEED));
const [wrappedNative = "0x"] = market.bases;
const decoder = createDecoder(POLYGON.routers, wrappedNative);
const swapsFrom = (seed: number, count: number) =>
  Array.from({ length: count }, createPendingSwaps(market, { seed, routers: POLYGON.routers }));
const swaps = swapsFrom(SEED, 300);

test("a seed makes the same swaps, another seed others, of all families", () => {
  expect(swapsFrom(SEED, 20)).toEqual(swaps.slice(0, 20));
  expect(swapsFrom(SEED + 1, 20)).not.toEqual(swaps.slice(0, 20));
  expect(new Set(swaps.map(({ family }) => family))).toEqual(new Set(["v2", "v3", "algebra", "universal"]));
});

test("a body is read as the very transaction that it tells, swaps and others", () => {
  const tokens = market.tokens.map(({ address }) => address);
  const others = Array.from({ length: 200 }, createPendingNoise(SEED, tokens));
  expect(others.some(({ type }) => type === 0)).toBe(true);
  for (const transaction of [...swaps.map((swap) => swap.transaction), ...others])
    expect(parsePendingTransaction(JSON.parse(pendingBody(transaction)))).toEqual(transaction);
});

test("each swap is read, goes through, and moves the pools of its path", () => {
  const book = createPoolBook(syncedEvent(market).pools);
  const timestamp = benchHeader(1).timestamp;
  const context = { book, wrappedNative, isTaxed: () => false, timestamp };
  const view = { stateOf: (pool: Address) => market.stateOf(market.idOf(pool)) };
  for (const { transaction, pools } of swaps) {
    const decoded = decoder.decode(transaction);
    if (decoded.type !== "decoded") throw new Error(decoded.why);
    const { effects, reverts, complete } = predictEffects(decoded, transaction, view, context);
    expect([reverts, complete]).toEqual([null, true]);
    expect(effects.map(({ pool }) => market.idOf(pool.address))).toEqual(pools);
    expect(effects.some(({ estimate }) => estimate)).toBe(false);
  }
});

test("the peer reads the same swaps", () => {
  const list = listThreeHops(market.pools, market.bases);
  const peer = createPendingPeer(market, POLYGON.routers, { wallet: WALLET, list });
  for (const { transaction } of swaps) {
    const decoded = decoder.decode(transaction);
    const [ours] = decoded.type === "decoded" ? swapsOf(decoded.calls) : [];
    const theirs = peer.decode(transaction);
    expect(theirs).toEqual({
      dex: ours?.dex,
      path: ours?.path,
      feesPpm: ours?.feesPpm,
      exactIn: ours?.exact === "in",
      amount: ours?.amount,
    });
  }
  expect(swaps.filter(({ transaction }) => peer.run(transaction) !== null).length).toBeGreaterThan(10);
});

test("in a market at rest the engine has no plan, and behind some swaps it has", () => {
  const engine = createEngine(benchEngineOptions(market));
  engine.step(syncedEvent(market));
  expect(engine.step(blockWith(1)).filter(({ type }) => type === "submit")).toEqual([]);
  const plans = swaps.filter(({ transaction }) => {
    const decisions = engine.step({ type: "pending", time: 0, transaction });
    return decisions.some(({ type }) => type === "submit");
  });
  expect(plans.length).toBeGreaterThan(0);
  expect(plans.length).toBeLessThan(swaps.length / 2);
});

test("rounds: the trigger's bytes are its own, and its block is undone by the one behind it", () => {
  const { rounds } = makeRounds(market, portablePrimitives, { seed: SEED, wanted: 3 });
  expect(rounds).toHaveLength(3);
  const states = new Map(market.pools.map(({ address }, i) => [address, market.stateOf(i)]));
  for (const [i, { block, trigger }] of rounds.entries()) {
    const transaction = parsePendingTransaction(JSON.parse(trigger.body));
    const raw = transaction === null ? null : rebuildRaw(transaction);
    expect(raw === null ? null : keccak256(raw)).toBe(trigger.hash);
    expect(parseHeader(JSON.parse(block.header))).toMatchObject({ number: benchHeader(i + 1).number });
    const logs = block.logs.map((text) => parseLog(JSON.parse(text))?.log);
    const [before] = rounds.slice(i - 1, i);
    expect(block.transactions[0]).toBe(i === 0 ? undefined : before?.trigger.hash);
    // The last log of each pool brings back its state: of a pair the two reserves.
    for (const log of logs.slice(logs.length / 2)) {
      const state = states.get(log?.address ?? "0x");
      if (state?.kind !== "v2") continue;
      expect([BigInt(log?.data.slice(0, 66) ?? 0), BigInt(`0x${log?.data.slice(66)}`)]).toEqual([
        state.reserve0,
        state.reserve1,
      ]);
    }
  }
});

test("the node's simulation brings what the plan promises", () => {
  for (const { plan, encoding } of drawPlans(generatePreset("300 mixed", SEED), 5, 3)) {
    const calls = [{ to: `0x${"01".repeat(20)}` }, { to: EXECUTOR, input: encodePlan(plan, encoding) }];
    const text = answerCall("eth_simulateV1", [{ blockStateCalls: [{ calls }] }, {}]);
    const { before, last } = parseSimulation(JSON.parse(text ?? "null"), EXECUTOR, 2);
    expect(before).toEqual([1]);
    const promised = plan.opportunities.map(({ cycle: { base }, profit }) => ({ base, profit }));
    expect(decodeRealised(last.logs, EXECUTOR)).toEqual(promised);
  }
  expect(answerCall("eth_simulateV1", [])).toBeNull();
});

test("a flood's frames are numbered, some are told twice, some are not for us", () => {
  const flood = createFlood({ preset: "300 mixed", seed: SEED }, "0x5");
  const bodies = Array.from({ length: 1000 }, () => {
    const document: unknown = JSON.parse(flood.frame().toString());
    const params = isFields(document) ? document["params"] : null;
    return isFields(params) ? params["result"] : null;
  });
  const parsed = bodies.map(parsePendingTransaction);
  const hashes = bodies.map((body) => (isFields(body) ? String(body["hash"]) : ""));
  expect(new Set(hashes).size).toBe(1000 - 1000 / 50);
  const strange = new Set(hashes.filter((_, i) => parsed[i] === null));
  expect(strange.size).toBe(4);
  const numbers = parsed.flatMap((transaction) =>
    transaction === null ? [] : numberOfFlood(transaction.hash),
  );
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(flood.lastNumber()).toBe(numbers.at(-1));
  const routers = parsed.filter((each) => each?.to !== null && decoder.isRouter(each?.to ?? "0x"));
  expect(routers.length).toBeGreaterThan(20);
  expect(routers.length).toBeLessThan(90);
  const { logs, header } = flood.block();
  expect(logs).toHaveLength(100);
  expect(parseHeader(JSON.parse(header))?.number).toBe(benchHeader(1).number);
});
