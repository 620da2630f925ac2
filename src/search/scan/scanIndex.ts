import type { Address, Pool } from "../../chain/types.ts";
import { fillLayout } from "./fillLayout.ts";
import { createGrowth } from "./growth.ts";
import type { Ladder } from "./ladder.ts";
import type { Layout } from "./layout.ts";
import { listRecords } from "./records.ts";
import { pairTokens } from "./tokenPairs.ts";

export interface ScanIndexOptions {
  readonly bases: readonly Address[];
  /** 2, 3 or 4. */
  readonly maxHops: number;
  readonly ladder: Ladder;
}

/** Which pools, tokens and cycles the integers of a layout stand for. */
export interface ScanIndex {
  readonly layout: Layout;
  readonly poolIds: ReadonlyMap<Address, number>;
  readonly tokenIds: ReadonlyMap<Address, number>;
  /** By id; undefined where a pool has left. */
  readonly pools: readonly (Pool | undefined)[];
  /** By id. */
  readonly tokens: readonly Address[];
  /**
   * Takes in a pool, and every cycle that it makes possible; returns its id, which may have been another pool's that
   * left. Its rates are zero: write them, then scan with it in `changed`. Tokens keep their ids, new ones follow.
   * Null when the spare places are used up: the index keeps what it had, build a new one.
   */
  join(pool: Pool): number | null;
  /** Lets a pool go, and its cycles with it; false when it was not there. Not to be listed in `changed` after it. */
  leave(address: Address): boolean;
}

/**
 * Every simple directed cycle of 2 to `maxHops` hops through a base, as records. Pools get their places in the list
 * as ids. Their rates are zero: write `edgeRates`, then scan with every pool in `changed`.
 */
export function createScanIndex(pools: readonly Pool[], options: ScanIndexOptions): ScanIndex {
  const { bases, maxHops, ladder } = options;
  if (![2, 3, 4].includes(maxHops)) throw new RangeError(`the scan looks for 2 to 4 hops, not ${maxHops}`);
  const graph = pairTokens(pools, bases);
  const records = Array.from({ length: graph.bases }, (_, base) => listRecords(graph, base, maxHops));
  const layout = fillLayout({ pools, graph, records, ladder, maxHops });
  const poolIds = new Map(pools.map(({ address }, id) => [address, id]));
  const counts = { pairs: graph.pairs, groups: records.reduce((sum, { groups }) => sum + groups, 0) };
  const { tokens, tokenIds } = graph;
  const lists = { poolIds, pools: [...pools], tokenIds, tokens };
  return { layout, ...lists, ...createGrowth({ layout, ...lists, bases: graph.bases, counts }) };
}

/** The edges of a lane. Allocates: not for the scan. */
export function edgesOfLane(layout: Layout, lane: number): number[] {
  const { firstPool, endPool, edgesOfPair } = layout;
  const edges = edgesOfPair.subarray(firstPool[lane >> 1], endPool[lane >> 1]);
  return [...edges].map((edge) => edge ^ (lane & 1));
}
