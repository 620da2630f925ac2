import * as fc from "fast-check";
import type { PoolState } from "../../src/amm/poolState.ts";
import type { Hex } from "../../src/chain/types.ts";
import type { EngineEvent } from "../../src/engine/events.ts";

/** Arbitrary events over the whole range of every field. */

const HEX_DIGITS = "0123456789abcdef".split("");

const hex = (min: number, max = min): fc.Arbitrary<Hex> =>
  fc
    .array(fc.tuple(fc.constantFrom(...HEX_DIGITS), fc.constantFrom(...HEX_DIGITS)), {
      minLength: min,
      maxLength: max,
    })
    .map((pairs): Hex => `0x${pairs.map(([a, b]) => a + b).join("")}`);

const hash = hex(32);
const address = hex(20);
const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const int128 = fc.bigInt({ min: -(1n << 127n), max: (1n << 127n) - 1n });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const int24 = fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 });
const feePpm = fc.nat({ max: 999_999 });

const ticks = fc
  .uniqueArray(fc.tuple(int24, int128), { selector: ([tick]) => tick, maxLength: 20 })
  .map((entries) => entries.toSorted(([a], [b]) => a - b))
  .map((entries) => ({
    indexes: Int32Array.from(entries.map(([tick]) => tick)),
    liquidityNet: entries.map(([, net]) => net),
  }));

const state: fc.Arbitrary<PoolState> = fc.oneof(
  fc.record({ kind: fc.constant("v2" as const), feePpm, reserve0: uint(112), reserve1: uint(112) }),
  fc.record({
    kind: fc.constantFrom("v3" as const, "algebra" as const),
    feePpm,
    tickSpacing: fc.integer({ min: 1, max: 16_384 }),
    sqrtPriceX96: uint(160),
    tick: int24,
    liquidity: uint(128),
    ticks: fc.option(ticks, { nil: null }),
  }),
);

const pool = fc.record({
  address,
  kind: fc.constantFrom("v2" as const, "v3" as const, "algebra" as const),
  dex: fc.string(),
  token0: address,
  token1: address,
});
const ref = fc.record({ number: count, hash });
const header = fc.record({
  number: count,
  hash,
  parentHash: hash,
  timestamp: count,
  baseFeePerGas: uint(256),
  gasLimit: uint(256),
  gasUsed: uint(256),
  logsBloom: hex(256),
});
const log = fc.record({
  address,
  topics: fc.array(hash, { maxLength: 4 }),
  data: hex(0, 160),
  blockHash: hash,
  blockNumber: count,
  transactionHash: hash,
  logIndex: count,
});
const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null });
const yParity = fc.constantFrom(0 as const, 1 as const);
const signature = { yParity, r: uint(256), s: uint(256) };
const signed = fc.record({
  chainId: nullable(count),
  accessList: fc.array(fc.record({ address, storageKeys: fc.array(hash, { maxLength: 2 }) }), {
    maxLength: 2,
  }),
  authorizationList: fc.array(fc.record({ chainId: uint(256), address, nonce: uint(64), ...signature }), {
    maxLength: 2,
  }),
  ...signature,
});
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const hintedRoute = fc.record({
  id: fc.string(),
  source: fc.string(),
  hops: fc.array(fc.record({ pool: address, zeroForOne: fc.boolean() }), { maxLength: 6 }),
  scoreFloat: share,
  budgetFloat: share,
});
const poolLog = fc.record({ address, topics: fc.array(hash, { maxLength: 4 }), data: hex(0, 160) });
const transaction = fc.record({
  hash,
  from: address,
  to: nullable(address),
  nonce: count,
  value: uint(256),
  gas: uint(256),
  input: hex(0, 100),
  type: fc.nat({ max: 255 }),
  gasPrice: nullable(uint(256)),
  maxFeePerGas: nullable(uint(256)),
  maxPriorityFeePerGas: nullable(uint(256)),
  signed: nullable(signed),
});
const time = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

export const engineEvents: fc.Arbitrary<EngineEvent> = fc.oneof(
  fc.record({
    type: fc.constant("synced" as const),
    time,
    block: header,
    pools: fc.array(fc.record({ pool, state: nullable(state) }), { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constant("committed" as const),
    time,
    block: header,
    logs: fc.array(log, { maxLength: 5 }),
    tainted: fc.array(address, { maxLength: 3 }),
    fees: fc.array(fc.record({ pool: address, feePpm: fc.nat(999_999) }), { maxLength: 3 }),
    atHead: fc.boolean(),
  }),
  fc.record({ type: fc.constant("reverted" as const), time, block: ref }),
  fc.record({ type: fc.constant("gap" as const), time, reason: fc.string({ unit: "grapheme" }) }),
  fc.record({
    type: fc.constant("mined" as const),
    time,
    block: ref,
    transactions: fc.array(hash, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant("hint" as const),
    time,
    use: fc.constantFrom("keep" as const, "ask" as const),
    routes: fc.array(hintedRoute, { maxLength: 2 }),
  }),
  fc.record({
    type: fc.constant("limits" as const),
    time,
    minNet: nullable(uint(256)),
    txFeeCap: nullable(uint(256)),
    maxCyclesPerPlan: nullable(fc.integer({ min: 1, max: 8 })),
  }),
  fc.record({
    type: fc.constant("unhint" as const),
    time,
    ids: fc.array(fc.string(), { maxLength: 2 }),
  }),
  fc.record({
    type: fc.constant("foreseen" as const),
    time,
    hash,
    parent: ref,
    logs: nullable(fc.array(poolLog, { maxLength: 3 })),
  }),
  fc.record({ type: fc.constant("further" as const), time, hash, parent: ref }),
  fc.record({ type: fc.constant("pending" as const), time, transaction }),
  fc.record({
    type: fc.constant("repaired" as const),
    time,
    block: ref,
    pools: fc.array(fc.record({ address, state }), { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constant("outcome" as const),
    time,
    intentId: fc.string(),
    fate: fc.constantFrom(
      ...(["included", "reverted", "missed", "replaced", "rejected", "dry-run", "unknown"] as const),
    ),
    reason: fc.string(),
    block: nullable(count),
    transactionHash: nullable(hash),
  }),
);
