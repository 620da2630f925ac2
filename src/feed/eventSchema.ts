import { z } from "zod";
import type { PoolState } from "../amm/poolState.ts";
import type {
  Address,
  BlockHeader,
  BlockRef,
  ChainLog,
  EmittedLog,
  Hash,
  Hex,
  PendingTransaction,
  Pool,
  SignedPart,
} from "../chain/types.ts";
import type { EngineEvent, HintedRoute } from "../engine/events.ts";

/** Events as `eventToJson` writes them: every field, its range, and nothing else. */

const lowerHex = (bytes: number): z.ZodType<Hex> => {
  const pattern = new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`);
  return z.custom<Hex>(
    (value) => typeof value === "string" && pattern.test(value),
    `must be 0x and ${2 * bytes} lower-case hex digits`,
  );
};

const hash: z.ZodType<Hash> = lowerHex(32);
const address: z.ZodType<Address> = lowerHex(20);
const BYTES = /^0x(?:[0-9a-f]{2})*$/;
const bytes = z.custom<Hex>(
  (value) => typeof value === "string" && BYTES.test(value),
  "must be 0x and whole lower-case hex bytes",
);

/** 78 digits hold 256 bits; longer strings are not even converted. */
const UNSIGNED = /^(?:0|[1-9][0-9]{0,77})$/;
const SIGNED = /^(?:0|-?[1-9][0-9]{0,77})$/;

const uint = (bits: number) =>
  z
    .string()
    .regex(UNSIGNED, "must be a decimal string")
    .transform(BigInt)
    .refine((value) => value < 1n << BigInt(bits), `must fit ${bits} bits`);

const int128 = z
  .string()
  .regex(SIGNED, "must be a decimal string")
  .transform(BigInt)
  .refine((value) => value >= -(1n << 127n) && value < 1n << 127n, "must fit a signed 128-bit integer");

const count = z.int().min(0);
const int24 = z
  .int()
  .min(-(2 ** 23))
  .max(2 ** 23 - 1);
const feePpm = z.int().min(0).max(999_999);

const pool: z.ZodType<Pool> = z.strictObject({
  address,
  kind: z.enum(["v2", "v3", "algebra"]),
  dex: z.string(),
  token0: address,
  token1: address,
});

const ticks = z
  .strictObject({
    indexes: z.array(int24),
    liquidityNet: z.array(int128),
    liquidityGross: z.array(uint(128)).optional(),
  })
  .refine(
    ({ indexes, liquidityNet, liquidityGross }) =>
      indexes.length === liquidityNet.length && (liquidityGross ?? indexes).length === indexes.length,
    "columns differ in length",
  )
  .refine(({ indexes }) => indexes.every((tick, i) => i === 0 || (indexes[i - 1] ?? tick) < tick), {
    message: "must ascend",
    path: ["indexes"],
  })
  .transform(({ indexes, liquidityNet, liquidityGross }) => ({
    indexes: Int32Array.from(indexes),
    liquidityNet,
    ...(liquidityGross === undefined ? {} : { liquidityGross }),
  }));

const concentrated = <K extends "v3" | "algebra">(kind: K) =>
  z.strictObject({
    kind: z.literal(kind),
    feePpm,
    tickSpacing: z.int().min(1).max(16_384),
    sqrtPriceX96: uint(160),
    tick: int24,
    liquidity: uint(128),
    ticks: ticks.nullable(),
  });

const state: z.ZodType<PoolState> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("v2"), feePpm, reserve0: uint(112), reserve1: uint(112) }),
  concentrated("v3"),
  concentrated("algebra"),
]);

const ref: z.ZodType<BlockRef> = z.strictObject({ number: count, hash });

const header: z.ZodType<BlockHeader> = z.strictObject({
  number: count,
  hash,
  parentHash: hash,
  timestamp: count,
  baseFeePerGas: uint(256),
  gasLimit: uint(256),
  gasUsed: uint(256),
  logsBloom: lowerHex(256),
});

const log: z.ZodType<ChainLog> = z.strictObject({
  address,
  topics: z.array(hash).max(4),
  data: bytes,
  blockHash: hash,
  blockNumber: count,
  transactionHash: hash,
  logIndex: count,
});

const yParity = z.union([z.literal(0), z.literal(1)]);

const signed: z.ZodType<SignedPart> = z.strictObject({
  chainId: count.nullable(),
  accessList: z.array(z.strictObject({ address, storageKeys: z.array(hash) })),
  authorizationList: z.array(
    z.strictObject({
      chainId: uint(256),
      address,
      nonce: uint(64),
      yParity,
      r: uint(256),
      s: uint(256),
    }),
  ),
  yParity,
  r: uint(256),
  s: uint(256),
});

const transaction: z.ZodType<PendingTransaction> = z.strictObject({
  hash,
  from: address,
  to: address.nullable(),
  nonce: count,
  value: uint(256),
  gas: uint(256),
  input: bytes,
  type: z.int().min(0).max(255),
  gasPrice: uint(256).nullable(),
  maxFeePerGas: uint(256).nullable(),
  maxPriorityFeePerGas: uint(256).nullable(),
  signed: signed.nullable(),
});

const emittedLog: z.ZodType<EmittedLog> = z.strictObject({
  address,
  topics: z.array(hash).max(4),
  data: bytes,
});

const share = z.number().min(0).max(1);
const hintedRoute: z.ZodType<HintedRoute> = z.strictObject({
  id: z.string(),
  source: z.string(),
  hops: z.array(z.strictObject({ pool: address, zeroForOne: z.boolean() })),
  scoreFloat: share,
  budgetFloat: share,
});

const time = z.number();
const fate = z.enum(["included", "reverted", "missed", "replaced", "rejected", "dry-run", "unknown"]);

export const engineEventSchema: z.ZodType<EngineEvent> = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("synced"),
    time,
    block: header,
    pools: z.array(z.strictObject({ pool, state: state.nullable() })),
  }),
  z.strictObject({
    type: z.literal("committed"),
    time,
    block: header,
    logs: z.array(log),
    tainted: z.array(address),
    fees: z.array(z.strictObject({ pool: address, feePpm })),
    atHead: z.boolean(),
  }),
  z.strictObject({ type: z.literal("reverted"), time, block: ref }),
  z.strictObject({ type: z.literal("gap"), time, reason: z.string() }),
  z.strictObject({ type: z.literal("mined"), time, block: ref, transactions: z.array(hash) }),
  z.strictObject({ type: z.literal("pending"), time, transaction }),
  z.strictObject({
    type: z.literal("foreseen"),
    time,
    hash,
    parent: ref,
    logs: z.array(emittedLog).nullable(),
  }),
  z.strictObject({ type: z.literal("further"), time, hash, parent: ref }),
  z.strictObject({
    type: z.literal("repaired"),
    time,
    block: ref,
    pools: z.array(z.strictObject({ address, state: state.nullable() })),
  }),
  z.strictObject({
    type: z.literal("hint"),
    time,
    use: z.enum(["keep", "ask"]),
    routes: z.array(hintedRoute),
  }),
  z.strictObject({
    type: z.literal("limits"),
    time,
    minNet: uint(256).nullable(),
    txFeeCap: uint(256).nullable(),
    maxCyclesPerPlan: z.int().min(1).max(8).nullable(),
  }),
  z.strictObject({ type: z.literal("unhint"), time, ids: z.array(z.string()) }),
  z.strictObject({
    type: z.literal("outcome"),
    time,
    intentId: z.string(),
    fate,
    reason: z.string(),
    block: count.nullable(),
    transactionHash: hash.nullable(),
  }),
]);

/** The first line of every file; `part` counts the files of one run from 0. */
export const recordingHeaderSchema = z.strictObject({
  schema: z.literal("event-recording/1"),
  chainId: z.int().positive(),
  startedAt: count,
  part: count,
});

export type RecordingHeader = z.infer<typeof recordingHeaderSchema>;
