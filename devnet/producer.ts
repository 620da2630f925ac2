import type { Address, Hash } from "../src/chain/types.ts";
import type { DevBlock } from "./block.ts";
import { blockRow, bundleTip, judgeBundle, withoutConflicts } from "./bundles.ts";
import type { Bundle, BundleFate, BundlePool } from "./bundles.ts";
import { unmet } from "./conditions.ts";
import type { BlockFrame, Executor } from "./executor.ts";
import type { Mempool } from "./mempool.ts";
import type { SignedTransaction } from "./transaction.ts";

/** anvil's flag in `anvil.ts`. */
const BLOCK_GAS_LIMIT = 140_000_000n;

/** What a reorg does with the transactions of the blocks it replaces. */
export type ReorgKeeps =
  /** Mined again in the new block at the same height, in the same order. */
  | "remine"
  /** The new blocks are empty; the transactions go back to the pool and are announced again. */
  | "return"
  /** The new blocks are empty and the transactions are gone. */
  | "forget";

export interface BuiltBlock {
  readonly block: DevBlock;
  readonly fates: readonly { readonly bundle: Bundle; readonly fate: BundleFate }[];
}

export interface Producer {
  /** Makes the next block: bundles of that height first, by what they pay, then the pool in Bor's order. */
  build(frame: BlockFrame): Promise<BuiltBlock>;
  /** Mines the row on top of the chain, hands the block to `look`, and takes it back without a trace. */
  rehearse<T>(
    row: readonly SignedTransaction[],
    frame: BlockFrame,
    look: (block: DevBlock) => Promise<T>,
  ): Promise<T>;
  /** New blocks, oldest first, in place of the old ones. */
  replace(old: readonly DevBlock[], keeps: ReorgKeeps, coinbase: Address): Promise<readonly DevBlock[]>;
}

interface ProducerParts {
  readonly executor: Executor;
  readonly mempool: Mempool;
  readonly bundles: BundlePool;
}

type Fates = BuiltBlock["fates"];

/** The first bundle that does not stand in the block, which begins with `row` of bundles. */
const firstFailing = (row: readonly Bundle[], block: DevBlock): Bundle | undefined => {
  let from = 0;
  for (const bundle of row) {
    if (judgeBundle(bundle, block, from) !== "included") return bundle;
    from += bundle.transactions.length;
  }
  return undefined;
};

export function createProducer(parts: ProducerParts, height: () => number): Producer {
  const { executor, mempool, bundles } = parts;

  const isPublic = (hash: Hash): boolean => mempool.get(hash) !== undefined;

  const rehearse: Producer["rehearse"] = async (row, frame, look) => {
    const block = await executor.mine(row, frame);
    try {
      return await look(block);
    } finally {
      await executor.rollback(1);
    }
  };

  /** Each bundle alone on top of the chain: those that stand, best paying first. */
  const rankBundles = async (frame: BlockFrame): Promise<{ ranked: readonly Bundle[]; fates: Fates }> => {
    const standing: { readonly bundle: Bundle; readonly tip: bigint }[] = [];
    const fates: Fates[number][] = [];
    for (const bundle of bundles.forBlock(height() + 1)) {
      if (frame.timestamp < bundle.minTimestamp || frame.timestamp > bundle.maxTimestamp) {
        fates.push({ bundle, fate: "outside_timestamps" });
        continue;
      }
      await rehearse(bundle.transactions, frame, async (block) => {
        const fate = judgeBundle(bundle, block, 0);
        if (fate !== "included") fates.push({ bundle, fate });
        else standing.push({ bundle, tip: bundleTip(block.transactions, isPublic, frame.baseFee) });
      });
    }
    const ranked = standing.toSorted((a, b) => (a.tip === b.tip ? 0 : a.tip > b.tip ? -1 : 1));
    return { ranked: ranked.map(({ bundle }) => bundle), fates };
  };

  /** The first of the pool's transactions whose conditions do not hold at its place in the row. */
  const firstUnmet = async (
    row: readonly SignedTransaction[],
    frame: BlockFrame,
  ): Promise<SignedTransaction | undefined> => {
    const header = { number: height() + 1, timestamp: frame.timestamp };
    for (const [i, tx] of row.entries()) {
      const conditions = mempool.get(tx.hash)?.conditions ?? null;
      if (conditions === null) continue;
      const before = row.slice(0, i);
      const why = await rehearse(before, frame, () => unmet(conditions, header, executor.storage));
      if (why !== null) return tx;
    }
    return undefined;
  };

  /** The block's transactions; whose conditions do not hold sits this block out, with its sender's later nonces. */
  const rowOf = async (
    standing: readonly Bundle[],
    pooled: readonly SignedTransaction[],
    frame: BlockFrame,
  ): Promise<readonly SignedTransaction[]> => {
    let waiting = pooled;
    for (;;) {
      const row = blockRow(standing, waiting, BLOCK_GAS_LIMIT);
      const failing = await firstUnmet(row, frame);
      if (failing === undefined) return row;
      waiting = waiting.filter(({ from, nonce }) => from !== failing.from || nonce < failing.nonce);
    }
  };

  /** Mines bundles and pool; leaves out the first bundle that fails and tries again until all stand. */
  const mineWhole = async (
    wanted: readonly Bundle[],
    pooled: readonly SignedTransaction[],
    frame: BlockFrame,
  ): Promise<{ block: DevBlock; row: readonly SignedTransaction[]; dropped: readonly Bundle[] }> => {
    let standing = wanted;
    const dropped: Bundle[] = [];
    for (;;) {
      const row = await rowOf(standing, pooled, frame);
      const block = await executor.mine(row, frame);
      const failing = firstFailing(standing, block);
      if (failing === undefined) return { block, row, dropped };
      dropped.push(failing);
      standing = standing.filter((one) => one !== failing);
      await executor.rollback(1);
    }
  };

  /** Next nonce on chain of everyone who has something in the pool. */
  const nonceMap = async (): Promise<ReadonlyMap<Address, number>> =>
    new Map(
      await Promise.all(
        mempool.senders().map(async (sender) => [sender, await executor.nonceOf(sender)] as const),
      ),
    );

  /** After a block: what was mined, overtaken or impossible leaves the pool. */
  const settlePool = async (row: readonly SignedTransaction[], block: DevBlock): Promise<void> => {
    const nonces = await nonceMap();
    for (const [sender, nonce] of nonces) mempool.settle(sender, nonce);
    const mined = new Set(block.transactions.map(({ hash }) => hash));
    for (const tx of row) {
      if (mined.has(tx.hash) || mempool.get(tx.hash) === undefined) continue;
      // It was tried at its turn and cannot be executed (no funds): Bor drops it as well.
      if (nonces.get(tx.from) === tx.nonce) mempool.remove(tx.hash);
    }
    for (const { tx, conditions } of mempool.all()) {
      if (conditions !== null && (await unmet(conditions, block, executor.storage)) !== null) {
        mempool.remove(tx.hash);
      }
    }
  };

  return {
    rehearse,
    async build(frame) {
      const nonces = await nonceMap();
      const pooled = mempool.ordered(frame.baseFee, (sender) => nonces.get(sender) ?? 0);
      const { ranked, fates } = await rankBundles(frame);
      const { fitting, conflicting } = withoutConflicts(ranked);
      const { block, row, dropped } = await mineWhole(fitting, pooled, frame);
      executor.keep();
      await settlePool(row, block);
      const judged = new Set([...fates.map(({ bundle }) => bundle), ...ranked]);
      const late = bundles.prune(block.number).filter((bundle) => !judged.has(bundle));
      const lost = new Set([...conflicting, ...dropped]);
      return {
        block,
        fates: [
          ...fates,
          ...late.map((bundle) => ({ bundle, fate: "late" as const })),
          ...ranked.map((bundle) => ({
            bundle,
            fate: lost.has(bundle) ? ("conflict" as const) : ("included" as const),
          })),
        ],
      };
    },
    async replace(old, keeps, coinbase) {
      await executor.rollback(old.length);
      const fresh: DevBlock[] = [];
      for (const { transactions, timestamp, baseFeePerGas } of old) {
        const row = keeps === "remine" ? transactions.map(({ signed }) => signed) : [];
        fresh.push(await executor.mine(row, { timestamp, baseFee: baseFeePerGas, coinbase }));
      }
      executor.keep();
      return fresh;
    },
  };
}
