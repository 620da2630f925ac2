import type { Hash, Hex } from "../../src/chain/types.ts";
import type { Bundle } from "../../src/execution/bundle.ts";
import type { Keccak256 } from "../../src/execution/keccak256.ts";

/*
 * What stands here beside the product's own code against the figures of the seed document: a graph that can be walked
 * by integers, and a bundle's id counted by hand.
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

const hexOf = (bytes: Uint8Array): Hash =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;

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
    slot: hash,
    merkleRoot: hash,
    proofs: [[]],
  };
}
