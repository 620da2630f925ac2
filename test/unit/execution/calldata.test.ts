import { assert, boolean, constantFrom, property, tuple } from "fast-check";
import {
  decodeEventLog,
  decodeFunctionData,
  encodeAbiParameters,
  encodeErrorResult,
  encodeEventTopics,
  encodeFunctionData,
  getAddress,
  parseAbi,
} from "viem";
import { describe, expect, test } from "vitest";
import { executorAbi } from "../../../src/chain/executorAbi.ts";
import { estimateGas, POLYGON_GAS_MODEL } from "../../../src/chain/gasModel.ts";
import type { Address, Hash, Hex, PoolKind } from "../../../src/chain/types.ts";
import { createByteBuffer } from "../../../src/execution/bytes.ts";
import { decodeRealised, encodePlan, planLength, writePlan } from "../../../src/execution/calldata.ts";
import type { PlanEncoding } from "../../../src/execution/calldata.ts";
import { decodeExecutorError } from "../../../src/execution/executorError.ts";
import type { Opportunity, Plan, PricedHop } from "../../../src/search/opportunity.ts";
import { hash32, planAndEncoding } from "../../support/randomPlans.ts";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const [A, B, C] = [address("aa"), address("bb"), address("cc")];
const EXECUTOR = address("ee");
const PARENT: Hash = `0x${"12".repeat(32)}`;
const ZERO_HASH: Hash = `0x${"00".repeat(32)}`;

const hop = (kind: PoolKind, pool: string, tokenIn: Address, tokenOut: Address): PricedHop => ({
  kind,
  pool: address(pool),
  tokenIn,
  tokenOut,
  zeroForOne: tokenIn < tokenOut,
  amountIn: 1000n,
  amountOut: 1010n,
});

const opportunity = (hops: readonly PricedHop[], amountIn = 1000n): Opportunity => ({
  cycle: { id: "test", base: A, hops },
  hops,
  amountIn,
  amountOut: amountIn + 10n,
  profit: 10n,
  profitNativeFloat: 1,
  marginal: 1.01,
  verdict: "ok",
});

const plan = (...opportunities: readonly Opportunity[]): Plan => ({
  trigger: { type: "block", number: 7, hash: PARENT },
  opportunities,
});

const encoding = (changes: Partial<PlanEncoding> = {}): PlanEncoding => ({
  minProfits: [9n],
  maxBlock: 8n,
  parentHash: PARENT,
  feePpmOf: () => 3000,
  ...changes,
});

const twoHops = [hop("v2", "01", A, B), hop("v3", "02", B, A)];

describe("encodePlan", () => {
  test("says route, borrowed amount, least profit and guards, nothing else", () => {
    const threeHops = [hop("algebra", "03", A, B), hop("v2", "04", B, C), hop("v3", "05", C, A)];
    const data = encodePlan(
      plan(opportunity(twoHops), opportunity(threeHops, 500n)),
      encoding({ minProfits: [9n, 7n], feePpmOf: (pool) => (pool === address("04") ? 2000 : 3000) }),
    );
    const { functionName, args } = decodeFunctionData({ abi: executorAbi, data });
    expect(functionName).toBe("execute");
    expect(
      JSON.stringify(args, (_, item) => (typeof item === "bigint" ? `${item}` : item)).toLowerCase(),
    ).toBe(
      JSON.stringify([
        [
          {
            base: A,
            amountIn: "1000",
            minProfit: "9",
            hops: [
              { kind: 0, pool: address("01"), zeroForOne: true, feePpm: 3000, tokenOut: B },
              { kind: 1, pool: address("02"), zeroForOne: false, feePpm: 0, tokenOut: A },
            ],
          },
          {
            base: A,
            amountIn: "500",
            minProfit: "7",
            hops: [
              { kind: 2, pool: address("03"), zeroForOne: true, feePpm: 0, tokenOut: B },
              { kind: 0, pool: address("04"), zeroForOne: true, feePpm: 2000, tokenOut: C },
              { kind: 1, pool: address("05"), zeroForOne: false, feePpm: 0, tokenOut: A },
            ],
          },
        ],
        "8",
        PARENT,
      ]).toLowerCase(),
    );
  });

  test("no parent is the zero hash, which the executor reads as none", () => {
    const data = encodePlan(plan(opportunity(twoHops)), encoding({ parentHash: null }));
    const { args } = decodeFunctionData({ abi: executorAbi, data });
    expect(args?.[2]).toBe(ZERO_HASH);
  });

  test.each([
    ["without opportunities", plan(), encoding({ minProfits: [] }), /without opportunities/],
    [
      "with too few minProfits",
      plan(opportunity(twoHops)),
      encoding({ minProfits: [] }),
      /as many minProfits/,
    ],
    ["that may bring nothing", plan(opportunity(twoHops)), encoding({ minProfits: [0n] }), /minProfit 0/],
    ["of one hop", plan(opportunity([hop("v2", "01", A, A)])), encoding(), /at least two hops, not 1/],
    [
      "that breaks off",
      plan(opportunity([hop("v2", "01", A, B), hop("v2", "02", C, A)])),
      encoding(),
      /stands at/,
    ],
    [
      "that ends elsewhere",
      plan(opportunity([hop("v2", "01", A, B), hop("v2", "02", B, C)])),
      encoding(),
      /base/,
    ],
    ["that borrows nothing", plan(opportunity(twoHops, 0n)), encoding(), /amountIn 0/],
    ["that borrows 2^128", plan(opportunity(twoHops, 2n ** 128n)), encoding(), /amountIn/],
    [
      "with a fee of all",
      plan(opportunity(twoHops)),
      encoding({ feePpmOf: () => 1_000_000 }),
      /fee 1000000 ppm/,
    ],
    ["with a broken fee", plan(opportunity(twoHops)), encoding({ feePpmOf: () => 0.5 }), /fee 0.5 ppm/],
  ])("refuses a plan %s", (_name, bad, options, message) => {
    expect(() => encodePlan(bad, options)).toThrow(message);
  });
});

const KIND_CODE = { v2: 0, v3: 1, algebra: 2 };

/** What viem makes of the same plan. */
const viemsCalldata = ({ opportunities }: Plan, encoded: PlanEncoding) =>
  encodeFunctionData({
    abi: executorAbi,
    functionName: "execute",
    args: [
      opportunities.map(({ cycle, hops, amountIn }, i) => ({
        base: cycle.base,
        amountIn,
        minProfit: encoded.minProfits[i] ?? 0n,
        hops: hops.map(({ kind, pool, zeroForOne, tokenOut }) => ({
          kind: KIND_CODE[kind],
          pool,
          zeroForOne,
          feePpm: kind === "v2" ? encoded.feePpmOf(pool) : 0,
          tokenOut,
        })),
      })),
      encoded.maxBlock,
      encoded.parentHash ?? ZERO_HASH,
    ],
  });

/** Two hops, the first through a pool whose address is so written. */
const throughPool = (changed: string) =>
  plan(opportunity([{ ...hop("v3", "01", A, B), pool: `0x${changed.slice(2)}` }, hop("v3", "02", B, A)]));

describe("calldata written in place", () => {
  test("is viem's to the byte, for any plan, wherever it stands and whatever stood there", () => {
    const target = createByteBuffer(8192);
    assert(
      property(planAndEncoding, ({ plan: random, encoding: chosen }) => {
        const expected = viemsCalldata(random, chosen);
        expect(encodePlan(random, chosen)).toBe(expected);
        target.bytes.fill(0xff);
        const at = random.opportunities.length * 7;
        const length = planLength(random);
        writePlan(target, at, random, chosen);
        expect(target.bytes.toString("hex")).toBe(
          `${"ff".repeat(at)}${expected.slice(2)}${"ff".repeat(8192 - at - length)}`,
        );
      }),
      { numRuns: 150 },
    );
  });

  test("takes addresses in capitals with their checksum, as viem does, and refuses what is none", () => {
    const pool = getAddress(address("ab"));
    expect(encodePlan(throughPool(pool), encoding())).toBe(viemsCalldata(throughPool(pool), encoding()));
    for (const bad of [
      pool.replace("A", "a"),
      pool.slice(0, -1),
      `${pool}0`,
      pool.replace("b", "g"),
      `0x${"é".repeat(40)}`,
      `0x${"ł".repeat(40)}`,
    ]) {
      expect(() => encodePlan(throughPool(bad), encoding())).toThrow(/is not an address/);
      expect(() => viemsCalldata(throughPool(bad), encoding())).toThrow(/invalid/);
    }
  });

  test.each([
    ["maxBlock -1", { maxBlock: -1n }],
    ["maxBlock", { maxBlock: 2n ** 256n }],
    ["is not a hash", { parentHash: "0x1234" as const }],
    ["is not a hash", { parentHash: `0x${"zz".repeat(32)}` as const }],
  ])("refuses guards that cannot be: %s", (message, change) => {
    expect(() => encodePlan(plan(opportunity(twoHops)), encoding(change))).toThrow(message);
  });
});

const log = (index: bigint, base: Address, profit: bigint, from = EXECUTOR) => ({
  address: from,
  topics: encodeEventTopics({ abi: executorAbi, eventName: "CycleExecuted", args: { index, base } }).flat(),
  data: encodeAbiParameters([{ type: "uint256" }], [profit]),
});
const realised = (...logs: readonly ReturnType<typeof log>[]) =>
  decodeRealised(
    logs.map(({ topics, ...rest }) => ({ ...rest, topics: topics.filter((topic) => topic !== null) })),
    EXECUTOR,
  );

/** A log of the executor: digits of either case, an address filled up with anything, more data behind the profit. */
const cycleLog = tuple(hash32, hash32, hash32, constantFrom("", "00", "ab".repeat(32)), boolean()).map(
  ([index, base, profit, rest, upperCase]) => {
    const [signature = ZERO_HASH] = log(0n, A, 1n).topics.flatMap((topic) => topic ?? []);
    const written = (hash: Hash): Hash => (upperCase ? `0x${hash.slice(2).toUpperCase()}` : hash);
    const topics: [Hash, Hash, Hash] = [signature, written(index), written(base)];
    const data: Hex = `${written(profit)}${rest}`;
    return { address: EXECUTOR, topics, data };
  },
);

describe("decodeRealised", () => {
  test("reads the profits in the plan's order", () => {
    expect(realised(log(1n, B, 2n ** 200n), log(0n, A, 5n))).toEqual([
      { base: A, profit: 5n },
      { base: B, profit: 2n ** 200n },
    ]);
  });

  test("believes nobody but the executor, whose address may be written in any case", () => {
    const upperCase: Address = `0x${EXECUTOR.slice(2).toUpperCase()}`;
    expect(realised(log(0n, A, 5n, address("dd")), log(0n, A, 6n, upperCase))).toEqual([
      { base: A, profit: 6n },
    ]);
  });

  test("is what viem decodes, whatever the cycle, and whatever else hangs on its log", () => {
    assert(
      property(cycleLog, (found) => {
        const [signature, ...indexed] = found.topics;
        const event = decodeEventLog({ abi: executorAbi, topics: [signature, ...indexed], data: found.data });
        if (event.eventName !== "CycleExecuted") throw new Error("another event");
        const { base, profit } = event.args;
        expect(decodeRealised([found], EXECUTOR)).toEqual([{ base: base.toLowerCase(), profit }]);
      }),
      { numRuns: 300 },
    );
  });

  test("a log of the executor that is none of its events, or lacks a part, is no silent nothing", () => {
    const [{ topics, ...rest }] = [log(0n, A, 5n)];
    const [signature, index, base] = topics.filter((topic) => topic !== null);
    for (const bad of [[ZERO_HASH], [signature ?? "0x"], [signature ?? "0x", index ?? "0x"]])
      expect(() => decodeRealised([{ ...rest, topics: bad }], EXECUTOR)).toThrow(
        /not found|Expected a topic/,
      );
    const whole = [signature ?? "0x", index ?? "0x", base ?? "0x"];
    expect(() => decodeRealised([{ ...rest, topics: whole, data: "0x05" }], EXECUTOR)).toThrow(/size|bytes/i);
    expect(decodeRealised([{ ...rest, topics: [] }], EXECUTOR)).toEqual([]);
  });

  test("nothing landed is nothing", () => {
    expect(decodeRealised([], EXECUTOR)).toEqual([]);
  });
});

describe("decodeExecutorError", () => {
  const solidity = parseAbi(["error Error(string)", "error Panic(uint256)", "error Foreign(uint256)"]);

  test.each([
    [
      encodeErrorResult({ abi: executorAbi, errorName: "ProfitBelowMinimum", args: [1n, -12n, 5n] }),
      "ProfitBelowMinimum(1, -12, 5)",
    ],
    [
      encodeErrorResult({ abi: executorAbi, errorName: "TransferFailed", args: [A, B, 5n] }),
      `TransferFailed(${A}, ${B}, 5)`,
    ],
    [encodeErrorResult({ abi: solidity, errorName: "Error", args: ["UniswapV2: K"] }), "UniswapV2: K"],
    [encodeErrorResult({ abi: solidity, errorName: "Error", args: [""] }), "reverted with an empty reason"],
    [encodeErrorResult({ abi: solidity, errorName: "Panic", args: [0x11n] }), "panic: arithmetic overflow"],
    [encodeErrorResult({ abi: solidity, errorName: "Panic", args: [0x99n] }), "panic: code 153"],
    [encodeErrorResult({ abi: solidity, errorName: "Foreign", args: [1n] }), "unknown error 0x85213218"],
    ["0x", "reverted without a reason"],
    ["0x08c379a0", "unknown error 0x08c379a0"],
    ["0x12", "unknown error 0x12"],
  ] as const)("%s", (data, expected) => {
    expect(decodeExecutorError(data)).toBe(expected);
  });

  test("a foreign text cannot fill the log or move the cursor", () => {
    const text = `\u001b[2J\u202e${"x".repeat(100_000)}`;
    const decoded = decodeExecutorError(
      encodeErrorResult({ abi: solidity, errorName: "Error", args: [text] }),
    );
    expect(decoded.length).toBeLessThanOrEqual(120);
    expect(decoded).toMatch(/^\[2Jx+…$/);
  });
});

test("gas of a plan: one transaction, its cycles, their hops", () => {
  const { perTransaction, perCycle, perHop } = POLYGON_GAS_MODEL;
  expect(estimateGas(plan(opportunity(twoHops), opportunity(twoHops)))).toBe(
    perTransaction + 2n * (perCycle + perHop.v2 + perHop.v3),
  );
});
