import { describe, expect, test } from "vitest";
import {
  A,
  document,
  faultOf,
  snapshot,
  v2,
  v3,
  V2,
  without,
  type Json,
} from "../../support/snapshotDocuments.ts";

describe("bad input is refused, and the field named", () => {
  test.each<[string, Json, string]>([
    ...["kind", "address", "dex", "token0", "token1", "feePpm", "reserve0", "reserve1"].map(
      (name): [string, Json, string] => [`no ${name}`, without(v2(), name), name],
    ),
    ...["feePpm", "liquidity"].map((name): [string, Json, string] => [
      `v3 without ${name}`,
      without(v3(), name),
      name,
    ]),
    ["an unknown kind", v2({ kind: "curve" }), "kind"],
    ["a short address", v2({ address: "0x1234" }), "address"],
    ["an address of other letters", v2({ address: `0x${"zz".repeat(20)}` }), "address"],
    ["a token against itself", v2({ token1: A }), "token1"],
    ["a fee of everything", v2({ feePpm: 1_000_000 }), "feePpm"],
    ["a negative fee", v2({ feePpm: -1 }), "feePpm"],
    ["a fee with a fraction", v2({ feePpm: 0.5 }), "feePpm"],
    ["a fee as text", v2({ feePpm: "3000" }), "feePpm"],
    ["a negative reserve", v2({ reserve0: "-5" }), "reserve0"],
    ["a reserve above uint112", v2({ reserve1: String(1n << 112n) }), "reserve1"],
    ["a reserve with a fraction", v2({ reserve0: "12.5" }), "reserve0"],
    ["a reserve in hex", v2({ reserve0: "0x10" }), "reserve0"],
    ["a reserve with zeros in front", v2({ reserve0: "007" }), "reserve0"],
    ["a reserve as a word", v2({ reserve1: "much" }), "reserve1"],
    ["an empty reserve text", v2({ reserve1: "" }), "reserve1"],
    ["a reserve that is null", v2({ reserve1: null }), "reserve1"],
    ["a reserve as an object", v2({ reserve1: { toString: 1 } }), "reserve1"],
    ["a reserve as a number beyond 2^53", v2({ reserve1: 2 ** 53 }), "reserve1"],
    ["a price of zero", v3({ sqrtPriceX96: "0" }), "sqrtPriceX96"],
    ["a price above all", v3({ sqrtPriceX96: String(1n << 160n) }), "sqrtPriceX96"],
    ["a tick out of range", v3({ tick: 900_000 }), "tick"],
    ["a tick above the price", v3({ tick: 1 }), "tick"],
    ["a tick two below the price", v3({ tick: -2 }), "tick"],
    ["a tick spacing of zero", v3({ tickSpacing: 0 }), "tickSpacing"],
    ["liquidity above uint128", v3({ liquidity: String(1n << 128n) }), "liquidity"],
    ["liquidity that does not add up", v3({ liquidity: "499" }), "liquidity"],
    ["a listed tick out of range", v3({ ticks: [[-900_000, "500"]] }), "ticks[0][0]"],
    ["a listed tick beside the spacing", v3({ ticks: [[-15, "500"]] }), "ticks"],
    [
      "a tick listed twice",
      v3({
        ticks: [
          [-20, "200"],
          [-20, "300"],
        ],
      }),
      "ticks",
    ],
    ["a tick entry of three", v3({ ticks: [[-20, "500", 1]] }), "ticks[0][2]"],
    ["a tick entry of one", v3({ ticks: [[-20]] }), "ticks[0]"],
    ["a tick entry that is text", v3({ ticks: [[-20, "500"], "x"] }), "ticks[1]"],
    ["ticks that are text", v3({ ticks: "x" }), "ticks"],
    ["net liquidity beyond int128", v3({ ticks: [[-20, String(1n << 127n)]] }), "ticks[0][1]"],
    [
      "liquidity that falls below zero",
      v3({
        ticks: [
          [-20, "500"],
          [20, "-501"],
        ],
      }),
      "ticks",
    ],
  ])("%s", (_name, pool, field) => {
    expect(faultOf(() => snapshot(document([v2({ address: A }), pool]))).path).toBe(`pools[1].${field}`);
  });

  test("an address twice, in another case", () => {
    const again = v2({ address: `0x${V2.slice(2).toUpperCase()}` });
    expect(faultOf(() => snapshot(document([v2(), again])))).toEqual({
      path: "pools[1].address",
      message: `${V2} appears twice`,
    });
  });

  test.each<[string, unknown, string]>([
    ["no schema", without(document([]), "schema"), "schema"],
    ["another schema", document([], { schema: "pool-snapshot/9" }), "schema"],
    ["no chain", without(document([]), "chainId"), "chainId"],
    ["no tokens", without(document([]), "tokens"), "tokens"],
    ["no pools", without(document([]), "pools"), "pools"],
    ["pools that are null", document([], { pools: null }), "pools"],
    ["pools that are an object", document([], { pools: {} }), "pools"],
    ["a negative block", document([], { block: -1 }), "block"],
    ["a token that is text", document([], { tokens: { [A]: "AAA" } }), `tokens.${A}`],
    ["a token without decimals", document([], { tokens: { [A]: { symbol: "A" } } }), `tokens.${A}.decimals`],
    [
      "300 decimals",
      document([], { tokens: { [A]: { symbol: "A", decimals: 300 } } }),
      `tokens.${A}.decimals`,
    ],
    [
      "a token at no address",
      document([], { tokens: { WETH: { symbol: "A", decimals: 1 } } }),
      "tokens.WETH",
    ],
    [
      "taxed as text",
      document([], { tokens: { [A]: { symbol: "A", decimals: 1, taxed: "no" } } }),
      `tokens.${A}.taxed`,
    ],
    ["1e400 as a reserve", JSON.stringify(document([v2()])).replace('"1000"', "1e400"), "pools[0].reserve0"],
    ["an array", [], ""],
    ["null", null, ""],
  ])("%s", (_name, value, path) => {
    expect(faultOf(() => snapshot(value)).path).toBe(path);
  });
});
