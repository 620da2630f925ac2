import { z } from "zod";
import type { Address, Hash } from "../src/chain/types.ts";
import type { DevBlock, DevReceipt } from "./block.ts";
import { bundleHash } from "./bundles.ts";
import type { Bundle } from "./bundles.ts";
import type { Chain } from "./chain.ts";
import type { BlockFrame } from "./executor.ts";
import { HashText, HexText, Quantity } from "./hex.ts";
import { RpcError } from "./rpc.ts";
import { readTransaction } from "./transaction.ts";
import type { SignedTransaction } from "./transaction.ts";

const MAX_TRANSACTIONS = 100;
const Transactions = z.array(HexText).min(1).max(MAX_TRANSACTIONS);
const Height = Quantity.transform(Number);

const SendBundle = z.tuple([
  z.object({
    txs: Transactions,
    blockNumber: Height,
    minTimestamp: z.number().nullish(),
    maxTimestamp: z.number().nullish(),
    revertingTxHashes: z.array(HashText).nullish(),
    replacementUuid: z.string().nullish(),
  }),
]);
const CallBundle = z.tuple([
  z.object({ txs: Transactions, blockNumber: Height, timestamp: z.number().nullish() }),
]);
const CancelBundle = z.tuple([z.object({ replacementUuid: z.string() })]);
const BundleStats = z.tuple([z.object({ bundleHash: HashText, blockNumber: Height })]);

const readAll = (raws: readonly string[]): Promise<readonly SignedTransaction[]> =>
  Promise.all(raws.map(readTransaction));

const Trace = z.object({
  output: HexText.optional(),
  error: z.string().optional(),
  revertReason: z.string().optional(),
});

/** Why a mined transaction reverted: the reason's text where there is one, and the data. */
async function revertOf(chain: Chain, hash: Hash): Promise<Record<string, string>> {
  const trace = Trace.parse(
    await chain.readTried("debug_traceTransaction", [hash, { tracer: "callTracer" }]),
  );
  const error = trace.error ?? "execution reverted";
  return { error, revert: trace.revertReason ?? trace.output ?? "0x" };
}

async function resultOf(chain: Chain, row: DevReceipt, baseFee: bigint): Promise<Record<string, unknown>> {
  const fees = (row.gasUsed * (row.effectiveGasPrice - baseFee)).toString();
  return {
    txHash: row.hash,
    fromAddress: row.from,
    toAddress: row.to,
    gasUsed: Number(row.gasUsed),
    gasPrice: (row.effectiveGasPrice - baseFee).toString(),
    gasFees: fees,
    coinbaseDiff: fees,
    ethSentToCoinbase: "0",
    ...(row.ok ? { value: "0x" } : await revertOf(chain, row.hash)),
  };
}

/** The answer of `eth_callBundle` from the block in which the bundle was tried. */
async function simulation(
  chain: Chain,
  transactions: readonly SignedTransaction[],
  block: DevBlock,
  { coinbase, baseFee }: BlockFrame,
): Promise<Record<string, unknown>> {
  const mined = new Set(block.transactions.map(({ hash }) => hash));
  const missing = transactions.find(({ hash }) => !mined.has(hash));
  if (missing !== undefined) {
    throw new RpcError(-32000, `unable to apply transaction ${missing.hash}: wrong nonce, fee or funds`);
  }
  const balance = async (tag: number): Promise<bigint> =>
    Quantity.parse(await chain.readTried("eth_getBalance", [coinbase, `0x${tag.toString(16)}`]));
  const diff = (await balance(block.number)) - (await balance(block.number - 1));
  const gas = block.transactions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
  const fees = block.transactions.reduce(
    (sum, row) => sum + row.gasUsed * (row.effectiveGasPrice - baseFee),
    0n,
  );
  const results: Record<string, unknown>[] = [];
  for (const row of block.transactions) results.push(await resultOf(chain, row, baseFee));
  return {
    bundleHash: bundleHash(transactions),
    bundleGasPrice: (gas === 0n ? 0n : diff / gas).toString(),
    coinbaseDiff: diff.toString(),
    ethSentToCoinbase: (diff - fees).toString(),
    gasFees: fees.toString(),
    results,
    stateBlockNumber: block.number - 1,
    totalGasUsed: Number(gas),
  };
}

type Params = readonly unknown[];

/** The relay's methods, for a caller whose signature was checked. */
export function createRelayMethods(
  chain: Chain,
): (signer: Address, method: string, params: Params) => Promise<unknown> {
  const received = new Map<Hash, string>();

  const sendBundle = async (signer: Address, params: Params): Promise<unknown> => {
    const [wanted] = SendBundle.parse(params);
    const transactions = await readAll(wanted.txs);
    const bundle: Bundle = {
      hash: bundleHash(transactions),
      transactions,
      blockNumber: wanted.blockNumber,
      minTimestamp: wanted.minTimestamp ?? 0,
      maxTimestamp: wanted.maxTimestamp ?? Number.MAX_SAFE_INTEGER,
      mayRevert: new Set(wanted.revertingTxHashes),
      uuid: wanted.replacementUuid ?? null,
      signer,
    };
    chain.addBundle(bundle);
    received.set(bundle.hash, new Date().toISOString());
    return { bundleHash: bundle.hash };
  };

  const callBundle = async (params: Params): Promise<unknown> => {
    const [{ txs, timestamp }] = CallBundle.parse(params);
    const transactions = await readAll(txs);
    return chain.rehearse(transactions, timestamp ?? null, (block, frame) =>
      simulation(chain, transactions, block, frame),
    );
  };

  const stats = (params: Params): unknown => {
    const [{ bundleHash: hash }] = BundleStats.parse(params);
    const receivedAt = received.get(hash);
    if (receivedAt === undefined) return { isSimulated: false };
    const fate = chain.fateOf(hash);
    const sealed = fate === "included" ? [{ pubkey: "0x", timestamp: receivedAt }] : [];
    return {
      isSimulated: fate !== undefined,
      isHighPriority: true,
      receivedAt,
      simulatedAt: receivedAt,
      consideredByBuildersAt: fate === undefined ? [] : [{ pubkey: "0x", timestamp: receivedAt }],
      sealedByBuildersAt: sealed,
    };
  };

  return async (signer, method, params) => {
    switch (method) {
      case "eth_sendBundle":
        return sendBundle(signer, params);
      case "eth_callBundle":
        return callBundle(params);
      case "eth_cancelBundle":
        return chain.cancelBundles(signer, CancelBundle.parse(params)[0].replacementUuid);
      case "flashbots_getBundleStatsV2":
        return stats(params);
      default:
        throw new RpcError(-32601, `the method ${method} does not exist/is not available`);
    }
  };
}
