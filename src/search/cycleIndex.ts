import type { Address, Pool } from "../chain/types.ts";
import { cycleId } from "./cycleId.ts";
import { listCycles } from "./cycles.ts";
import type { CycleOptions, CycleTable } from "./cycles.ts";
import { buildGraph } from "./graph.ts";
import { hopOf } from "./hops.ts";
import { createIntList } from "./ints.ts";
import type { Cycle, Hop } from "./opportunity.ts";

/** The cycles of a list of pools, found by pool; a cycle is an integer below `table.count`. */
export interface CycleIndex {
  /** Every cycle once that passes through one of these pools; unknown pools have none. */
  touchedBy(pools: readonly Address[] | "all"): Int32Array;
  readonly table: CycleTable;
  /** The edges of a cycle in order (see `Graph`). */
  edges(cycle: number): Int32Array;
  base(cycle: number): Address;
  /** The cycle in words, with its id: for finalists. */
  describe(cycle: number): Cycle;
}

export function createCycleIndex(pools: readonly Pool[], options: CycleOptions): CycleIndex {
  const graph = buildGraph(pools);
  const table = listCycles(graph, options);
  const edges = (cycle: number) => edgesOf(table, cycle);
  // What paid once often pays again.
  const ids = new Map<number, string>();
  const hopsOf = (cycle: number) => [...edges(cycle)].map((edge) => hopAlong(pools, edge));
  const baseOf = (cycle: number) => hopAlong(pools, table.edges[cycle * table.stride] ?? -1).tokenIn;
  return {
    table,
    touchedBy: touchFinder(table, graph.poolIds),
    edges,
    base: baseOf,
    describe: (cycle) => {
      const hops = hopsOf(cycle);
      const id = ids.get(cycle) ?? cycleId(hops);
      ids.set(cycle, id);
      return { id, base: baseOf(cycle), hops };
    },
  };
}

function edgesOf({ edges, stride }: CycleTable, cycle: number): Int32Array {
  let end = (cycle + 1) * stride;
  while ((edges[end - 1] ?? 0) < 0) end--;
  return edges.subarray(cycle * stride, end);
}

function touchFinder(table: CycleTable, poolIds: ReadonlyMap<Address, number>): CycleIndex["touchedBy"] {
  const seenIn = new Uint32Array(table.count);
  let turn = 0;
  return (pools) => {
    if (pools === "all") return firstIntegers(table.count);
    turn++;
    const touched = createIntList();
    for (const address of pools) {
      const pool = poolIds.get(address);
      if (pool === undefined) continue;
      for (let at = table.firstOfPool[pool] ?? 0; at < (table.firstOfPool[pool + 1] ?? 0); at++) {
        const cycle = table.cyclesOfPool[at] ?? 0;
        if (seenIn[cycle] === turn) continue;
        seenIn[cycle] = turn;
        touched.push(cycle);
      }
    }
    return touched.values();
  };
}

function firstIntegers(count: number): Int32Array {
  const integers = new Int32Array(count);
  for (let i = 0; i < count; i++) integers[i] = i;
  return integers;
}

function hopAlong(pools: readonly Pool[], edge: number): Hop {
  const pool = pools[edge >> 1];
  if (pool === undefined) throw new RangeError(`no pool has edge ${edge}`);
  return hopOf(pool, edge % 2 === 0);
}
