import { type Hex, encodeAbiParameters, encodeEventTopics, parseAbi, toEventSelector } from "viem";
import { expect, test } from "vitest";
import type { PoolLog } from "../../../src/amm/logWords.ts";
import { applyPoolLog, POOL_TOPICS } from "../../../src/amm/poolLog.ts";
import type { ConcentratedState, V2State } from "../../../src/amm/poolState.ts";
import { swap } from "../../../src/amm/swap.ts";
import { sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { tickTable } from "../../../src/amm/tickTable.ts";

const ABI = parseAbi([
  "event Sync(uint112 reserve0, uint112 reserve1)",
  "event Initialize(uint160 price, int24 tick)",
  "event Swap(address indexed sender, address indexed to, int256 amount0, int256 amount1, uint160 price, uint128 liquidity, int24 tick)",
  "event Mint(address sender, address indexed owner, int24 indexed lower, int24 indexed upper, uint128 amount, uint256 amount0, uint256 amount1)",
  "event Burn(address indexed owner, int24 indexed lower, int24 indexed upper, uint128 amount, uint256 amount0, uint256 amount1)",
  "event Fee(uint16 fee)",
  "event TickSpacing(int24 newTickSpacing)",
]);

const WHO: Hex = `0x${"ab".repeat(20)}`;
const LIQUIDITY = 10n ** 18n;

const word = (type: string, value: bigint | number): string =>
  encodeAbiParameters([{ type }], [value]).slice(2);
const data = (...words: readonly string[]): Hex => `0x${words.join("")}`;
const who = `0x${word("uint160", BigInt(WHO))}` as const;

const sync = (reserve0: bigint, reserve1: bigint): PoolLog => ({
  topics: [POOL_TOPICS.sync],
  data: data(word("uint256", reserve0), word("uint256", reserve1)),
});
const swapLog = (price: bigint, liquidity: bigint, tick: number): PoolLog => ({
  topics: [POOL_TOPICS.swap, who, who],
  data: data(
    word("int256", 5n),
    word("int256", -4n),
    word("uint256", price),
    word("uint256", liquidity),
    word("int256", tick),
  ),
});
const position = (event: "mint" | "burn", lower: number, upper: number, amount: bigint): PoolLog => ({
  topics: [POOL_TOPICS[event], who, `0x${word("int256", lower)}`, `0x${word("int256", upper)}`],
  data: data(
    ...(event === "mint" ? [who.slice(2)] : []),
    word("uint256", amount),
    word("uint256", 1n),
    word("uint256", 1n),
  ),
});

const pool = (fields: Partial<ConcentratedState> = {}): ConcentratedState => ({
  kind: "v3",
  feePpm: 3000,
  tickSpacing: 60,
  sqrtPriceX96: sqrtRatioAtTick(0),
  tick: 0,
  liquidity: LIQUIDITY,
  ticks: tickTable([
    [-600, LIQUIDITY],
    [600, -LIQUIDITY],
  ]),
  ...fields,
});
const pair: V2State = { kind: "v2", feePpm: 3000, reserve0: 1n, reserve1: 2n };

test("topics are the hashes of the contracts' signatures, and our encoding is viem's", () => {
  const selectors = Object.fromEntries(ABI.map((event) => [event.name, toEventSelector(event)]));
  expect(selectors).toEqual({
    Sync: POOL_TOPICS.sync,
    Initialize: POOL_TOPICS.initialize,
    Swap: POOL_TOPICS.swap,
    Mint: POOL_TOPICS.mint,
    Burn: POOL_TOPICS.burn,
    Fee: POOL_TOPICS.fee,
    TickSpacing: POOL_TOPICS.tickSpacing,
  });
  const topics = encodeEventTopics({
    abi: ABI,
    eventName: "Burn",
    args: { owner: WHO, lower: -60, upper: 120 },
  });
  expect(position("burn", -60, 120, 1n).topics).toEqual(topics);
});

test("Sync sets the reserves", () => {
  expect(applyPoolLog("v2", pair, sync(7n, (1n << 112n) - 1n))).toEqual({
    changed: true,
    state: { ...pair, reserve0: 7n, reserve1: (1n << 112n) - 1n },
  });
});

test("Swap sets price, tick and liquidity", () => {
  for (const kind of ["v3", "algebra"] as const) {
    const state = pool({ kind });
    const result = swap(state, { zeroForOne: true, amountIn: 10n ** 15n });
    if (!result.ok || result.swap.after.kind === "v2") throw new Error("the swap was refused");
    const { after } = result.swap;
    expect(applyPoolLog(kind, state, swapLog(after.sqrtPriceX96, after.liquidity, after.tick))).toEqual({
      changed: true,
      state: after,
    });
  }
});

test("a swap that ended on a tick on its way down stands below it", () => {
  const log = swapLog(sqrtRatioAtTick(-600), 0n, -601);
  expect(applyPoolLog("v3", pool(), log)).toMatchObject({
    changed: true,
    state: { tick: -601, liquidity: 0n },
  });
});

test("Mint and Burn move both ends, and the liquidity only in range", () => {
  const minted = applyPoolLog("v3", pool(), position("mint", -60, 60, 5n));
  if (!("changed" in minted) || !minted.changed) throw new Error("unchanged");
  expect(minted.state).toMatchObject({
    liquidity: LIQUIDITY + 5n,
    ticks: { indexes: Int32Array.of(-600, -60, 60, 600), liquidityNet: [LIQUIDITY, 5n, -5n, -LIQUIDITY] },
  });
  expect(applyPoolLog("v3", minted.state, position("burn", -60, 60, 5n))).toEqual({
    changed: true,
    state: pool(),
  });
  expect(applyPoolLog("v3", pool(), position("mint", 60, 120, 5n))).toMatchObject({
    state: { liquidity: LIQUIDITY },
  });
  expect(applyPoolLog("v3", pool(), position("mint", -120, 0, 5n))).toMatchObject({
    state: { liquidity: LIQUIDITY },
  });
  expect(applyPoolLog("v3", pool(), position("mint", 0, 120, 5n))).toMatchObject({
    state: { liquidity: LIQUIDITY + 5n },
  });
});

test("without a tick list only the liquidity in range moves", () => {
  const state = pool({ ticks: null });
  expect(applyPoolLog("v3", state, position("burn", -600, 600, 9n))).toEqual({
    changed: true,
    state: { ...state, liquidity: LIQUIDITY - 9n },
  });
  expect(applyPoolLog("v3", state, position("mint", 600, 660, 9n))).toEqual({ changed: false });
});

test("Initialize starts a pool, once", () => {
  const log: PoolLog = {
    topics: [POOL_TOPICS.initialize],
    data: data(word("uint256", sqrtRatioAtTick(7)), word("int256", 7)),
  };
  const fresh = pool({ sqrtPriceX96: 0n, liquidity: 0n, ticks: tickTable([]) });
  expect(applyPoolLog("v3", fresh, log)).toEqual({
    changed: true,
    state: { ...fresh, sqrtPriceX96: sqrtRatioAtTick(7), tick: 7 },
  });
  expect(applyPoolLog("v3", pool(), log)).toEqual({ contradiction: "a pool is initialised once" });
  expect(applyPoolLog("v3", null, log)).toHaveProperty("contradiction");
});

test("Fee and TickSpacing belong to Algebra", () => {
  const fee: PoolLog = { topics: [POOL_TOPICS.fee], data: data(word("uint256", 2985)) };
  const spacing: PoolLog = { topics: [POOL_TOPICS.tickSpacing], data: data(word("int256", 10)) };
  const state = pool({ kind: "algebra" });
  expect(applyPoolLog("algebra", state, fee)).toEqual({ changed: true, state: { ...state, feePpm: 2985 } });
  expect(applyPoolLog("algebra", state, spacing)).toEqual({
    changed: true,
    state: { ...state, tickSpacing: 10 },
  });
  expect(applyPoolLog("v3", pool(), fee)).toEqual({ changed: false });
});

test("other events, a burn of nothing and an unknown state change nothing", () => {
  const other: PoolLog = { topics: [`0x${"11".repeat(32)}`], data: "0x" };
  expect(applyPoolLog("v3", pool(), other)).toEqual({ changed: false });
  expect(applyPoolLog("v2", pair, other)).toEqual({ changed: false });
  expect(applyPoolLog("v2", pair, { topics: [], data: "0x" })).toEqual({ changed: false });
  expect(applyPoolLog("v3", pool(), position("burn", -60, 60, 0n))).toEqual({ changed: false });
  expect(applyPoolLog("v2", null, sync(1n, 1n))).toEqual({ changed: false });
});

const short = ({ topics, data: full }: PoolLog): PoolLog => ({ topics, data: `0x${full.slice(4)}` });

test.each([
  ["a reserve above uint112", pair, sync(1n << 112n, 1n)],
  ["data too short", pair, short(sync(1n, 1n))],
  ["a topic too many", pair, { ...sync(1n, 1n), topics: [POOL_TOPICS.sync, who] }],
  ["digits that are none", pair, { ...sync(1n, 1n), data: `0x${"zz".repeat(64)}` }],
  ["a price below all prices", pool(), swapLog(1n, LIQUIDITY, -887272)],
  ["a tick that is not the price's", pool(), swapLog(sqrtRatioAtTick(5), LIQUIDITY, 6)],
  ["a tick beyond int24", pool(), swapLog(sqrtRatioAtTick(5), LIQUIDITY, 1 << 24)],
  ["liquidity above uint128", pool(), swapLog(sqrtRatioAtTick(5), 1n << 128n, 5)],
  ["liquidity that the ticks do not give", pool(), swapLog(sqrtRatioAtTick(5), LIQUIDITY + 1n, 5)],
  ["a tick crossed, its liquidity not", pool(), swapLog(sqrtRatioAtTick(605), LIQUIDITY, 605)],
  ["a swap before Initialize", pool({ sqrtPriceX96: 0n }), swapLog(sqrtRatioAtTick(5), LIQUIDITY, 5)],
  ["a mint before Initialize", pool({ sqrtPriceX96: 0n }), position("mint", -60, 60, 1n)],
  ["a mint of nothing", pool(), position("mint", -60, 60, 0n)],
  ["a mint off the spacing", pool(), position("mint", -61, 60, 1n)],
  ["ends in the wrong order", pool(), position("mint", 60, -60, 1n)],
  ["an end beyond all ticks", pool(), position("mint", -60, 887280, 1n)],
  ["more burnt than there is", pool(), position("burn", -600, 600, LIQUIDITY + 1n)],
  ["burnt where nothing is", pool(), position("burn", -60, 60, 1n)],
  ["data of a burn too short", pool(), short(position("burn", -600, 600, 1n))],
] as const)("contradiction: %s", (_name, state, log) => {
  expect(applyPoolLog(state.kind, state, log)).toHaveProperty("contradiction");
});

test("a log for another kind than the state's is a contradiction", () => {
  expect(applyPoolLog("v3", pair, sync(1n, 1n))).toHaveProperty("contradiction");
});

test.each([65_536n, 1n << 255n])("an Algebra fee of %i does not fit", (fee) => {
  const log: PoolLog = { topics: [POOL_TOPICS.fee], data: data(word("uint256", fee)) };
  expect(applyPoolLog("algebra", pool({ kind: "algebra" }), log)).toHaveProperty("contradiction");
});

test.each([0, -60, 16_384])("a tick spacing of %i does not fit", (spacing) => {
  const log: PoolLog = { topics: [POOL_TOPICS.tickSpacing], data: data(word("int256", spacing)) };
  expect(applyPoolLog("algebra", pool({ kind: "algebra" }), log)).toHaveProperty("contradiction");
});
