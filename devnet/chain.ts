import type { Address, Hash } from "../src/chain/types.ts";
import type { DevBlock } from "./block.ts";
import { createBundlePool } from "./bundles.ts";
import type { Bundle, BundleFate } from "./bundles.ts";
import { unmet } from "./conditions.ts";
import { createExecutor } from "./executor.ts";
import type { BlockFrame } from "./executor.ts";
import { COINBASE } from "./genesis.ts";
import { createLock } from "./lock.ts";
import { OPENLY, createMempool } from "./mempool.ts";
import type { Entry, Pooled } from "./mempool.ts";
import { createProducer } from "./producer.ts";
import type { ReorgKeeps } from "./producer.ts";
import { RpcError } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";
import type { SignedTransaction } from "./transaction.ts";

/** EIP-7825, in force on Polygon since Madhugiri. */
const TX_GAS_CAP = 16_777_216n;

/** How many blocks can be taken back; anvil remembers the states of more. */
const REORG_DEPTH = 256;

export interface ReorgOptions {
  /** Announce the logs of the replaced blocks again with `removed: true`; default true. */
  readonly removed?: boolean;
  /** Default "remine". */
  readonly keeps?: ReorgKeeps;
  /** Announce each new head (default), or only the last one, as Bor may. */
  readonly heads?: "each" | "last";
}

export interface DevStats {
  blocks: number;
  reorgs: number;
  /** Public transactions that were announced. */
  announced: number;
  bundlesReceived: number;
  bundles: Record<BundleFate, number>;
}

/** Who hears of what the chain does. */
export interface ChainListener {
  onBlock(block: DevBlock): void;
  onReorg(old: readonly DevBlock[], fresh: readonly DevBlock[], options: ReorgOptions): void;
  onPending(transactions: readonly SignedTransaction[]): void;
}

interface ChainOptions {
  readonly baseFee: bigint;
  /** Seconds of the next block's header. */
  readonly nextTimestamp: (last: DevBlock) => number;
}

/** The local chain: pool, bundles, blocks and reorgs over anvil. Reads never see a block that is only being tried. */
export function createChain(options: ChainOptions, parts: { rpc: Rpc; genesis: DevBlock }) {
  const { rpc, genesis } = parts;
  const lock = createLock();
  const executor = createExecutor(rpc);
  const mempool = createMempool();
  const bundles = createBundlePool();
  const listeners: ChainListener[] = [];
  const waiting: ((block: DevBlock) => void)[] = [];
  const fates = new Map<Hash, BundleFate>();
  let blocks: readonly DevBlock[] = [];
  let baseFee = options.baseFee;
  let branches = 0;
  const stats: DevStats = {
    blocks: 0,
    reorgs: 0,
    announced: 0,
    bundlesReceived: 0,
    bundles: { included: 0, reverted: 0, not_mined: 0, conflict: 0, outside_timestamps: 0, late: 0 },
  };

  const head = (): DevBlock => blocks.at(-1) ?? genesis;
  const producer = createProducer({ executor, mempool, bundles }, () => head().number);
  const nextFrame = (): BlockFrame => ({
    timestamp: options.nextTimestamp(head()),
    baseFee,
    coinbase: COINBASE,
  });
  const announce = (transactions: readonly SignedTransaction[]): void => {
    stats.announced += transactions.length;
    for (const listener of listeners) listener.onPending(transactions);
  };
  /** Another producer's fee account, so that the new blocks never have the old hashes. */
  const otherCoinbase = (): Address => `0x${(0xb0_0000 + ++branches).toString(16).padStart(40, "0")}`;

  const settleBundle = (bundle: Bundle, fate: BundleFate): void => {
    stats.bundles[fate]++;
    fates.set(bundle.hash, fate);
  };

  const put = async (tx: SignedTransaction, entry: Entry): Promise<void> => {
    if (entry.conditions !== null) {
      // Bor judges them by the head, not by the block to come.
      const why = await unmet(entry.conditions, head(), executor.storage);
      if (why !== null) throw new RpcError(-32003, why);
    }
    if (tx.gas > TX_GAS_CAP) {
      throw new RpcError(-32000, `transaction gas limit too high (cap: ${TX_GAS_CAP}, tx: ${tx.gas})`);
    }
    const [nonce, balance] = await Promise.all([
      executor.nonceOf(tx.from),
      rpc.request("eth_getBalance", [tx.from, "latest"]),
    ]);
    if (BigInt(String(balance)) < tx.gas * tx.maxFeePerGas + tx.value) {
      throw new RpcError(-32000, "insufficient funds for gas * price + value");
    }
    const added = mempool.add(tx, nonce, entry);
    if (!added.ok) throw new RpcError(-32000, added.refusal);
    announce(added.announced);
  };

  const giveBack = async (old: readonly DevBlock[]): Promise<void> => {
    for (const { signed } of old.flatMap(({ transactions }) => transactions)) {
      const added = mempool.add(signed, await executor.nonceOf(signed.from), OPENLY);
      if (added.ok) announce(added.announced);
    }
  };

  return {
    stats,
    head,
    /** The blocks that are still known, oldest first. */
    blocks: (): readonly DevBlock[] => [genesis, ...blocks],
    nextBaseFee: (): bigint => baseFee,
    nextBlock: (): Promise<DevBlock> =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    listen: (listener: ChainListener): void => void listeners.push(listener),
    setBaseFee: (wei: bigint): void => {
      baseFee = wei;
    },
    /** Any read of the settled chain. */
    read: (method: string, params: readonly unknown[]): Promise<unknown> =>
      lock.shared(() => rpc.request(method, params)),
    /** A read inside `rehearse`, of the state that is being tried. */
    readTried: (method: string, params: readonly unknown[]): Promise<unknown> => rpc.request(method, params),
    poke: (method: string, params: readonly unknown[]): Promise<unknown> =>
      lock.exclusive(() => executor.poke(method, params)),
    /** Takes a transaction into the pool; throws `RpcError` with Bor's words when it may not enter. */
    submit: (tx: SignedTransaction, entry: Entry = OPENLY): Promise<void> =>
      lock.shared(() => put(tx, entry)),
    pooled: (hash: Hash): Pooled | undefined => mempool.get(hash),
    allPooled: (): readonly Pooled[] => mempool.all(),
    pendingNonce: async (address: Address): Promise<number> =>
      mempool.nextNonce(address, await lock.shared(() => executor.nonceOf(address))),
    addBundle(bundle: Bundle): void {
      stats.bundlesReceived++;
      if (bundle.blockNumber > head().number) bundles.add(bundle);
      else settleBundle(bundle, "late");
    },
    cancelBundles: bundles.cancel,
    fateOf: (bundle: Hash): BundleFate | undefined => fates.get(bundle),
    /** Tries the row on top of the chain, as the next block, and leaves no trace. */
    rehearse: <T>(
      row: readonly SignedTransaction[],
      timestamp: number | null,
      look: (block: DevBlock, frame: BlockFrame) => Promise<T>,
    ): Promise<T> =>
      lock.exclusive(() => {
        const frame = { ...nextFrame(), ...(timestamp === null ? {} : { timestamp }) };
        return producer.rehearse(row, frame, (block) => look(block, frame));
      }),
    /** Makes the next block and announces it. */
    build: (): Promise<DevBlock> =>
      lock.exclusive(async () => {
        const built = await producer.build(nextFrame());
        blocks = [...blocks.slice(1 - REORG_DEPTH), built.block];
        stats.blocks++;
        for (const { bundle, fate } of built.fates) settleBundle(bundle, fate);
        for (const listener of listeners) listener.onBlock(built.block);
        for (const resolve of waiting.splice(0)) resolve(built.block);
        return built.block;
      }),
    /** Replaces the last `depth` blocks by others of the same heights. */
    reorg: (depth: number, reorg: ReorgOptions = {}): Promise<readonly DevBlock[]> =>
      lock.exclusive(async () => {
        if (depth < 1 || depth > blocks.length) {
          throw new Error(`a reorg can replace 1 to ${blocks.length} blocks now, not ${depth}`);
        }
        const old = blocks.slice(-depth);
        const keeps = reorg.keeps ?? "remine";
        const fresh = await producer.replace(old, keeps, otherCoinbase());
        blocks = [...blocks.slice(0, -depth), ...fresh];
        stats.reorgs++;
        for (const listener of listeners) listener.onReorg(old, fresh, reorg);
        if (keeps === "return") await giveBack(old);
        return fresh;
      }),
  };
}

export type Chain = ReturnType<typeof createChain>;
