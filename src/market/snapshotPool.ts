import type { ConcentratedState, PoolState, TickTable, V2State } from "../amm/poolState.ts";
import { MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, MIN_TICK, sqrtRatioAtTick } from "../amm/tickMath.ts";
import { positionAtOrBelow, tickTable, type TickEntry } from "../amm/tickTable.ts";
import type { Pool, PoolKind } from "../chain/types.ts";
import type { JsonObject, JsonValue, ListShape, ObjectShape, Shape } from "../lib/jsonReader.ts";
import { JsonFault } from "../lib/jsonScanner.ts";
import {
  nullable,
  optional,
  readAddress,
  readAmount,
  readCount,
  readText,
  required,
  SCALAR,
} from "./snapshotFields.ts";

/** The mutable fields of a pool, each in its own range; what they say together is judged by `makePool`. */
export interface PoolChange {
  readonly feePpm?: number | undefined;
  readonly reserve0?: bigint | undefined;
  readonly reserve1?: bigint | undefined;
  readonly tickSpacing?: number | null | undefined;
  readonly sqrtPriceX96?: bigint | null | undefined;
  readonly tick?: number | null | undefined;
  readonly liquidity?: bigint | undefined;
  readonly ticks?: TickTable | null | undefined;
}

/** A pool of a file and what it holds; `state` null: it cannot be priced. */
export interface SnapshotPool {
  readonly pool: Pool;
  readonly state: PoolState | null;
}

const KINDS: ReadonlyMap<string, PoolKind> = new Map([
  ["v2", "v2"],
  ["v3", "v3"],
  ["algebra", "algebra"],
]);
const UINT112 = (1n << 112n) - 1n;
const UINT128 = (1n << 128n) - 1n;
const INT128 = (1n << 127n) - 1n;
/** The greatest spacing that the factory of Uniswap V3 allows is one below 2^14. */
const MAX_TICK_SPACING = 16_383;

const readFee = readCount(0, 999_999);
const readReserve = readAmount(0n, UINT112, "0 to 2^112 - 1");
const readLiquidity = readAmount(0n, UINT128, "0 to 2^128 - 1");
const readNet = readAmount(-INT128 - 1n, INT128, "-2^127 to 2^127 - 1");
const readPrice = readAmount(
  MIN_SQRT_RATIO,
  MAX_SQRT_RATIO - 1n,
  "the price of the lowest to the highest tick",
);
const readTick = readCount(MIN_TICK, MAX_TICK);
const readSpacing = readCount(1, MAX_TICK_SPACING);

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/** Puts the path in front of a fault only when there is one: paths of a hundred thousand ticks cost more than they. */
const inside = <T>(where: () => string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw error instanceof JsonFault ? new JsonFault(`${where()}${error.path}`, error.message) : error;
  }
};

/** Collects a tick list as it is read: two numbers a tick, not two objects. */
const createTicksShape = (): { readonly shape: ListShape; readonly finish: () => readonly TickEntry[] } => {
  let entries: TickEntry[] = [];
  const add = (value: JsonValue, where: () => string): void => {
    const pair = isList(value) ? value : [];
    if (pair.length !== 2) throw new JsonFault(where(), 'expected [tick, "liquidityNet"]');
    entries.push(inside(where, () => [readTick(pair[0] ?? null, "[0]"), readNet(pair[1] ?? null, "[1]")]));
  };
  const finish = (): readonly TickEntry[] => {
    const all = entries;
    entries = [];
    return all;
  };
  const pair: ListShape = { kind: "list", of: SCALAR, most: 2, take: add };
  return { shape: { kind: "list", of: pair, nullable: true }, finish };
};

const NAMES = [
  "kind",
  "address",
  "dex",
  "token0",
  "token1",
  "feePpm",
  "reserve0",
  "reserve1",
  "tickSpacing",
  "sqrtPriceX96",
  "tick",
  "liquidity",
];

/** What a pool object, or a change of one, is read with; `take` gets its fields and its ticks. */
export type TakePool = (fields: JsonObject, ticks: TickTable | null | undefined, path: string) => void;

export function createPoolShape(take: TakePool): ObjectShape {
  const { shape, finish } = createTicksShape();
  return {
    kind: "object",
    fields: new Map<string, Shape>([...NAMES.map((name) => [name, SCALAR] as const), ["ticks", shape]]),
    take: (value, where) => {
      if (!(value instanceof Map)) return;
      take(value, finishTicks(value, finish(), `${where()}.ticks`), where());
    },
  };
}

const finishTicks = (
  fields: JsonObject,
  entries: readonly TickEntry[],
  path: string,
): TickTable | null | undefined => {
  const value = fields.get("ticks");
  if (value === undefined || value === null) return value;
  try {
    return tickTable(entries);
  } catch (error) {
    throw new JsonFault(path, error instanceof RangeError ? error.message : String(error));
  }
};

/** Reads the mutable fields that are there. */
export const readChange = (
  fields: JsonObject,
  ticks: TickTable | null | undefined,
  path: string,
): PoolChange => ({
  feePpm: optional(fields, "feePpm", path, readFee),
  reserve0: optional(fields, "reserve0", path, readReserve),
  reserve1: optional(fields, "reserve1", path, readReserve),
  tickSpacing: optional(fields, "tickSpacing", path, nullable(readSpacing)),
  sqrtPriceX96: optional(fields, "sqrtPriceX96", path, nullable(readPrice)),
  tick: optional(fields, "tick", path, nullable(readTick)),
  liquidity: optional(fields, "liquidity", path, readLiquidity),
  ticks,
});

/** Reads the facts of a pool. `dex` may be left out where a pool is given by itself. */
export const readPool = (fields: JsonObject, path: string, defaultDex?: string): Pool => {
  const kindName = required(fields, "kind", path, readText);
  const kind = KINDS.get(kindName);
  if (kind === undefined)
    throw new JsonFault(`${path}.kind`, `expected v2, v3 or algebra, found ${JSON.stringify(kindName)}`);
  const dex =
    defaultDex === undefined
      ? required(fields, "dex", path, readText)
      : optional(fields, "dex", path, readText);
  const pool = {
    kind,
    dex: dex ?? defaultDex ?? "",
    address: required(fields, "address", path, readAddress),
    token0: required(fields, "token0", path, readAddress),
    token1: required(fields, "token1", path, readAddress),
  };
  if (pool.token0 === pool.token1) throw new JsonFault(`${path}.token1`, "is the same as token0");
  return pool;
};

const present = <T>(value: T | undefined, path: string): T => {
  if (value === undefined) throw new JsonFault(path, "is missing");
  return value;
};

const v2State = (change: PoolChange, path: string): V2State | null => {
  const feePpm = present(change.feePpm, `${path}.feePpm`);
  const reserve0 = present(change.reserve0, `${path}.reserve0`);
  const reserve1 = present(change.reserve1, `${path}.reserve1`);
  return reserve0 === 0n || reserve1 === 0n ? null : { kind: "v2", feePpm, reserve0, reserve1 };
};

const concentratedState = (
  kind: "v3" | "algebra",
  change: PoolChange,
  path: string,
): ConcentratedState | null => {
  const feePpm = present(change.feePpm, `${path}.feePpm`);
  const liquidity = present(change.liquidity, `${path}.liquidity`);
  const { sqrtPriceX96 = null, tick = null, tickSpacing = null, ticks = null } = change;
  if (sqrtPriceX96 === null || tick === null || tickSpacing === null) return null;
  const state = { kind, feePpm, tickSpacing, sqrtPriceX96, tick, liquidity, ticks };
  checkPrice(state, path);
  if (ticks !== null) checkTicks({ ...state, ticks }, path);
  return state;
};

/**
 * `tick` is the greatest one whose price is not above `sqrtPriceX96`, or the one below: a swap downwards that ends
 * exactly on a tick leaves the price there and the tick one lower (UniswapV3Pool.swap).
 */
const checkPrice = ({ tick, sqrtPriceX96 }: ConcentratedState, path: string): void => {
  const below = sqrtRatioAtTick(tick) > sqrtPriceX96;
  if (below || (tick < MAX_TICK && sqrtRatioAtTick(tick + 1) < sqrtPriceX96))
    throw new JsonFault(`${path}.tick`, `${tick} does not fit sqrtPriceX96 ${sqrtPriceX96}`);
};

const checkTicks = (state: ConcentratedState & { readonly ticks: TickTable }, path: string): void => {
  const { ticks, tickSpacing, tick, liquidity } = state;
  const astray = ticks.indexes.find((index) => index % tickSpacing !== 0);
  if (astray !== undefined)
    throw new JsonFault(`${path}.ticks`, `tick ${astray} is no multiple of tickSpacing ${tickSpacing}`);
  const current = positionAtOrBelow(ticks, tick);
  let sum = 0n;
  let atTick = 0n;
  for (const [position, net] of ticks.liquidityNet.entries()) {
    sum += net;
    if (position === current) atTick = sum;
    if (sum < 0n || sum > UINT128)
      throw new JsonFault(
        `${path}.ticks`,
        `liquidityNet up to tick ${ticks.indexes[position]} adds up to ${sum}`,
      );
  }
  if (atTick !== liquidity)
    throw new JsonFault(
      `${path}.liquidity`,
      `is ${liquidity}, but the liquidityNet of ticks up to ${tick} adds up to ${atTick}`,
    );
};

/**
 * The state that the fields make together, or null where the pool cannot be priced: no price, or an empty reserve.
 * Throws `JsonFault` when a field is missing or they contradict each other.
 */
export const makeState = (kind: PoolKind, change: PoolChange, path: string): PoolState | null =>
  kind === "v2" ? v2State(change, path) : concentratedState(kind, change, path);
