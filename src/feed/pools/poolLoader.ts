import type { Address, Hash } from "../../chain/types.ts";
import type { PoolLoader } from "../poolLoader.ts";
import { deepEnough } from "./depth.ts";
import { discoverPools, type DiscoveryOptions, type Rejected } from "./discover.ts";
import { createMulticall, type MulticallOptions } from "./multicall.ts";
import { readStates, type PoolFacts } from "./readStates.ts";
import type { Rpc } from "./rpcPort.ts";

export interface PoolLoaderOptions {
  readonly discovery: DiscoveryOptions;
  readonly multicall: MulticallOptions;
  readonly wrappedNative: Address;
  /** In raw units of the native token; a float, since it only decides what is worth watching. */
  readonly minDepthFloat: number;
}

interface PoolLoaderParts {
  readonly rpc: Rpc;
  readonly onRejected: (rejected: readonly Rejected[]) => void;
}

/**
 * Loads the pools of the registry that the operator lets in: discovered and verified once, read each time at one
 * pinned block.
 */
export function createPoolLoader(options: PoolLoaderOptions, parts: PoolLoaderParts): PoolLoader {
  const readCalls = createMulticall(options.multicall, parts.rpc);
  let known = new Map<Address, PoolFacts>();

  const discoverOnce = async (blockHash: Hash): Promise<readonly PoolFacts[]> => {
    if (known.size > 0) return [...known.values()];
    const { pools, rejected } = await discoverPools(options.discovery, blockHash, readCalls);
    if (rejected.length > 0) parts.onRejected(rejected);
    return pools;
  };

  return {
    load: async (block, signal) => {
      const facts = await discoverOnce(block.hash);
      signal.throwIfAborted();
      const states = await readStates(facts, block.hash, readCalls);
      signal.throwIfAborted();
      const loaded = facts.map((fact, i) => ({ facts: fact, pool: fact.pool, state: states[i] ?? null }));
      const kept = deepEnough(loaded, options.wrappedNative, options.minDepthFloat);
      known = new Map(kept.map(({ facts: fact }) => [fact.pool.address, fact]));
      return kept.map(({ pool, state }) => ({ pool, state }));
    },
    read: async (addresses, blockHash, signal) => {
      const facts = addresses.flatMap((address) => known.get(address) ?? []);
      const states = await readStates(facts, blockHash, readCalls);
      signal.throwIfAborted();
      return facts.flatMap(({ pool: { address } }, i) => {
        const state = states[i];
        return state === null || state === undefined ? [] : [{ address, state }];
      });
    },
  };
}
