import { assert, property, tuple } from "fast-check";
import type { Abi } from "viem";
import { describe, expect, test } from "vitest";
import type { Address, Hex } from "../../../src/chain/types.ts";
import {
  ABI,
  ADDRESS_THIS,
  addresses,
  amounts,
  decode,
  decoded,
  encode,
  MSG_SENDER,
  onlyCall,
  onlySwap,
  packed,
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
const ZERO: Address = `0x${"00".repeat(20)}`;
const PRICE = 2n ** 160n - 1n;

interface Family {
  readonly name: string;
  readonly abi: Abi;
  readonly router: Address;
  readonly dex: string;
  readonly dated: boolean;
  readonly fees: boolean;
}

const V3: Family = {
  name: "SwapRouter",
  abi: ABI.v3,
  router: ROUTER.v3,
  dex: "uniswap_v3",
  dated: true,
  fees: true,
};
const ROUTER02: Family = {
  ...V3,
  name: "SwapRouter02",
  abi: ABI.router02,
  router: ROUTER.router02,
  dated: false,
};
const ALGEBRA: Family = {
  name: "Algebra's router",
  abi: ABI.algebra,
  router: POLYGON_ROUTER.algebra,
  dex: "quickswap_v3",
  dated: true,
  fees: false,
};

/** Amounts under all names that the structs have for them. */
const struct = (amount: bigint, limit: bigint) => ({
  amountIn: amount,
  amountOut: amount,
  amountOutMinimum: limit,
  amountInMaximum: limit,
  sqrtPriceLimitX96: PRICE,
  limitSqrtPrice: PRICE,
});

describe.each([V3, ROUTER02, ALGEBRA])(
  "$name: what is encoded is read",
  ({ abi, router, dex, dated, fees }) => {
    const swap = {
      type: "swap",
      dex,
      feeOnTransfer: false,
      amountIsBalance: false,
      payer: "sender",
    } as const;
    const cases = tuple(amounts, uints, addresses, uints);

    test.each([
      ["exactInputSingle", "in", false],
      ["exactOutputSingle", "out", false],
      ["exactInputSingleSupportingFeeOnTransferTokens", "in", true],
    ] as const)("%s", (name, exact, feeOnTransfer) => {
      if (feeOnTransfer && fees) return;
      assert(
        property(cases, addresses, addresses, ([amount, limit, recipient, deadline], tokenIn, tokenOut) => {
          const fee = 2 ** 24 - 1;
          const args = [{ tokenIn, tokenOut, fee, recipient, deadline, ...struct(amount, limit) }];
          const reading = decoded(router, encode(abi, name, args));
          expect(reading).toMatchObject({ router, functionName: name, deadline: null, parentHash: null });
          expect(onlyCall(reading)).toEqual({
            ...swap,
            exact,
            amount,
            limit,
            path: [tokenIn, tokenOut],
            feesPpm: fees ? [fee] : null,
            recipient,
            receiver: recipient,
            deadline: dated ? deadline : null,
            sqrtPriceLimitX96: PRICE,
            feeOnTransfer,
          });
        }),
        { numRuns: 30 },
      );
    });

    test.each([
      ["exactInput", "in"],
      ["exactOutput", "out"],
    ] as const)("%s", (name, exact) => {
      assert(
        property(cases, tokenPaths, ([amount, limit, recipient, deadline], path) => {
          const { feesPpm, bytes } = packed(path, exact);
          const tokens = exact === "in" ? path : path.toReversed();
          const plain: Hex = `0x${tokens.map((token) => token.slice(2)).join("")}`;
          const args = [{ path: fees ? bytes : plain, recipient, deadline, ...struct(amount, limit) }];
          expect(onlyCall(decoded(router, encode(abi, name, args)))).toEqual({
            ...swap,
            exact,
            amount,
            limit,
            path,
            feesPpm: fees ? feesPpm : null,
            recipient,
            receiver: recipient,
            deadline: dated ? deadline : null,
            sqrtPriceLimitX96: 0n,
          });
        }),
        { numRuns: 30 },
      );
    });
  },
);

const single = { tokenIn: A, tokenOut: B, fee: 500, recipient: A, deadline: 9n, ...struct(7n, 1n) };

const receives = (abi: Abi, router: Address, recipient: Address) =>
  onlySwap(decoded(router, encode(abi, "exactInputSingle", [{ ...single, recipient }])));

describe("who receives", () => {
  test.each([V3, ALGEBRA])("$name: zero is the router", ({ abi, router }) => {
    expect(receives(abi, router, ZERO)).toMatchObject({ recipient: router, receiver: "router" });
    expect(receives(abi, router, MSG_SENDER)).toMatchObject({ recipient: MSG_SENDER, receiver: MSG_SENDER });
  });

  test("SwapRouter02 has names for both", () => {
    const { abi, router } = ROUTER02;
    expect(receives(abi, router, MSG_SENDER)).toMatchObject({ recipient: SENDER, receiver: "sender" });
    expect(receives(abi, router, ADDRESS_THIS)).toMatchObject({ recipient: router, receiver: "router" });
    expect(receives(abi, router, ZERO)).toMatchObject({ recipient: ZERO, receiver: ZERO });
  });
});

describe.each([V3, ALGEBRA])("$name: a multicall", ({ abi, router, fees }) => {
  const [unwrap, refund] = fees ? ["unwrapWETH9", "refundETH"] : ["unwrapWNativeToken", "refundNativeToken"];
  const wrapped = fees ? WRAPPED : "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270";
  const multicall = (calls: readonly Hex[]) => encode(abi, "multicall", [calls]);
  const swap = encode(abi, "exactInputSingle", [{ ...single, recipient: ZERO }]);

  test("with its payments", () => {
    const calls = [
      encode(abi, "selfPermit", [A, 1n, 2n, 27, `0x${"01".repeat(32)}`, `0x${"02".repeat(32)}`]),
      swap,
      encode(abi, unwrap, [1n, SENDER]),
      encode(abi, `${unwrap}WithFee`, [2n, A, 1n, B]),
      encode(abi, "sweepToken", [B, 3n, router]),
      encode(abi, "sweepTokenWithFee", [B, 4n, A, 100n, SENDER]),
      encode(abi, refund, []),
    ];
    const reading = decoded(router, multicall(calls));
    expect(reading.functionName).toBe("multicall");
    expect(reading.calls[0]).toMatchObject({ type: "swap", receiver: "router" });
    expect(reading.calls.slice(1)).toEqual([
      { type: "unwrap", minimum: 1n, receiver: "sender" },
      {
        type: "split",
        token: wrapped,
        unwraps: true,
        minimum: 2n,
        feeBips: 1n,
        feeReceiver: B,
        receiver: A,
      },
      { type: "sweep", token: B, minimum: 3n, receiver: "router" },
      {
        type: "split",
        token: B,
        unwraps: false,
        minimum: 4n,
        feeBips: 100n,
        feeReceiver: "sender",
        receiver: A,
      },
      { type: "sweep", token: null, minimum: 0n, receiver: "sender" },
    ]);
  });

  test("nests four deep, no deeper", () => {
    const nested = (depth: number): Hex => (depth === 0 ? swap : multicall([nested(depth - 1)]));
    expect(decoded(router, nested(4)).calls).toHaveLength(1);
    expect(why(router, nested(5))).toBe("its calls nest too deep");
  });

  test("one call that cannot be read makes the whole unreadable", () => {
    expect(decode(router, multicall([swap, `0x${swap.slice(2, -2)}`]))).toMatchObject({
      type: "unsupported",
    });
    expect(why(router, multicall([swap, "0x"]))).toBe("it has no selector");
    expect(decoded(router, multicall([])).calls).toEqual([]);
  });

  test("calls that share their bytes may not add up to more than there is", () => {
    const bytes = `${swap.slice(2)}${"00".repeat(28)}`;
    const shared = (count: number, length = bytes.length / 2): Hex =>
      `0xac9650d8${word(0x20)}${word(count)}${word(0x20 * count).repeat(count)}${word(length)}${bytes}`;
    expect(decoded(router, shared(1)).calls).toHaveLength(1);
    expect(why(router, shared(9))).toBe("its calls share their bytes");
    expect(why(router, shared(1, bytes.length / 2 + 1))).toBe("its arguments are cut short");
  });

  test("a fee above one percent, or none", () => {
    for (const bips of [0n, 101n])
      expect(why(router, encode(abi, "sweepTokenWithFee", [B, 4n, A, bips, SENDER]))).toMatch(/^its fee/);
  });
});

describe("what ABI coder 2 reverts on is not read", () => {
  const sound = encode(ABI.v3, "exactInputSingle", [single]);
  const spoilt = (index: number, bits: string): Hex => {
    const at = 10 + 64 * index;
    return `0x${sound.slice(2, at)}${bits}${sound.slice(at + bits.length)}`;
  };

  test.each<[string, Hex]>([
    ["an address", spoilt(0, "01")],
    ["a fee", spoilt(2, "01")],
    ["a price", spoilt(7, "01")],
    ["a recipient", spoilt(3, "000001")],
  ])("bits above %s", (_name, input) => {
    expect(decode(ROUTER.v3, input)).toMatchObject({ type: "unsupported", opaque: false });
  });

  test("an amount that no int256 holds", () => {
    const input = encode(ABI.v3, "exactInputSingle", [{ ...single, amountIn: 2n ** 255n }]);
    expect(why(ROUTER.v3, input)).toBe("its amount is beyond int256");
  });

  test.each([42, 44, 65, 67, 20, 0])("a path of %i bytes", (length) => {
    const path: Hex = `0x${"77".repeat(length)}`;
    expect(why(ROUTER.v3, encode(ABI.v3, "exactInput", [{ ...single, path }]))).toBe(
      "its path is no chain of hops",
    );
  });

  test("a path without its padding is whole, without its last byte it is not", () => {
    const { bytes } = packed([A, B], "in");
    const head = [0x20, 0xa0].map(word).join("") + word(BigInt(A)) + [9, 7, 1, 43].map(word).join("");
    const input: Hex = `0xc04b8d59${head}${bytes.slice(2)}`;
    expect(onlySwap(decoded(ROUTER.v3, input))).toMatchObject({ path: [A, B], feesPpm: [100] });
    expect(why(ROUTER.v3, `0x${input.slice(2, -2)}`)).toBe("its arguments cannot be read");
  });
});
