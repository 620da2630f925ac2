import { z } from "zod";
import type { Address, BlockRef, Hash, Pool, PoolKind } from "../../chain/types.ts";
import { toQuantity } from "../../chain/quantity.ts";
import type { Rpc } from "../chainAnswers.ts";

/** PIP-15's conditions: by account, the words that its storage slots must hold. */
export type KnownAccounts = Readonly<Record<Address, Readonly<Record<Hash, Hash>>>>;

/** Bor refuses 1,000 and more. */
const MAX_SLOTS = 999;

/**
 * Where pools keep what every swap changes and what a swap near the price depends on. The first is never zero in a pool
 * that trades.
 *   v2       8: reserve0, reserve1, blockTimestampLast (UniswapV2Pair.sol; behind it the ERC-20's five and three more)
 *   v3       0: slot0; 4: liquidity (UniswapV3Pool.sol)
 *   algebra  2: globalState; 3: liquidity, volumePerLiquidityInBlock (PoolState.sol of Algebra V1)
 * Liquidity that comes or goes beyond the current tick's range shows in none of them.
 */
export const POOL_SLOTS: Readonly<Record<PoolKind, readonly [number, ...number[]]>> = {
  v2: [8],
  v3: [0, 4],
  algebra: [2, 3],
};

const word = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform((text): Hash => `0x${text.slice(2).toLowerCase().padStart(64, "0")}`);

const wordOf = (slot: number): Hash => `0x${slot.toString(16).padStart(64, "0")}`;

const ZERO = wordOf(0);

type Read = (address: Address, slot: number) => Promise<Hash>;

async function readPool(
  { address, kind }: Pick<Pool, "address" | "kind">,
  read: Read,
): Promise<readonly [Address, Record<Hash, Hash>]> {
  const slots = POOL_SLOTS[kind];
  const words = await Promise.all(slots.map((slot) => read(address, slot)));
  if (words[0] === ZERO)
    throw new Error(`${address} keeps nothing where pools of kind ${kind} have their state`);
  return [address, Object.fromEntries(slots.map((slot, i) => [wordOf(slot), words[i] ?? ZERO]))];
}

/**
 * The pools' state slots as they stand after block `parent`, read all at once. Rejects when the node does not answer
 * in time, when a pool is not built as its kind is, and when they are more than Bor takes.
 */
export async function readKnownAccounts(
  rpc: Rpc,
  pools: readonly Pick<Pool, "address" | "kind">[],
  parent: BlockRef,
  timeoutMs: number,
): Promise<KnownAccounts> {
  const distinct = [...new Map(pools.map((pool) => [pool.address, pool])).values()];
  const count = distinct.reduce((sum, { kind }) => sum + POOL_SLOTS[kind].length, 0);
  if (count > MAX_SLOTS) throw new Error(`${count} storage slots, ${MAX_SLOTS} are allowed`);
  const block = { blockHash: parent.hash };
  const read: Read = async (address, slot) =>
    word.parse(await rpc.request("eth_getStorageAt", [address, toQuantity(slot), block], { timeoutMs }));
  return Object.fromEntries(await Promise.all(distinct.map((pool) => readPool(pool, read))));
}
