import type { Dex } from "../../chain/registry.ts";
import type { Address, Hash, Pool } from "../../chain/types.ts";
import type { PoolLoader } from "../poolLoader.ts";
import { deepEnough } from "./depth.ts";
import { discoverPools, type DiscoveryOptions, type Rejected } from "./discover.ts";
import { createMulticall, type MulticallOptions } from "./multicall.ts";
import { readNextFees, type FeeSource } from "./nextFees.ts";
import { readStates, type PoolFacts } from "./readStates.ts";
import type { Rpc } from "./rpcPort.ts";

export interface PoolLoaderOptions {
  readonly discovery: DiscoveryOptions;
  readonly multicall: MulticallOptions;
  readonly wrappedNative: Address;
  /** In raw units of the native token; a float, since it only decides what is worth watching. */
  readonly minDepthFloat: number;
  /** Seconds from one block to the next, as expected. */
  readonly blockSeconds: number;
}

/** A loader into which pools are let that its options leave out. */
export interface OpenPoolLoader extends PoolLoader {
  /** Whatever the lists of allowed pools and the least depth say; a denied pool stays out. Holds from the next load on. */
  letIn(pool: Address): void;
}

interface PoolLoaderParts {
  readonly rpc: Rpc;
  readonly onRejected: (rejected: readonly Rejected[]) => void;
}

/**
 * Loads the pools of the registry that the operator lets in: discovered and verified once, read each time at one
 * pinned block.
 */
export function createPoolLoader(options: PoolLoaderOptions, parts: PoolLoaderParts): OpenPoolLoader {
  const readCalls = createMulticall(options.multicall, parts.rpc);
  const letIn = new Set<Address>();
  let known = new Map<Address, PoolFacts>();
  let feeSources: readonly FeeSource[] = [];

  const discoverOnce = async (blockHash: Hash): Promise<readonly PoolFacts[]> => {
    if (known.size > 0) return [...known.values()];
    const { pools, rejected } = await discoverPools({ ...options.discovery, letIn }, blockHash, readCalls);
    if (rejected.length > 0) parts.onRejected(rejected);
    return pools;
  };

  return {
    letIn: (pool) => {
      letIn.add(pool);
      // Discovered anew.
      known = new Map();
    },
    load: async (block, signal) => {
      const facts = await discoverOnce(block.hash);
      signal.throwIfAborted();
      const states = await readStates(facts, block.hash, readCalls);
      signal.throwIfAborted();
      const loaded = facts.map((fact, i) => ({ facts: fact, pool: fact.pool, state: states[i] ?? null }));
      const deep = new Set(deepEnough(loaded, options.wrappedNative, options.minDepthFloat));
      const kept = loaded.filter((one) => deep.has(one) || letIn.has(one.pool.address));
      known = new Map(kept.map(({ facts: fact }) => [fact.pool.address, fact]));
      feeSources = feeSourcesOf(
        kept.map(({ pool }) => pool),
        options.discovery.dexes,
      );
      return kept.map(({ pool, state }) => ({ pool, state }));
    },
    nextFees: async (block, signal) => {
      const { multicall, blockSeconds } = options;
      const fees = await readNextFees(feeSources, block, { ...multicall, blockSeconds }, parts.rpc);
      signal.throwIfAborted();
      return fees;
    },
    read: async (addresses, blockHash, signal) => {
      const facts = addresses.flatMap((address) => known.get(address) ?? []);
      const states = await readStates(facts, blockHash, readCalls);
      signal.throwIfAborted();
      return facts.map(({ pool: { address } }, i) => ({ address, state: states[i] ?? null }));
    },
  };
}

function feeSourcesOf(pools: readonly Pool[], dexes: readonly Dex[]): readonly FeeSource[] {
  const quoters = new Map(
    dexes.flatMap((dex) =>
      dex.kind === "algebra" && dex.quoter !== undefined ? [[dex.name, dex.quoter] as const] : [],
    ),
  );
  return pools.flatMap((pool) => {
    const quoter = quoters.get(pool.dex);
    return pool.kind === "algebra" && quoter !== undefined ? [{ pool, quoter }] : [];
  });
}
