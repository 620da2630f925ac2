import type { Address } from "../../src/chain/types.ts";
import { edgesOfLane } from "../../src/search/scan/scanIndex.ts";
import type { ScanIndex } from "../../src/search/scan/scanIndex.ts";

/** Lanes of every cycle of tokens that an index holds, straight from the layout's definition. */
export function laneCycles({ layout }: Pick<ScanIndex, "layout">): number[][] {
  const { firstLane, secondLane, firstRecord, endRecord, closingLane, triangles, maxHops } = layout;
  const cycles: number[][] = [];
  for (let pair = 0; pair < layout.pairs; pair++)
    if (layout.basePairs[pair] === 1) cycles.push([2 * pair, 2 * pair + 1]);
  for (let group = 0; group < layout.groups; group++) {
    const closing = closingLane[group] ?? -1;
    for (let record = firstRecord[group] ?? 0; record < (endRecord[group] ?? 0); record++) {
      const way = [firstLane[record] ?? -1, secondLane[record] ?? -1];
      if (triangles[record] === 1) cycles.push([...way, closing], backwards([...way, closing]));
      for (let other = firstRecord[group] ?? 0; other < (endRecord[group] ?? 0); other++)
        if (maxHops >= 4 && other !== record)
          cycles.push([...way, ...backwards([firstLane[other] ?? -1, secondLane[other] ?? -1])]);
    }
  }
  return cycles;
}

const backwards = (lanes: readonly number[]): number[] => lanes.map((lane) => lane ^ 1).toReversed();

/** Every choice of pools along the lanes, no pool twice. */
export function edgeCycles(index: Pick<ScanIndex, "layout">): number[][] {
  return laneCycles(index).flatMap((lanes) =>
    lanes
      .reduce<number[][]>(
        (paths, lane) => {
          const edges = edgesOfLane(index.layout, lane);
          return paths.flatMap((path) => edges.map((edge) => [...path, edge]));
        },
        [[]],
      )
      .filter((path) => new Set(path.map((edge) => edge >> 1)).size === path.length),
  );
}

/** A cycle's name, the same wherever it starts. */
export function cycleName(hops: readonly (readonly [pool: Address, tokenIn: Address])[]): string {
  const names = hops.map(([pool, tokenIn]) => `${pool}:${tokenIn}`);
  const start = names.indexOf(names.toSorted()[0] ?? "");
  return [...names.slice(start), ...names.slice(0, start)].join(" ");
}

/** Names of all cycles that an index holds, sorted; one that is held twice is named twice. */
export const heldCycles = (index: ScanIndex): string[] =>
  edgeCycles(index)
    .map((edges) => cycleName(edges.map((edge) => hopOf(index, edge))))
    .toSorted();

function hopOf({ pools }: ScanIndex, edge: number): readonly [Address, Address] {
  const pool = pools[edge >> 1];
  if (pool === undefined) throw new RangeError(`edge ${edge} has no pool`);
  return [pool.address, edge % 2 === 0 ? pool.token0 : pool.token1];
}
