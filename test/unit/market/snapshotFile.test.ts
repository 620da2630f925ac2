import { describe, expect, test } from "vitest";
import { sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { createRecordingReader } from "../../../src/market/snapshotFile.ts";
import {
  A,
  B,
  document,
  faultOf,
  read,
  recording,
  snapshot,
  update,
  v2,
  v3,
  V2,
  V3,
  without,
  type Json,
} from "../../support/snapshotDocuments.ts";

describe("a sound snapshot", () => {
  test("is read to the last digit, whatever the order of its names", () => {
    const tables = document([v2(), v3()]);
    const backwards = Object.fromEntries(Object.entries(tables).toReversed());
    const found = snapshot(backwards);
    expect(found).toEqual(snapshot(tables));
    expect({ chainId: found.chainId, block: found.block, blockTime: found.blockTime }).toEqual({
      chainId: 137,
      block: 100,
      blockTime: 1_700_000_000,
    });
    expect(found.pools[0]).toEqual({
      pool: { kind: "v2", address: V2, dex: "quickswap_v2", token0: A, token1: B },
      state: { kind: "v2", feePpm: 3000, reserve0: 1000n, reserve1: 2000n },
    });
    expect(found.pools[1]?.state).toEqual({
      kind: "v3",
      feePpm: 500,
      tickSpacing: 10,
      sqrtPriceX96: 1n << 96n,
      tick: 0,
      liquidity: 500n,
      ticks: { indexes: Int32Array.of(-20, 20), liquidityNet: [500n, -500n] },
    });
    expect([...found.tokens.values()]).toEqual([
      { address: A, symbol: "AAA", decimals: 18, taxed: false },
      { address: B, symbol: "BBB", decimals: 6, taxed: true },
    ]);
  });

  test("may name addresses in any case, and carry names we do not know", () => {
    const shouting = v2({ address: `0x${V2.slice(2).toUpperCase()}`, addressCheck: { deep: [[1], {}] } });
    const found = snapshot(document([shouting], { source: { license: "MIT" }, counts: [1, 2] }));
    expect(found.pools[0]?.pool.address).toBe(V2);
  });

  test("a token that it does not describe shows as its address, in raw units", () => {
    const found = snapshot(document([v2()], { tokens: {} }));
    expect(found.tokens.get(A)).toEqual({ address: A, symbol: A, decimals: 0, taxed: false });
  });

  test("block and time may be null or absent", () => {
    expect(snapshot(document([], { block: null, blockTime: null })).block).toBeNull();
    expect(snapshot(without(document([]), "block")).block).toBeNull();
  });

  test.each<[string, Json]>([
    ["an empty reserve", v2({ reserve0: "0" })],
    ["a price that is null", v3({ sqrtPriceX96: null })],
    ["no price", without(v3(), "sqrtPriceX96")],
    ["a tick that is null", v3({ tick: null })],
    ["no tick", without(v3(), "tick")],
    ["a tick spacing that is null", v3({ tickSpacing: null })],
    ["no tick spacing", without(v3(), "tickSpacing")],
    ["algebra without a price", v3({ kind: "algebra", sqrtPriceX96: null })],
  ])("%s: loaded, not priced", (_name, pool) => {
    const found = snapshot(document([pool]));
    expect(found.pools).toHaveLength(1);
    expect(found.pools[0]?.state).toBeNull();
  });

  test.each<[string, Json, Json]>([
    ["no ticks", without(v3(), "ticks"), { ticks: null }],
    ["ticks that are null", v3({ ticks: null }), { ticks: null }],
    [
      "ticks in any order",
      v3({
        ticks: [
          [20, "-500"],
          [-20, "500"],
        ],
      }),
      { ticks: { indexes: Int32Array.of(-20, 20), liquidityNet: [500n, -500n] } },
    ],
    [
      "small amounts as numbers",
      v2({ reserve0: 9_007_199_254_740_991 }),
      { reserve0: 9_007_199_254_740_991n },
    ],
    ["the largest reserve", v2({ reserve0: String((1n << 112n) - 1n) }), { reserve0: (1n << 112n) - 1n }],
    [
      "a price on a tick, the tick one below (after a swap downwards)",
      v3({ sqrtPriceX96: String(sqrtRatioAtTick(20)), tick: 19 }),
      { tick: 19, liquidity: 500n },
    ],
    [
      "the same price, the tick on it",
      v3({ sqrtPriceX96: String(sqrtRatioAtTick(20)), tick: 20, liquidity: "0" }),
      { tick: 20, liquidity: 0n },
    ],
    ["the lowest price", v3({ sqrtPriceX96: "4295128739", tick: -887_272, ticks: null }), { tick: -887_272 }],
  ])("%s", (_name, pool, expected) => {
    expect(snapshot(document([pool])).pools[0]?.state).toMatchObject(expected);
  });
});

describe("a recording", () => {
  test("applies changed fields to what was there, and keeps ticks that an update leaves out", () => {
    const found = recording([
      update(101, [{ address: V2, reserve0: "7" }]),
      update(102, [{ address: V3, sqrtPriceX96: String(sqrtRatioAtTick(5)), tick: 5 }]),
      update(103, [{ address: V3, liquidity: "9", ticks: [[0, "9"]] }]),
      update(104, []),
    ]);
    expect(found.updates.map(({ block }) => block)).toEqual([101, 102, 103, 104]);
    const states = found.updates.map(({ pools }) => pools[0]?.state);
    expect(states[0]).toEqual({ kind: "v2", feePpm: 3000, reserve0: 7n, reserve1: 2000n });
    expect(states[1]).toMatchObject({ tick: 5, liquidity: 500n, ticks: { liquidityNet: [500n, -500n] } });
    expect(states[2]).toMatchObject({ tick: 5, liquidity: 9n, ticks: { liquidityNet: [9n] } });
  });

  test("a pool may lose its price and find it again", () => {
    const found = recording([
      update(101, [{ address: V2, reserve0: "0" }]),
      update(102, [{ address: V2, reserve0: "5" }]),
    ]);
    expect(found.updates.map(({ pools }) => pools[0]?.state)).toEqual([
      null,
      { kind: "v2", feePpm: 3000, reserve0: 5n, reserve1: 2000n },
    ]);
  });

  test("gives its first state to whoever wants a snapshot", () => {
    const whole = document([v2()], { schema: "pool-recording/1", updates: [update(101, "not looked at")] });
    expect(snapshot(whole).pools).toHaveLength(1);
  });

  test.each<[string, unknown, string]>([
    ["a gap", [update(101, []), update(103, [])], "updates[1].block"],
    ["a first block that does not follow", [update(102, [])], "updates[0].block"],
    ["a block again", [update(101, []), update(101, [])], "updates[1].block"],
    ["an unknown pool", [update(101, [{ address: `0x${"ee".repeat(20)}` }])], "updates[0].pools[0].address"],
    ["no address", [update(101, [{ reserve0: "1" }])], "updates[0].pools[0].address"],
    ["a negative reserve", [update(101, [{ address: V2, reserve0: "-1" }])], "updates[0].pools[0].reserve0"],
    ["a tick beside the price", [update(101, [{ address: V3, tick: 7 }])], "updates[0].pools[0].tick"],
    [
      "liquidity without its ticks",
      [update(101, [{ address: V3, liquidity: "7" }])],
      "updates[0].pools[0].liquidity",
    ],
    ["no hash", [without(update(101, []), "blockHash")], "updates[0].blockHash"],
    ["a short hash", [update(101, [], { blockHash: "0x11" })], "updates[0].blockHash"],
    ["no pools", [without(update(101, []), "pools")], "updates[0].pools"],
    ["updates that are null", null, "updates"],
  ])("%s", (_name, updates, path) => {
    expect(faultOf(() => recording(updates)).path).toBe(path);
  });

  test("must call itself one", () => {
    const fault = faultOf(() => read(createRecordingReader(), document([], { updates: [] })));
    expect(fault.path).toBe("schema");
  });
});
