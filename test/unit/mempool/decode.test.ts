import { assert, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address, Hex } from "../../../src/chain/types.ts";
import {
  ABI,
  addresses,
  decode,
  decoded,
  encode,
  ethereumDecoder,
  onlyCall,
  polygonDecoder,
  POLYGON_ROUTER,
  ROUTER,
  SENDER,
  tokenPaths,
  uints,
  why,
  word,
  WRAPPED,
} from "./decodeCases.ts";

const A: Address = `0x${"a1".repeat(20)}`;
const B: Address = `0x${"b2".repeat(20)}`;

describe("what is no swap of a known router", () => {
  type Case = readonly [name: string, to: Address | null, input: Hex, why: string, opaque: boolean];
  test.each<Case>([
    ["a creation", null, "0x6080", "it creates a contract", false],
    ["a transfer of coins", A, "0x", "a plain transfer", false],
    ["another contract", A, "0x38ed1739", "no router that is known", true],
    ["an aggregator", ROUTER.opaque, "0x12aa3caf", "1inch_v5 is opaque", true],
    ["another function", ROUTER.v2, "0xe8e33700", "function 0xe8e33700 of uniswap_v2_router", true],
    ["no selector", ROUTER.v2, "0x38ed17", "it has no selector", false],
    ["coins for a router", ROUTER.v2, "0x", "it has no selector", false],
    ["half a byte", ROUTER.v2, "0x38ed17391", "its calldata is no hex", false],
    ["no hex", ROUTER.v2, "0x38ed173g", "its calldata is no hex", false],
    ["too much", ROUTER.v2, `0x38ed1739${"00".repeat(32_768)}`, "its calldata is too long", true],
  ])("%s", (...[, to, input, reason, opaque]) => {
    expect(ethereumDecoder.decode({ to, from: SENDER, value: 0n, input })).toEqual({
      type: "unsupported",
      why: reason,
      opaque,
    });
  });

  test("routers are known by their chain", () => {
    expect(polygonDecoder.routerOf(POLYGON_ROUTER.v2)).toMatchObject({ family: "v2", dex: "quickswap_v2" });
    expect(ethereumDecoder.isRouter(POLYGON_ROUTER.v2)).toBe(false);
    expect(ethereumDecoder.routerOf(POLYGON_ROUTER.v2)).toBeNull();
  });
});

const to = (recipient: Address) =>
  onlyCall(decoded(ROUTER.v2, encode(ABI.v2, "swapExactTokensForTokens", [1n, 1n, [A, B], recipient, 1n])));

describe("UniswapV2Router02: what is encoded is read", () => {
  test.each<[string, "in" | "out", "first" | "last" | null, boolean]>([
    ["swapExactTokensForTokens", "in", null, false],
    ["swapTokensForExactTokens", "out", null, false],
    ["swapExactETHForTokens", "in", "first", false],
    ["swapTokensForExactETH", "out", "last", false],
    ["swapExactTokensForETH", "in", "last", false],
    ["swapETHForExactTokens", "out", "first", false],
    ["swapExactTokensForTokensSupportingFeeOnTransferTokens", "in", null, true],
    ["swapExactETHForTokensSupportingFeeOnTransferTokens", "in", "first", true],
    ["swapExactTokensForETHSupportingFeeOnTransferTokens", "in", "last", true],
  ])("%s", (name, exact, native, feeOnTransfer) => {
    assert(
      property(
        tuple(uints, uints, uints),
        tokenPaths,
        addresses,
        ([amount, limit, deadline], tokens, recipient) => {
          const path =
            native === null
              ? tokens
              : native === "first"
                ? [WRAPPED, ...tokens.slice(1)]
                : [...tokens.slice(1), WRAPPED];
          const given = native !== "first" ? [amount, limit] : exact === "in" ? [limit] : [amount];
          const input = encode(ABI.v2, name, [...given, path, recipient, deadline]);
          const value = native !== "first" ? 0n : exact === "in" ? amount : limit;
          const reading = decoded(ROUTER.v2, input, value);
          expect(reading).toMatchObject({
            router: ROUTER.v2,
            functionName: name,
            deadline: null,
            parentHash: null,
          });
          expect(onlyCall(reading)).toEqual({
            type: "swap",
            exact,
            amount,
            limit,
            path,
            feesPpm: null,
            dex: "uniswap_v2",
            recipient,
            receiver: recipient,
            deadline,
            feeOnTransfer,
            amountIsBalance: false,
            payer: "sender",
            sqrtPriceLimitX96: 0n,
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test("the sender and the router are told from others", () => {
    expect(to(SENDER)).toMatchObject({ recipient: SENDER, receiver: "sender" });
    expect(to(ROUTER.v2)).toMatchObject({ recipient: ROUTER.v2, receiver: "router" });
  });
});

describe("UniswapV2Router02: what it would revert on is not read, what it bears is", () => {
  const args = (path: readonly Address[], head = word(0xa0), length = word(path.length)): Hex => {
    const tokens = path.map((token) => word(BigInt(token))).join("");
    return `0x38ed1739${word(5)}${word(1)}${head}${word(BigInt(A))}${word(9)}${length}${tokens}`;
  };
  const sound = args([A, B]);

  test("bytes behind the arguments, and bits above an address", () => {
    const dirty: Hex = `0x${sound.slice(2).replaceAll(`${"00".repeat(12)}a1`, `${"ff".repeat(12)}a1`)}`;
    expect(dirty).not.toBe(sound);
    for (const input of [`${sound}ab` as const, dirty])
      expect(decode(ROUTER.v2, input)).toEqual(decode(ROUTER.v2, sound));
    expect(onlyCall(decoded(ROUTER.v2, dirty))).toMatchObject({ path: [A, B], recipient: A });
  });

  test.each<[string, Hex]>([
    ["no arguments", "0x38ed1739"],
    ["half a word", `0x38ed1739${"00".repeat(16)}`],
    ["the last byte is missing", `0x${sound.slice(2, -2)}`],
    ["a word is missing", `0x${sound.slice(2, -64)}`],
    ["an offset behind the end", args([A, B], word(0x1000))],
    ["an offset of 2^256 - 32", args([A, B], word(2n ** 256n - 32n))],
    ["a longer path than there is", args([A, B], word(0xa0), word(3))],
    ["a path of 2^64", args([A, B], word(0xa0), word(2n ** 64n))],
    ["a path of 2^53 + 1", args([A, B], word(0xa0), word(2n ** 53n + 1n))],
    ["one token", args([A])],
    ["no token", args([])],
  ])("%s", (_name, input) => {
    expect(decode(ROUTER.v2, input)).toMatchObject({ type: "unsupported", opaque: false });
  });

  test("native coins want the wrapped coin at their end of the path", () => {
    const first = encode(ABI.v2, "swapExactETHForTokens", [1n, [A, WRAPPED], A, 9n]);
    const last = encode(ABI.v2, "swapExactTokensForETH", [1n, 1n, [WRAPPED, A], A, 9n]);
    expect(why(ROUTER.v2, first)).toBe("the first token of its path is not the wrapped coin");
    expect(why(ROUTER.v2, last)).toBe("the last token of its path is not the wrapped coin");
  });
});
