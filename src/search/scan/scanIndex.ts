import type { Address, Pool } from "../../chain/types.ts";
import { fillLayout } from "./fillLayout.ts";
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
  const poolIds = new Map(pools.map(({ address }, id) => [address, id] as const));
  return { layout, poolIds, tokenIds: graph.tokenIds, pools: [...pools], tokens: graph.tokens };
}

/** The edge of a pool along a lane of its pair. */
export const edgeAlong = ({ poolFlips }: Layout, pool: number, lane: number): number =>
  2 * pool + ((poolFlips[pool] ?? 0) ^ (lane & 1));

/** The edges of a lane. Allocates: not for the scan. */
export function edgesOfLane(layout: Layout, lane: number): number[] {
  const { firstPool, endPool, poolsOfPair } = layout;
  const pools = poolsOfPair.subarray(firstPool[lane >> 1], endPool[lane >> 1]);
  return [...pools].map((pool) => edgeAlong(layout, pool, lane));
}
