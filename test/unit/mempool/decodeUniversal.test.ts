import { assert, boolean, constantFrom, property, tuple } from "fast-check";
import { concatHex, encodeAbiParameters, parseAbi, parseAbiParameters } from "viem";
import { describe, expect, test } from "vitest";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { smallMarket } from "../../support/mempoolCalls.ts";
import {
  ADDRESS_THIS,
  addresses,
  amounts,
  decode,
  decoded,
  encode,
  MSG_SENDER,
  onlyCall,
  packed,
  POLYGON_ROUTER,
  ROUTER,
  SENDER,
  tokenPaths,
  uints,
  why,
  word,
} from "./decodeCases.ts";

const A: Address = `0x${"a1".repeat(20)}`;
const B: Address = `0x${"b2".repeat(20)}`;
const NATIVE: Address = `0x${"00".repeat(20)}`;
const CONTRACT_BALANCE = 1n << 255n;

const EXECUTE = parseAbi(["function execute(bytes, bytes[])"]);
const EXECUTE_DATED = parseAbi(["function execute(bytes, bytes[], uint256)"]);
const V3 = parseAbiParameters("address, uint256, uint256, bytes, bool");
const V2 = parseAbiParameters("address, uint256, uint256, address[], bool");
const V3_PRICED = parseAbiParameters("address, uint256, uint256, bytes, bool, uint256[]");
const V2_PRICED = parseAbiParameters("address, uint256, uint256, address[], bool, uint256[]");
const THREE = parseAbiParameters("address, address, uint256");
const TWO = parseAbiParameters("address, uint256");
const PLAN = parseAbiParameters("bytes, bytes[]");

type Command = readonly [code: number, input: Hex];
const codesOf = (commands: readonly Command[]): Hex =>
  concatHex(commands.map(([code]) => `0x${code.toString(16).padStart(2, "0")}` as const));
const execute = (...commands: readonly Command[]): Hex =>
  encode(EXECUTE, "execute", [codesOf(commands), commands.map(([, input]) => input)]);
const plan = (...commands: readonly Command[]): Hex =>
  encodeAbiParameters(PLAN, [codesOf(commands), commands.map(([, input]) => input)]);
const callsOf = (...commands: readonly Command[]) => decoded(ROUTER.universal, execute(...commands)).calls;
const three = (code: number, token: Address, to: Address, amount: bigint): Command => [
  code,
  encodeAbiParameters(THREE, [token, to, amount]),
];
const two = (code: number, to: Address, amount: bigint): Command => [
  code,
  encodeAbiParameters(TWO, [to, amount]),
];
const v3In = (amount: bigint, fromSender: boolean, to: Address = MSG_SENDER): Command => [
  0x00,
  encodeAbiParameters(V3, [to, amount, 1n, packed([A, B], "in").bytes, fromSender]),
];

describe("swaps", () => {
  test.each([
    ["V3_SWAP_EXACT_IN", 0x00, "in", "v3"],
    ["V3_SWAP_EXACT_OUT", 0x01, "out", "v3"],
    ["V2_SWAP_EXACT_IN", 0x08, "in", "v2"],
    ["V2_SWAP_EXACT_OUT", 0x09, "out", "v2"],
  ] as const)("%s, in both encodings: what is encoded is read", (_name, code, exact, kind) => {
    const recipients = constantFrom(MSG_SENDER, ADDRESS_THIS, A);
    const cases = tuple(recipients, amounts, uints, tokenPaths);
    assert(
      property(cases, boolean(), boolean(), ([to, amount, limit, path], fromSender, priced) => {
        const { bytes, feesPpm } = packed(path, exact);
        const input =
          kind === "v3"
            ? priced
              ? encodeAbiParameters(V3_PRICED, [to, amount, limit, bytes, fromSender, []])
              : encodeAbiParameters(V3, [to, amount, limit, bytes, fromSender])
            : priced
              ? encodeAbiParameters(V2_PRICED, [to, amount, limit, path, fromSender, []])
              : encodeAbiParameters(V2, [to, amount, limit, path, fromSender]);
        const [router, other] = priced
          ? [ROUTER.universal211, ROUTER.universal]
          : [ROUTER.universal, ROUTER.universal211];
        const reading = decoded(router, execute([code, input]));
        expect(reading).toMatchObject({ router, functionName: "execute", deadline: null, parentHash: null });
        expect(onlyCall(reading)).toEqual({
          type: "swap",
          exact,
          amount,
          limit,
          path,
          feesPpm: kind === "v3" ? feesPpm : null,
          dex: `uniswap_${kind}`,
          recipient: to === MSG_SENDER ? SENDER : to === ADDRESS_THIS ? router : A,
          receiver: to === MSG_SENDER ? "sender" : to === ADDRESS_THIS ? "router" : A,
          deadline: null,
          feeOnTransfer: false,
          amountIsBalance: false,
          payer: fromSender ? "sender" : "router",
          sqrtPriceLimitX96: 0n,
        });
        expect(why(other, execute([code, input]))).toBe("its input is not packed as this router's are");
      }),
      { numRuns: 40 },
    );
  });

  test("the deadline is the whole transaction's", () => {
    const [code, input] = v3In(1n, true);
    const dated = encode(EXECUTE_DATED, "execute", [codesOf([[code, input]]), [input], 77n]);
    expect(decoded(ROUTER.universal, dated)).toMatchObject({ functionName: "execute", deadline: 77n });
  });

  test("all that the router has", () => {
    expect(callsOf(v3In(CONTRACT_BALANCE, false))).toMatchObject([
      { amount: CONTRACT_BALANCE, amountIsBalance: true, payer: "router" },
    ]);
    expect(why(ROUTER.universal, execute(v3In(CONTRACT_BALANCE, true)))).toBe(
      "the sender pays what the router has",
    );
    const paidBefore = encodeAbiParameters(V2, [MSG_SENDER, 0n, 1n, [A, B], false]);
    expect(why(ROUTER.universal, execute([0x08, paidBefore]))).toBe("its pair was paid before");
  });

  test("a router without V2 pairs", () => {
    const input = encodeAbiParameters(V2, [MSG_SENDER, 1n, 1n, [A, B], true]);
    expect(why(POLYGON_ROUTER.universal, execute([0x08, input]))).toBe(
      "universal_router_1.1 has no V2 exchange",
    );
    expect(decoded(POLYGON_ROUTER.universal, execute(v3In(1n, true))).calls).toHaveLength(1);
  });

  test("a least price for each hop is not judged", () => {
    const input = encodeAbiParameters(V3_PRICED, [A, 1n, 1n, packed([A, B], "in").bytes, true, [5n]]);
    expect(why(ROUTER.universal211, execute([0x00, input]))).toBe("it names a least price for each hop");
  });
});

test("payments and permits", () => {
  const permit = parseAbiParameters("((address, uint160, uint48, uint48), address, uint256), bytes");
  const permits = parseAbiParameters("((address, uint160, uint48, uint48)[], address, uint256), bytes");
  const moves = parseAbiParameters("(address, address, uint160, address)[]");
  expect(
    callsOf(
      [0x0a, encodeAbiParameters(permit, [[[A, 1n, 2, 3], B, 4n], "0x1234"])],
      [0x8a, encodeAbiParameters(permit, [[[A, 1n, 2, 3], ROUTER.universal, 4n], "0x1234"])],
      [0x03, encodeAbiParameters(permits, [[[[A, 1n, 2, 3]], B, 4n], "0x1234"])],
      three(0x02, A, ADDRESS_THIS, 5n),
      [0x0d, encodeAbiParameters(moves, [[[SENDER, ADDRESS_THIS, 6n, A]]])],
      two(0x0b, ADDRESS_THIS, 7n),
      two(0x0b, ADDRESS_THIS, CONTRACT_BALANCE),
      two(0x0c, MSG_SENDER, 8n),
      three(0x04, A, MSG_SENDER, 9n),
      three(0x04, NATIVE, B, 0n),
      three(0x05, A, B, 10n),
      three(0x05, A, B, CONTRACT_BALANCE),
      three(0x05, NATIVE, B, 11n),
      three(0x06, A, B, 25n),
      three(0x8e, A, B, 12n),
    ),
  ).toEqual([
    // For another spender.
    { type: "permit", allowances: [], deadline: 4n, mayFail: false },
    { type: "permit", allowances: [{ token: A, amount: 1n, expiration: 2n }], deadline: 4n, mayFail: true },
    { type: "permit", allowances: [], deadline: 4n, mayFail: false },
    { type: "pull", token: A, amount: 5n, receiver: "router" },
    { type: "pull", token: A, amount: 6n, receiver: ADDRESS_THIS },
    { type: "wrap", amount: 7n, receiver: "router" },
    { type: "wrap", amount: null, receiver: "router" },
    { type: "unwrap", minimum: 8n, receiver: "sender" },
    { type: "sweep", token: A, minimum: 9n, receiver: "sender" },
    { type: "sweep", token: null, minimum: 0n, receiver: B },
    { type: "pay", token: A, amount: 10n, unit: "raw", receiver: B },
    { type: "sweep", token: A, minimum: 0n, receiver: B },
    { type: "pay", token: null, amount: 11n, unit: "raw", receiver: B },
    { type: "pay", token: A, amount: 25n, unit: "bips", receiver: B },
  ]);
});

test("the first routers take native coins from themselves", () => {
  const toItself = execute(three(0x05, NATIVE, ADDRESS_THIS, 0n));
  const reverts = (router: Address) => smallMarket([]).predict(decoded(router, toItself)).reverts;
  expect(reverts(ROUTER.universal)).toBeNull();
  expect(reverts(POLYGON_ROUTER.universal)).toBeNull();
  expect(reverts(ROUTER.universal211)).toBe("ETH_TRANSFER_FAILED");
});

test("a share in parts of 10^18, where it is one in hundredths of a percent", () => {
  const share = (part: bigint) => execute(three(0x07, A, B, part));
  expect(decoded(ROUTER.universal211, share(25n * 10n ** 14n)).calls).toEqual([
    { type: "pay", token: A, amount: 25n, unit: "bips", receiver: B },
  ]);
  expect(why(ROUTER.universal211, share(10n ** 14n + 1n))).toBe("it pays a broken share");
  expect(why(ROUTER.universal211, share(10n ** 18n + 10n ** 14n))).toBe("it pays more than all");
  expect(why(ROUTER.universal, share(25n * 10n ** 14n))).toBe("command 0x07");
});

describe("plans inside of plans", () => {
  test("one that may fail is optional, another is not", () => {
    const inner = plan(v3In(1n, true));
    const [swap] = callsOf([0x21, inner]);
    expect(swap).toMatchObject({ type: "swap", amount: 1n });
    expect(callsOf(v3In(2n, true), [0xa1, inner], two(0x0c, MSG_SENDER, 1n))).toMatchObject([
      { type: "swap", amount: 2n },
      { type: "optional", calls: [swap] },
      { type: "unwrap" },
    ]);
  });

  test("nest four deep, no deeper", () => {
    const nested = (depth: number): Command =>
      depth === 0 ? v3In(1n, true) : [0x21, plan(nested(depth - 1))];
    expect(callsOf(nested(4))).toHaveLength(1);
    expect(why(ROUTER.universal, execute(nested(5)))).toBe("its plans nest too deep");
  });

  test("must be packed as the router wants them", () => {
    const loose: Hex = `0x${word(0x60)}${word(0xa0)}${word(0)}${plan(v3In(1n, true)).slice(2 + 128)}`;
    expect(why(ROUTER.universal, execute([0x21, loose]))).toBe("a plan inside of its plan is not packed");
  });
});

describe("what is not read makes the whole unreadable", () => {
  test.each<[string, Command, string]>([
    ["V4_SWAP", [0x10, "0x"], "command 0x10"],
    ["a position", [0x12, "0x"], "command 0x12"],
    ["an unknown command", [0x3f, "0x"], "command 0x3f"],
    ["a bridge", [0x40, "0x"], "command 0x40"],
    ["what older routers take for a swap", [0x48, v3In(1n, true)[1]], "command 0x48"],
    ["a balance that must be there", three(0x0e, A, B, 1n), "it looks at a balance"],
    [
      "another's tokens",
      [0x0d, `0x${[0x20, 1, 7, 7, 7, 7].map(word).join("")}`],
      "it moves what is not the sender's",
    ],
    ["a broken share", three(0x06, A, B, 0n), "it pays a broken share"],
    ["more than all", three(0x06, A, B, 10_001n), "it pays more than all"],
  ])("%s", (_name, command, reason) => {
    expect(why(ROUTER.universal, execute(v3In(1n, true), command))).toBe(reason);
  });

  test("who pays must be 0 or 1", () => {
    const [code, input] = v3In(7n, true);
    const at = 2 + 64 * 4;
    const spoilt: Hex = `0x${input.slice(2, at)}${word(2)}${input.slice(at + 64)}`;
    expect(why(ROUTER.universal, execute([code, spoilt]))).toBe("a truth value is neither 0 nor 1");
  });

  test("commands and inputs must match, inputs be whole", () => {
    const [code, input] = v3In(1n, true);
    const unmatched = encode(EXECUTE, "execute", [codesOf([[code, input]]), [input, input]]);
    expect(why(ROUTER.universal, unmatched)).toBe("its commands and inputs differ in number");
    const cut: Hex = `0x${input.slice(2, 2 + 64 * 5 + 20)}`;
    expect(decode(ROUTER.universal, execute([code, cut]))).toMatchObject({ type: "unsupported" });
    expect(decoded(ROUTER.universal, encode(EXECUTE, "execute", ["0x", []])).calls).toEqual([]);
  });
});

test("addresses are those that stand there", () => {
  assert(
    property(addresses, addresses, uints, (token, to, amount) => {
      expect(callsOf(three(0x05, token, to, amount))).toMatchObject([{ token, receiver: to }]);
    }),
    { numRuns: 20 },
  );
});
