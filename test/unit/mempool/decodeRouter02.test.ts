import { parseAbi } from "viem";
import { describe, expect, test } from "vitest";
import type { ConcentratedState } from "../../../src/amm/poolState.ts";
import type { Decoder } from "../../../src/mempool/decode.ts";
import { sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { v2State } from "../../support/marketBlocks.ts";
import { decodedOf, GOLD, pooled, smallMarket, swapOf, USD } from "../../support/mempoolCalls.ts";
import {
  ABI,
  decoded,
  encode,
  MSG_SENDER,
  onlySwap,
  packed,
  ethereumDecoder,
  polygonDecoder,
  SENDER,
  ROUTER,
  why,
  WRAPPED,
} from "./decodeCases.ts";

const A: Address = `0x${"a1".repeat(20)}`;
const B: Address = `0x${"b2".repeat(20)}`;
/** Amounts under the names of both directions. */
const single = {
  tokenIn: A,
  tokenOut: B,
  fee: 500,
  recipient: A,
  amountIn: 7n,
  amountOutMinimum: 1n,
  sqrtPriceLimitX96: 0n,
};

/** Priced inside of its tick interval. */
const POOL: ConcentratedState = {
  kind: "v3",
  feePpm: 500,
  tickSpacing: 10,
  sqrtPriceX96: sqrtRatioAtTick(5),
  tick: 5,
  liquidity: 10n ** 9n,
  ticks: null,
};

const v2 = (name: string, amount: bigint): Hex =>
  encode(ABI.router02, name, [amount, 3n, [A, B], MSG_SENDER]);

describe("SwapRouter02", () => {
  test("V2 pairs", () => {
    const given = {
      path: [A, B],
      dex: "uniswap_v2",
      feesPpm: null,
      limit: 3n,
      deadline: null,
      receiver: "sender",
    };
    expect(onlySwap(decoded(ROUTER.router02, v2("swapExactTokensForTokens", 5n)))).toMatchObject({
      ...given,
      exact: "in",
      amount: 5n,
      amountIsBalance: false,
      payer: "sender",
    });
    expect(onlySwap(decoded(ROUTER.router02, v2("swapTokensForExactTokens", 0n)))).toMatchObject({
      ...given,
      exact: "out",
      amount: 0n,
      amountIsBalance: false,
      payer: "sender",
    });
  });

  test("Polygon's is older than V2 there: what it says it does with pairs is an estimate", () => {
    const pair = pooled(1, "uniswap_v2", [A, B], v2State(10_000n, 5_000n));
    const market = smallMarket([pair, pooled(2, "uniswap_v3", [A, B], POOL)]);
    const marks = (decoder: Decoder, input: Hex) => {
      const reading = decoder.decode({ to: ROUTER.router02, from: SENDER, value: 0n, input });
      if (reading.type !== "decoded") throw new Error(reading.why);
      return market.predict(reading).effects.map(({ estimate }) => estimate);
    };
    const pairs = v2("swapExactTokensForTokens", 1_000n);
    expect(marks(polygonDecoder, pairs)).toEqual([true]);
    expect(marks(ethereumDecoder, pairs)).toEqual([false]);
    expect(marks(polygonDecoder, encode(ABI.router02, "exactInputSingle", [single]))).toEqual([false]);
  });

  test("an input of 0 is the router's balance", () => {
    const { bytes } = packed([A, B, WRAPPED], "in");
    for (const input of [
      v2("swapExactTokensForTokens", 0n),
      encode(ABI.router02, "exactInputSingle", [{ ...single, amountIn: 0n }]),
      encode(ABI.router02, "exactInput", [{ ...single, path: bytes, amountIn: 0n }]),
    ])
      expect(onlySwap(decoded(ROUTER.router02, input))).toMatchObject({
        amount: 0n,
        amountIsBalance: true,
        payer: "router",
      });
  });

  const MULTICALL = {
    dated: parseAbi(["function multicall(uint256, bytes[])"]),
    behind: parseAbi(["function multicall(bytes32, bytes[])"]),
    plain: parseAbi(["function multicall(bytes[])"]),
  };
  const swap = encode(ABI.router02, "exactInputSingle", [single]);

  test("multicalls with a deadline, behind a block, and inside of each other", () => {
    const parent: Hex = `0x${"9b".repeat(32)}`;
    const dated = encode(MULTICALL.dated, "multicall", [7n, [swap]]);
    const behind = encode(MULTICALL.behind, "multicall", [parent, [swap, dated]]);
    const nested = encode(MULTICALL.dated, "multicall", [9n, [behind, swap]]);
    const reading = decoded(ROUTER.router02, nested);
    expect(reading).toMatchObject({ functionName: "multicall", deadline: 7n, parentHash: parent });
    expect(reading.calls).toHaveLength(3);
    const other = encode(MULTICALL.behind, "multicall", [`0x${"9c".repeat(32)}`, [behind]]);
    expect(why(ROUTER.router02, other)).toBe("it waits for two different parent blocks");
  });

  test("what waits for a parent block is an estimate, and triggers nothing", () => {
    const pool = pooled(1, "v2", [USD, GOLD], v2State(10_000n, 5_000n));
    const sound = decodedOf(
      "multicall",
      swapOf({ amount: 1000n, limit: 0n, path: [USD, GOLD], deadline: null }),
    );
    const estimates = (parentHash: Hex | null) =>
      smallMarket([pool])
        .predict({ ...sound, parentHash })
        .effects.map(({ amountOut, estimate }) => [amountOut, estimate]);
    expect(estimates(null)).toEqual([[453n, false]]);
    expect(estimates(`0x${"9b".repeat(32)}`)).toEqual([[453n, true]]);
  });

  test("its own payments", () => {
    const abi = parseAbi([
      "function unwrapWETH9(uint256)",
      "function unwrapWETH9WithFee(uint256, uint256, address)",
      "function sweepToken(address, uint256)",
      "function sweepTokenWithFee(address, uint256, uint256, address)",
      "function wrapETH(uint256)",
      "function pull(address, uint256)",
      "function approveMax(address)",
    ]);
    const inner = [
      encode(abi, "wrapETH", [1n]),
      encode(abi, "pull", [A, 2n]),
      encode(abi, "unwrapWETH9", [3n]),
      encode(abi, "unwrapWETH9WithFee", [4n, 25n, B]),
      encode(abi, "sweepToken", [A, 5n]),
      encode(abi, "sweepTokenWithFee", [A, 6n, 100n, B]),
      encode(abi, "approveMax", [A]),
    ];
    expect(decoded(ROUTER.router02, encode(MULTICALL.plain, "multicall", [inner])).calls).toEqual([
      { type: "wrap", amount: 1n, receiver: "router" },
      { type: "pull", token: A, amount: 2n, receiver: "router" },
      { type: "unwrap", minimum: 3n, receiver: "sender" },
      {
        type: "split",
        token: WRAPPED,
        unwraps: true,
        minimum: 4n,
        feeBips: 25n,
        feeReceiver: B,
        receiver: "sender",
      },
      { type: "sweep", token: A, minimum: 5n, receiver: "sender" },
      {
        type: "split",
        token: A,
        unwraps: false,
        minimum: 6n,
        feeBips: 100n,
        feeReceiver: B,
        receiver: "sender",
      },
    ]);
  });

  test("what it does with positions is not read, and with it the whole", () => {
    const positions = encode(ABI.router02, "callPositionManager", ["0x"]);
    expect(why(ROUTER.router02, encode(MULTICALL.plain, "multicall", [[swap, positions]]))).toMatch(
      /^function 0x[0-9a-f]{8} of uniswap_router02$/,
    );
  });
});
