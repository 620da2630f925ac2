import { encodeFunctionData, erc20Abi } from "viem";
import { z } from "zod";
import type { Address, Hex } from "../../src/chain/types.ts";
import { toQuantity } from "../../src/chain/quantity.ts";
import type { BackrunRow, ProfitRow } from "./ledgerView.ts";
import { hashText } from "./hashText.ts";

type Rpc = (method: string, params?: readonly unknown[]) => Promise<unknown>;

const receiptsOfBlock = z.array(
  z.object({
    transactionHash: hashText,
    from: hashText,
    status: z.enum(["0x0", "0x1"]),
  }),
);
const amount = z
  .string()
  .regex(/^0x[0-9a-f]+$/)
  .transform(BigInt);

/** What the chain itself says of our trades, without the daemon's word. */
export interface Audit {
  readonly landed: number;
  readonly reverted: number;
  /** Landed trades whose predicted profit is the treasury's balance change, base by base, to the unit. */
  readonly equal: number;
  /** Landed behind a transaction of somebody else, all of them directly. */
  readonly backruns: number;
  /** A line for each one that is not equal, or not where it should be. */
  readonly differences: readonly string[];
}

export async function auditChain(
  rpc: Rpc,
  who: { operator: Address; treasury: Address },
  blocks: { from: number; to: number },
  { profits, backruns }: { profits: readonly ProfitRow[]; backruns: readonly BackrunRow[] },
): Promise<Audit> {
  const ours: { hash: Hex; block: number; ok: boolean; before: Hex | null }[] = [];
  for (let block = blocks.from; block <= blocks.to; block++) {
    const receipts = receiptsOfBlock.parse(await rpc("eth_getBlockReceipts", [toQuantity(block)]));
    for (const [i, { transactionHash: hash, from, status }] of receipts.entries()) {
      const before = receipts[i - 1]?.transactionHash ?? null;
      if (from === who.operator) ours.push({ hash, block, ok: status === "0x1", before });
    }
  }
  const landed = ours.filter(({ ok }) => ok);
  const differences: string[] = [];
  const triggers = new Map(backruns.map(({ transaction, trigger }) => [transaction, trigger]));
  for (const { hash, before } of landed) {
    const trigger = triggers.get(hash);
    if (trigger !== undefined && trigger !== before)
      differences.push(`${hash} stands behind ${before}, not behind its trigger ${trigger}`);
  }
  for (const { hash, block } of landed)
    differences.push(...(await compare(rpc, who.treasury, { hash, block }, profits)));
  const wrong = new Set(differences.map((line) => line.split(" ")[0]));
  return {
    landed: landed.length,
    backruns: landed.filter(({ hash }) => triggers.has(hash)).length,
    reverted: ours.length - landed.length,
    equal: landed.length - wrong.size,
    differences,
  };
}

/** One trade of ours a block, so the treasury's change in that block is the trade's. */
async function compare(
  rpc: Rpc,
  treasury: Address,
  trade: { hash: Hex; block: number },
  profits: readonly ProfitRow[],
): Promise<readonly string[]> {
  const rows = profits.filter(({ transaction }) => transaction === trade.hash);
  if (rows.length === 0) return [`${trade.hash} is on the chain, but not in the ledger`];
  const lines: string[] = [];
  for (const { base, symbol, predicted, realised } of rows) {
    const before = await balance(rpc, base, treasury, trade.block - 1);
    const change = (await balance(rpc, base, treasury, trade.block)) - before;
    if (change === predicted && realised === predicted) continue;
    lines.push(`${trade.hash} ${symbol}: predicted ${predicted}, recorded ${realised}, on chain ${change}`);
  }
  return lines;
}

async function balance(rpc: Rpc, token: Hex, owner: Address, block: number): Promise<bigint> {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "balanceOf", args: [owner] });
  return amount.parse(await rpc("eth_call", [{ to: token, data }, toQuantity(block)]));
}
