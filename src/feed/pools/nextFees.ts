import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { blockOverrides } from "../../chain/quantity.ts";
import type { Address, BlockHeader, Pool } from "../../chain/types.ts";
import type { NextFee } from "../../engine/events.ts";
import { decodeAggregate3, encodeAggregate3 } from "./aggregate3.ts";
import type { Rpc } from "./rpcPort.ts";

export interface NextFeeOptions {
  readonly multicall3: Address;
  /** Seconds to the next block, as expected. */
  readonly blockSeconds: number;
  readonly timeoutMs: number;
}

/** An Algebra pool, and the quoter of its exchange. */
export interface FeeSource {
  readonly pool: Pool;
  readonly quoter: Address;
}

const QUOTER = parseAbi([
  "function quoteExactInputSingle(address tokenIn, address tokenOut, uint256 amountIn, uint160 limitSqrtPrice) returns (uint256 amountOut, uint16 fee)",
]);

/**
 * The fee of each pool in the block after `block`. Algebra derives it in the first swap of a block from a day of
 * volatility up to that second, so the pool itself is asked: a quote of one unit, at the next block's expected time.
 */
export async function readNextFees(
  sources: readonly FeeSource[],
  block: BlockHeader,
  options: NextFeeOptions,
  rpc: Rpc,
): Promise<readonly NextFee[]> {
  if (sources.length === 0) return [];
  const calls = sources.map(({ pool: { token0, token1 }, quoter }) => ({
    target: quoter,
    data: encodeFunctionData({
      abi: QUOTER,
      functionName: "quoteExactInputSingle",
      args: [token0, token1, 1n, 0n],
    }),
  }));
  const next = blockOverrides(block.number + 1, block.timestamp + options.blockSeconds);
  const call = { to: options.multicall3, data: encodeAggregate3(calls) };
  const params = [call, { blockHash: block.hash }, {}, next];
  const answer = await rpc.request("eth_call", params, { timeoutMs: options.timeoutMs });
  const results = typeof answer === "string" ? decodeAggregate3(answer) : null;
  return sources.flatMap(({ pool: { address } }, i) => {
    const data = results?.[i];
    if (data?.length !== ANSWER_LENGTH) return [];
    const [, feePpm] = decodeFunctionResult({ abi: QUOTER, functionName: "quoteExactInputSingle", data });
    return [{ pool: address, feePpm }];
  });
}

/** Two words in hex, with their `0x`. */
const ANSWER_LENGTH = 2 + 2 * 64;
