import type { PoolState } from "../amm/poolState.ts";
import { findRegistry } from "../chain/registry.ts";
import type { Address } from "../chain/types.ts";
import type { Snapshot } from "../market/snapshotFile.ts";
import type { StateView } from "../market/stateView.ts";
import type { Opportunity } from "../search/opportunity.ts";
import { compareByValue } from "../search/ranking.ts";
import { createSearch, type Search } from "../search/search.ts";
import { chooseBases } from "./baseTokens.ts";

export interface MarketOptions {
  /** Symbols or addresses; none: the chain's base tokens. */
  readonly base: readonly string[];
  readonly maxHops: number;
}

/** A file's pools, ready to be searched. */
export interface FileMarket {
  readonly search: Search;
  readonly view: StateView;
  /** Bases that no pool of the file trades: no cycle starts there. */
  readonly absentBases: readonly Address[];
  setState(pool: Address, state: PoolState | null): void;
  /** The same opportunities, best first at today's prices: a price may move while a cycle stands still. */
  rank(opportunities: readonly Opportunity[]): readonly Opportunity[];
}

export function createFileMarket(snapshot: Snapshot, { base, maxHops }: MarketOptions): FileMarket {
  const registry = findRegistry(snapshot.chainId);
  const bases = chooseBases(base, snapshot, registry);
  const [first] = bases;
  // Where no registry names the native token, the first base is the measure of value.
  const wrappedNative = registry?.native.wrapped ?? first;
  const isTaxed = (token: Address): boolean =>
    snapshot.tokens.get(token)?.taxed === true || registry?.tokens.get(token)?.taxed === true;
  const pools = snapshot.pools.map(({ pool }) => pool);
  const search = createSearch({ bases, maxHops, wrappedNative, isTaxed });
  search.addPools(pools);
  const states = new Map(snapshot.pools.map(({ pool, state }) => [pool.address, state]));
  const view: StateView = { stateOf: (pool) => states.get(pool) ?? null };
  return {
    search,
    view,
    absentBases: bases.filter((token) => !snapshot.tokens.has(token)),
    setState: (pool, state) => states.set(pool, state),
    rank: (opportunities) => {
      const { rateFloat } = search.valuer(view);
      const valued = opportunities.map((opportunity) => ({
        ...opportunity,
        profitNativeFloat: Number(opportunity.profit) * rateFloat(opportunity.cycle.base),
      }));
      return valued.toSorted(compareByValue);
    },
  };
}
