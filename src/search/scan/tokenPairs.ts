import type { Address, Pool } from "../../chain/types.ts";

/** Pools gathered by their two tokens, everything as integers (see `layout.ts`). */
export interface TokenPairs {
  /** By token id, the bases first. */
  readonly tokens: Address[];
  readonly tokenIds: Map<Address, number>;
  readonly bases: number;
  readonly pairs: number;
  /** By pool: -1 where both tokens are one. */
  readonly pairOfPool: Int32Array;
  readonly poolFlips: Uint8Array;
  /** By lane: the token it leaves. */
  readonly laneTokens: Int32Array;
  /** Ways out of a token: `neighbours[2 * n]` is reached through the lane `neighbours[2 * n + 1]`, for n in `firstNeighbour[token] ..`. */
  readonly firstNeighbour: Int32Array;
  readonly neighbours: Int32Array;
}

export function pairTokens(pools: readonly Pool[], bases: readonly Address[]): TokenPairs {
  const tokens: Address[] = [];
  const tokenIds = new Map<Address, number>();
  const idOf = (token: Address): number => {
    const known = tokenIds.get(token);
    if (known !== undefined) return known;
    tokenIds.set(token, tokens.length);
    return tokens.push(token) - 1;
  };
  for (const base of bases) idOf(base);
  const baseCount = tokens.length;

  const low = new Int32Array(pools.length);
  const high = new Int32Array(pools.length);
  const poolFlips = new Uint8Array(pools.length);
  for (const [pool, { token0, token1 }] of pools.entries()) {
    const [one, other] = [idOf(token0), idOf(token1)];
    low[pool] = Math.min(one, other);
    high[pool] = Math.max(one, other);
    poolFlips[pool] = one < other ? 0 : 1;
  }
  const order = sortBy(low, tokens.length, sortBy(high, tokens.length, firstIntegers(pools.length)));
  const { pairOfPool, laneTokens } = numberPairs(order, low, high);
  const around = gatherNeighbours(laneTokens, tokens.length);
  const pairs = laneTokens.length / 2;
  return { tokens, tokenIds, bases: baseCount, pairs, pairOfPool, poolFlips, laneTokens, ...around };
}

const firstIntegers = (count: number): Int32Array => new Int32Array(count).map((_, i) => i);

/** Counting sort of `items` by their key below `keyCount`; equal keys keep their order. */
function sortBy(keys: Int32Array, keyCount: number, items: Int32Array): Int32Array {
  const next = new Int32Array(keyCount + 1);
  for (const key of keys) next[key + 1] = (next[key + 1] ?? 0) + 1;
  for (let key = 0; key < keyCount; key++) next[key + 1] = (next[key + 1] ?? 0) + (next[key] ?? 0);
  const sorted = new Int32Array(items.length);
  for (const item of items) {
    const key = keys[item] ?? 0;
    const place = next[key] ?? 0;
    next[key] = place + 1;
    sorted[place] = item;
  }
  return sorted;
}

/** Pools in `order` of their tokens: each run of equal tokens is a pair. */
function numberPairs(order: Int32Array, low: Int32Array, high: Int32Array) {
  const pairOfPool = new Int32Array(order.length).fill(-1);
  const laneTokens = new Int32Array(2 * order.length);
  let pairs = 0;
  for (const pool of order) {
    const [from, to] = [low[pool] ?? 0, high[pool] ?? 0];
    if (from === to) continue;
    const last = 2 * (pairs - 1);
    if (pairs === 0 || laneTokens[last] !== from || laneTokens[last + 1] !== to) {
      laneTokens[2 * pairs] = from;
      laneTokens[2 * pairs + 1] = to;
      pairs++;
    }
    pairOfPool[pool] = pairs - 1;
  }
  return { pairOfPool, laneTokens: laneTokens.slice(0, 2 * pairs) };
}

function gatherNeighbours(laneTokens: Int32Array, tokenCount: number) {
  const firstNeighbour = new Int32Array(tokenCount + 1);
  const lanes = sortBy(laneTokens, tokenCount, firstIntegers(laneTokens.length));
  for (const token of laneTokens) firstNeighbour[token + 1] = (firstNeighbour[token + 1] ?? 0) + 1;
  for (let token = 0; token < tokenCount; token++)
    firstNeighbour[token + 1] = (firstNeighbour[token + 1] ?? 0) + (firstNeighbour[token] ?? 0);
  const neighbours = new Int32Array(2 * lanes.length);
  for (const [at, lane] of lanes.entries()) {
    neighbours[2 * at] = laneTokens[lane ^ 1] ?? 0;
    neighbours[2 * at + 1] = lane;
  }
  return { firstNeighbour, neighbours };
}
