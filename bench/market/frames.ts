import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import type { ConcentratedState, V2State } from "../../src/amm/poolState.ts";
import type { Address, Hash, Hex } from "../../src/chain/types.ts";

/** Where a log stands in the chain. */
export interface LogPlace {
  readonly blockNumber: number;
  readonly blockHash: Hash;
  /** Seconds since 1970. */
  readonly blockTimestamp: number;
  readonly transactionHash: Hash;
  readonly transactionIndex: number;
  readonly logIndex: number;
}

/** Topics and data of a log. */
export interface LogBody {
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

const WORD = 1n << 256n;
const SUBSCRIPTION: Hex = "0x4a8a4c0517381924f9838102c5a4dcb7";
/** A router as sender and receiver, padded to a topic. */
const ROUTER: Hex = `0x${"00".repeat(12)}a5e0829caced8ffdd4de3c43696c57f7d7a678ff`;

/** 64 hex digits of an unsigned or, below zero, two's complement word. */
const word = (value: bigint): string => (value < 0n ? value + WORD : value).toString(16).padStart(64, "0");

export const syncLog = ({ reserve0, reserve1 }: V2State): LogBody => ({
  topics: [POOL_TOPICS.sync],
  data: `0x${word(reserve0)}${word(reserve1)}`,
});

/** The state after the swap; amounts as the pool sees them, positive when they came in. */
export const swapLog = (after: ConcentratedState, amount0: bigint, amount1: bigint): LogBody => ({
  topics: [POOL_TOPICS.swap, ROUTER, ROUTER],
  data: `0x${word(amount0)}${word(amount1)}${word(after.sqrtPriceX96)}${word(after.liquidity)}${word(BigInt(after.tick))}`,
});

/** A Mint (`liquidity` above zero) or Burn over [lower, upper); the amounts, which no state shows, are zero. */
export const positionLog = (lower: number, upper: number, liquidity: bigint): LogBody => {
  const range: readonly Hex[] = [ROUTER, `0x${word(BigInt(lower))}`, `0x${word(BigInt(upper))}`];
  return liquidity > 0n
    ? {
        topics: [POOL_TOPICS.mint, ...range],
        data: `0x${ROUTER.slice(2)}${word(liquidity)}${word(0n)}${word(0n)}`,
      }
    : { topics: [POOL_TOPICS.burn, ...range], data: `0x${word(-liquidity)}${word(0n)}${word(0n)}` };
};

/** The notification as geth and Bor write it: their order of keys, no white space, lower-case hex. */
export function logFrame(address: Address, { topics, data }: LogBody, place: LogPlace): Buffer {
  const { blockNumber, blockHash, blockTimestamp, transactionHash, transactionIndex, logIndex } = place;
  return Buffer.from(
    `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${SUBSCRIPTION}","result":{` +
      `"address":"${address}","topics":["${topics.join('","')}"],"data":"${data}",` +
      `"blockNumber":"0x${blockNumber.toString(16)}","transactionHash":"${transactionHash}",` +
      `"transactionIndex":"0x${transactionIndex.toString(16)}","blockHash":"${blockHash}",` +
      `"blockTimestamp":"0x${blockTimestamp.toString(16)}","logIndex":"0x${logIndex.toString(16)}","removed":false}}}`,
    "latin1",
  );
}
