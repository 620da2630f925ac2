import { decodeEventLog, parseAbi } from "viem";
import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import type { Address, Hex, Pool } from "../../src/chain/types.ts";
import { loadFlashbots } from "./flashbotsLibrary.ts";

/** What a log tells of a pool. */
export type PoolChange =
  | { readonly kind: "sync"; readonly reserve0: bigint; readonly reserve1: bigint }
  | {
      readonly kind: "swap";
      readonly sqrtPriceX96: bigint;
      readonly liquidity: bigint;
      readonly tick: number;
    }
  /** A mint, or a burn with `liquidity` below zero. */
  | {
      readonly kind: "position";
      readonly tickLower: number;
      readonly tickUpper: number;
      readonly liquidity: bigint;
    };

export interface PoolUpdate {
  /** Index into the market's pools. */
  readonly pool: number;
  readonly change: PoolChange;
}

/** Reads a notification frame with a Sync, Swap, Mint or Burn log; null for other pools and events. */
export type FrameDecoder = (frame: Buffer) => PoolUpdate | null;

interface FrameLog {
  readonly address: Address;
  readonly topics: [Hex, ...Hex[]];
  readonly data: Hex;
}

/** What an ABI library makes of a log. */
type LogDecoder = (log: FrameLog) => PoolChange | null;

const EVENTS = {
  sync: "event Sync(uint112 reserve0, uint112 reserve1)",
  swap: "event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick)",
  mint: "event Mint(address sender, address indexed owner, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount, uint256 amount0, uint256 amount1)",
  burn: "event Burn(address indexed owner, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount, uint256 amount0, uint256 amount1)",
} as const;

interface Notification {
  readonly params?: { readonly result?: FrameLog };
}

/** JSON.parse of the frame, the pool by its address, then the log; a benchmark's own frames are not validated. */
function createDecoder(pools: readonly Pool[], decodeLog: LogDecoder): FrameDecoder {
  const ids = new Map<string, number>(pools.map(({ address }, i) => [address, i]));
  return (frame) => {
    const { params }: Notification = JSON.parse(frame.toString("latin1"));
    const log = params?.result;
    const pool = log && ids.get(log.address);
    if (log === undefined || pool === undefined) return null;
    const change = decodeLog(log);
    return change && { pool, change };
  };
}

/** One ABI an event: the library then looks at one signature only. */
const viemAbis = {
  sync: parseAbi([EVENTS.sync]),
  swap: parseAbi([EVENTS.swap]),
  mint: parseAbi([EVENTS.mint]),
  burn: parseAbi([EVENTS.burn]),
};

function decodeByViem({ topics, data }: FrameLog): PoolChange | null {
  switch (topics[0]) {
    case POOL_TOPICS.sync: {
      const { args } = decodeEventLog({ abi: viemAbis.sync, topics, data });
      return { kind: "sync", reserve0: args.reserve0, reserve1: args.reserve1 };
    }
    case POOL_TOPICS.swap: {
      const { args } = decodeEventLog({ abi: viemAbis.swap, topics, data });
      const { sqrtPriceX96, liquidity, tick } = args;
      return { kind: "swap", sqrtPriceX96, liquidity, tick };
    }
    case POOL_TOPICS.mint: {
      const { args } = decodeEventLog({ abi: viemAbis.mint, topics, data });
      const { tickLower, tickUpper, amount } = args;
      return { kind: "position", tickLower, tickUpper, liquidity: amount };
    }
    case POOL_TOPICS.burn: {
      const { args } = decodeEventLog({ abi: viemAbis.burn, topics, data });
      const { tickLower, tickUpper, amount } = args;
      return { kind: "position", tickLower, tickUpper, liquidity: -amount };
    }
    default:
      return null;
  }
}

/** JSON.parse, then viem's `decodeEventLog` with the one event that the first topic names. */
export const createViemDecoder = (pools: readonly Pool[]): FrameDecoder => createDecoder(pools, decodeByViem);

/** JSON.parse, then ethers' `Interface.parseLog`. */
export function createEthersDecoder(pools: readonly Pool[]): FrameDecoder {
  const { Interface } = loadFlashbots().ethers;
  const events = new Interface(Object.values(EVENTS));
  return createDecoder(pools, (log) => {
    const parsed = events.parseLog(log);
    if (parsed === null) return null;
    const { args, name } = parsed;
    const integer = (field: string) => BigInt(args.getValue(field));
    if (name === "Sync")
      return { kind: "sync", reserve0: integer("reserve0"), reserve1: integer("reserve1") };
    if (name === "Swap") {
      const [sqrtPriceX96, liquidity] = [integer("sqrtPriceX96"), integer("liquidity")];
      return { kind: "swap", sqrtPriceX96, liquidity, tick: Number(integer("tick")) };
    }
    const [tickLower, tickUpper] = [Number(integer("tickLower")), Number(integer("tickUpper"))];
    const liquidity = name === "Burn" ? -integer("amount") : integer("amount");
    return { kind: "position", tickLower, tickUpper, liquidity };
  });
}

const word = (hex: string, index: number): bigint =>
  BigInt(`0x${hex.slice(2 + 64 * index, 66 + 64 * index)}`);
const tickOf = (hex = "0x", index = 0): number => Number(BigInt.asIntN(24, word(hex, index)));

/** JSON.parse, then the words of the data cut out by hand: what is left without an ABI library. */
export const createJsonDecoder = (pools: readonly Pool[]): FrameDecoder =>
  createDecoder(pools, ({ topics, data }) => {
    const [topic, , third, fourth] = topics;
    if (topic === POOL_TOPICS.sync) return { kind: "sync", reserve0: word(data, 0), reserve1: word(data, 1) };
    if (topic === POOL_TOPICS.swap)
      return { kind: "swap", sqrtPriceX96: word(data, 2), liquidity: word(data, 3), tick: tickOf(data, 4) };
    const minted = topic === POOL_TOPICS.mint;
    if (!minted && topic !== POOL_TOPICS.burn) return null;
    const liquidity = minted ? word(data, 1) : -word(data, 0);
    return { kind: "position", tickLower: tickOf(third), tickUpper: tickOf(fourth), liquidity };
  });
