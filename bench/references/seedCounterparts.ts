import type { Hash, Hex } from "../../src/chain/types.ts";
import type { Bundle } from "../../src/execution/bundle.ts";
import type { Keccak256 } from "../../src/execution/keccak256.ts";

/*
 * What stands here against the figures of the seed document: the same jobs done properly, so that the figures can be
 * compared. A graph that can be walked by integers, optima instead of one fixed quote, a real Merkle tree.
 */

/** Neighbours by token: those of token `t` at `first[t] … first[t + 1]` of `near`, reached by `edges`. */
export interface PairGraph {
  readonly first: Int32Array;
  readonly near: Int32Array;
  /** `2 * pair + direction`, direction 0 for token0 to token1. */
  readonly edges: Int32Array;
}

/** Tokens of pairs as integers, in order of appearance. */
export interface PairTable {
  readonly token0: Int32Array;
  readonly token1: Int32Array;
  readonly tokenCount: number;
}

export function indexPairs(
  pairs: readonly { readonly token0: string; readonly token1: string }[],
): PairTable {
  const ids = new Map<string, number>();
  const token0 = new Int32Array(pairs.length);
  const token1 = new Int32Array(pairs.length);
  let at = 0;
  for (const pair of pairs) {
    token0[at] = idOf(ids, pair.token0);
    token1[at++] = idOf(ids, pair.token1);
  }
  return { token0, token1, tokenCount: ids.size };
}

function idOf(ids: Map<string, number>, token: string): number {
  const known = ids.get(token);
  if (known !== undefined) return known;
  ids.set(token, ids.size);
  return ids.size - 1;
}

/** The graph of the pairs, by counting: three passes over typed arrays. */
export function buildPairGraph({ token0, token1, tokenCount }: PairTable): PairGraph {
  const first = new Int32Array(tokenCount + 1);
  for (let pair = 0; pair < token0.length; pair++) {
    const [from, to] = [token0[pair] ?? 0, token1[pair] ?? 0];
    first[from + 1] = (first[from + 1] ?? 0) + 1;
    first[to + 1] = (first[to + 1] ?? 0) + 1;
  }
  for (let token = 0; token < tokenCount; token++)
    first[token + 1] = (first[token + 1] ?? 0) + (first[token] ?? 0);
  const next = first.slice();
  const near = new Int32Array(2 * token0.length);
  const edges = new Int32Array(2 * token0.length);
  for (let pair = 0; pair < token0.length; pair++) {
    const [from, to] = [token0[pair] ?? 0, token1[pair] ?? 0];
    const down = next[from] ?? 0;
    near[down] = to;
    edges[down] = 2 * pair;
    next[from] = down + 1;
    const up = next[to] ?? 0;
    near[up] = from;
    edges[up] = 2 * pair + 1;
    next[to] = up + 1;
  }
  return { first, near, edges };
}

/** Routes of three V2 hops; the hops of route `r` at `3 * r …`. Floats are the same numbers, rounded. */
export interface RouteTable {
  readonly count: number;
  readonly reserveInFloat: Float64Array;
  readonly reserveOutFloat: Float64Array;
  /** 1 - fee */
  readonly afterFeeFloat: Float64Array;
  readonly reserveIn: readonly bigint[];
  readonly reserveOut: readonly bigint[];
  readonly feePpm: Int32Array;
}

export interface RouteHop {
  readonly reserveIn: bigint;
  readonly reserveOut: bigint;
  readonly feePpm: number;
}

/** Hops of all routes in a row, three each. */
export const tableOfRoutes = (hops: readonly RouteHop[]): RouteTable => ({
  count: Math.floor(hops.length / 3),
  reserveInFloat: Float64Array.from(hops, ({ reserveIn }) => Number(reserveIn)),
  reserveOutFloat: Float64Array.from(hops, ({ reserveOut }) => Number(reserveOut)),
  afterFeeFloat: Float64Array.from(hops, ({ feePpm }) => 1 - feePpm / 1e6),
  reserveIn: hops.map(({ reserveIn }) => reserveIn),
  reserveOut: hops.map(({ reserveOut }) => reserveOut),
  feePpm: Int32Array.from(hops, ({ feePpm }) => feePpm),
});

/**
 * Best input of each route by the closed form (see `closedFormInput`), in raw units of its first token: estimates, 0
 * where none pays.
 */
export function sizeRoutesFloat(table: RouteTable, inputs: Float64Array): void {
  const { count, reserveInFloat, reserveOutFloat, afterFeeFloat } = table;
  for (let route = 0, hop = 0; route < count; route++, hop += 3) {
    const fee0 = afterFeeFloat[hop] ?? 0;
    const fee1 = afterFeeFloat[hop + 1] ?? 0;
    const fee2 = afterFeeFloat[hop + 2] ?? 0;
    const depth0 = reserveInFloat[hop] ?? 0;
    const depth1 = reserveInFloat[hop + 1] ?? 0;
    const depth2 = reserveInFloat[hop + 2] ?? 0;
    const p0 = fee0 * (reserveOutFloat[hop] ?? 0);
    const p1 = p0 * fee1 * (reserveOutFloat[hop + 1] ?? 0);
    const p = p1 * fee2 * (reserveOutFloat[hop + 2] ?? 0);
    const q = depth0 * depth1 * depth2;
    const s = depth2 * (depth1 * fee0 + fee1 * p0) + fee2 * p1;
    const peak = (Math.sqrt(p * q) - q) / s;
    inputs[route] = peak > 0 ? peak : 0;
  }
}

const MILLION = 1_000_000n;

/** Exact gain of each route at the closed form's size, rounded down; 0n where none pays. Raw units. */
export function sizeRoutesExact(table: RouteTable, inputs: Float64Array, gains: bigint[]): void {
  sizeRoutesFloat(table, inputs);
  const { count, reserveIn, reserveOut, feePpm } = table;
  for (let route = 0; route < count; route++) {
    const amountIn = BigInt(Math.floor(inputs[route] ?? 0));
    let amount = amountIn;
    for (let hop = 3 * route; hop < 3 * route + 3 && amount > 0n; hop++) {
      const paid = amount * BigInt(1_000_000 - (feePpm[hop] ?? 0));
      amount = (paid * (reserveOut[hop] ?? 0n)) / ((reserveIn[hop] ?? 0n) * MILLION + paid);
    }
    gains[route] = amount > amountIn ? amount - amountIn : 0n;
  }
}

const hexOf = (bytes: Uint8Array): Hash =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;

/**
 * Root of the Merkle tree over leaves of 32 bytes: leaves ascending, pairs hashed in ascending order, as OpenZeppelin's
 * `SimpleMerkleTree` and its verifier on chain have it. Throws a RangeError without leaves.
 */
export function merkleRoot(leaves: readonly Hash[], keccak: Keccak256): Hash {
  if (leaves.length === 0) throw new RangeError("a tree has at least one leaf");
  // Hashes in lower case sort as their numbers do.
  const sorted = leaves.toSorted();
  const tree: Uint8Array[] = Array.from({ length: 2 * sorted.length - 1 });
  for (const [i, leaf] of sorted.entries()) tree[tree.length - 1 - i] = Buffer.from(leaf.slice(2), "hex");
  const pair = Buffer.alloc(64);
  for (let i = sorted.length - 2; i >= 0; i--) {
    const left = tree[2 * i + 1] ?? pair;
    const right = tree[2 * i + 2] ?? pair;
    const ascending = Buffer.compare(left, right) < 0;
    pair.set(ascending ? left : right, 0);
    pair.set(ascending ? right : left, 32);
    tree[i] = keccak.hash(pair);
  }
  return hexOf(tree[0] ?? pair);
}

/** Bytes of abi.encode(chain id, [target block], [raw transaction]) before the transaction. */
const ID_HEAD = 256;
/** More than the longest transaction of a plan. */
const scratch = Buffer.alloc(ID_HEAD + 8192);

/**
 * The bundle of one signed transaction of ours for one block: `createBundle`'s, with one leaf and no proof to make.
 * Throws a RangeError when the transaction is longer than 8,000 bytes.
 */
export function bundleOfOne(chainId: number, raw: Hex, targetBlock: number, keccak: Keccak256): Bundle {
  const length = raw.length / 2 - 1;
  if (length > 8000) throw new RangeError(`a transaction of ${length} bytes`);
  const end = ID_HEAD + length;
  const padded = end + ((32 - (length % 32)) % 32);
  for (const [i, value] of [chainId, 0x60, 0xa0, 1, targetBlock, 1, 0x20, length].entries())
    scratch.writeUIntBE(value, 32 * i + 26, 6);
  scratch.write(raw.slice(2), ID_HEAD, "hex");
  scratch.fill(0, end, padded);
  const hash = hexOf(keccak.hash(scratch.subarray(ID_HEAD, end)));
  return {
    // keccak256 of the whole encoding, as `createBundle` has it.
    id: hexOf(keccak.hash(scratch.subarray(0, padded))),
    chainId,
    transactions: [raw],
    hashes: [hash],
    targetBlocks: [targetBlock],
    merkleRoot: hash,
    proofs: [[]],
  };
}
