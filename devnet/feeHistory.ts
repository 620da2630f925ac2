import { z } from "zod";
import type { DevBlock } from "./block.ts";
import { Quantity, quantity } from "./hex.ts";
import { RpcError } from "./rpc.ts";

const Height = Quantity.transform(Number);
const Params = z.tuple([
  z.union([z.number().int(), Height]),
  z.union([z.enum(["latest", "pending", "safe", "finalized"]), Height]),
  z.array(z.number().min(0).max(100)).nullish(),
]);

const Gas = z.looseObject({ gasUsed: Height, gasLimit: Height });

/** Effective tips at the percentiles of the gas used, as geth has it; zeros for an empty block. */
function rewardsOf({ transactions, baseFeePerGas }: DevBlock, percentiles: readonly number[]): bigint[] {
  const rows = transactions
    .map(({ gasUsed, effectiveGasPrice }) => ({
      gas: Number(gasUsed),
      tip: effectiveGasPrice - baseFeePerGas,
    }))
    .toSorted((a, b) => (a.tip === b.tip ? 0 : a.tip < b.tip ? -1 : 1));
  const total = rows.reduce((sum, { gas }) => sum + gas, 0);
  return percentiles.map((percentile) => {
    let used = 0;
    const found = rows.find(({ gas }) => (used += gas) >= (total * percentile) / 100);
    return (found ?? rows.at(-1))?.tip ?? 0n;
  });
}

/**
 * `eth_feeHistory` over the blocks that the chain still knows. Our own: anvil foresees the next base fee by EIP-1559,
 * while Polygon's producer chooses it.
 */
export function feeHistory(
  blocks: readonly DevBlock[],
  nextBaseFee: bigint,
  params: unknown,
): Record<string, unknown> {
  const [count, newest, percentiles] = Params.parse(params);
  const head = blocks.at(-1);
  if (head === undefined) throw new Error("a chain without blocks");
  const last = typeof newest === "number" ? newest : head.number;
  if (last > head.number) {
    throw new RpcError(-32000, `request beyond head block: requested ${last}, head ${head.number}`);
  }
  const known = blocks.filter(({ number }) => number <= last && number > last - count);
  const after = blocks.find(({ number }) => number === last + 1)?.baseFeePerGas ?? nextBaseFee;
  return {
    oldestBlock: quantity(known[0]?.number ?? 0),
    baseFeePerGas: [...known.map(({ baseFeePerGas }) => baseFeePerGas), after].map(quantity),
    gasUsedRatio: known.map(({ header }) => {
      const { gasUsed, gasLimit } = Gas.parse(header);
      return gasUsed / gasLimit;
    }),
    ...(percentiles == null || percentiles.length === 0
      ? {}
      : { reward: known.map((block) => rewardsOf(block, percentiles).map(quantity)) }),
  };
}
