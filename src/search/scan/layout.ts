/**
 * The scan's memory: struct of arrays over one linear memory, so that the WebAssembly kernel and its TypeScript twin
 * read and write the same bytes. Everything is an integer id:
 *
 *   token   the bases first, in their order
 *   pool
 *   edge    2 * pool + direction; direction 0 sells token0. `edge ^ 1` is the way back
 *   pair    two tokens with at least one pool between them
 *   lane    2 * pair + direction; direction 0 goes from the lower token id to the higher. `lane ^ 1` is the way back
 *   record  a way of two hops s -> x -> b from a base s; read backwards it is b -> x -> s
 *   group   all records with the same s and b
 *
 * A cycle is listed at the first base it contains, so x and b are never bases before s:
 *   2 hops   s -> x -> s        a lane and its way back, through two pools
 *   3 hops   s -> x -> b -> s   a record and the group's closing lane b -> s ("triangle")
 *   4 hops   s -> x -> b -> y -> s   a record forwards and another of its group backwards, x != y
 */
export interface Layout {
  readonly pools: number;
  readonly pairs: number;
  readonly records: number;
  readonly groups: number;
  readonly touches: number;
  readonly closings: number;
  /** 2, 3 or 4: longer cycles are not looked for. */
  readonly maxHops: number;

  /** LEVELS a edge: average rate, value out over value in, at the ladder's sizes; 0 where the pool cannot take it. */
  readonly edgeRates: Float64Array;
  /** By pool: 0 constant product, 1 concentrated (the row of `lifts`). */
  readonly poolKinds: Uint8Array;
  /** By pool: the edge that goes along direction 0 of its pair is `2 * pool + poolFlips[pool]`. */
  readonly poolFlips: Uint8Array;
  readonly pairOfPool: Int32Array;
  /** Pools of a pair: `poolsOfPair[firstPool[pair] .. firstPool[pair + 1])`, -1 for a free place. */
  readonly firstPool: Int32Array;
  readonly poolsOfPair: Int32Array;

  /** LEVELS a lane: best lifted rate of the pair's pools. */
  readonly laneRates: Float64Array;
  /** LEVELS a lane, of touched pairs only: best lifted rate of the pools that changed in this scan. */
  readonly changedRates: Float64Array;

  /** Records lie together by group: `firstRecord[group] .. firstRecord[group + 1])`. */
  readonly firstRecord: Int32Array;
  readonly groupOfRecord: Int32Array;
  /** By record: the lanes s -> x and x -> b. */
  readonly firstLane: Int32Array;
  readonly secondLane: Int32Array;
  /** By record: 1 when its triangle is listed here (each triangle has two records, one of them has the flag). */
  readonly triangles: Uint8Array;
  /** By group: the lane b -> s, or -1. */
  readonly closingLane: Int32Array;
  /** 2 * LEVELS a group: upper bounds of its records' rates forwards, then backwards. They only grow until tightened. */
  readonly groupBounds: Float64Array;

  /** Records that use a pair: `touches[firstTouch[pair] .. firstTouch[pair + 1])`, each `2 * record + (second lane ? 1 : 0)`. */
  readonly firstTouch: Int32Array;
  readonly touching: Int32Array;
  /** Groups that a pair closes: `closedGroups[firstClosed[pair] .. firstClosed[pair + 1])`. */
  readonly firstClosed: Int32Array;
  readonly closedGroups: Int32Array;

  readonly thresholds: Float64Array;
  readonly lifts: Float64Array;

  /** In: ids of the pools whose `edgeRates` were written since the last scan, each once. */
  readonly changed: Int32Array;
  /** Out: hits, each `HIT_KINDS * id + kind`. */
  readonly hits: Int32Array;
}

/**
 * What a hit names. Each says: some cycle of this shape through a changed pool reaches a threshold.
 * `pair`: id is a pair. `fourForwards`, `fourBackwards`: id is a record, taken in that direction with any other
 * record of its group the other way. `threeForwards`, `threeBackwards`: id is a record, closed by its group's lane.
 */
export const HIT = {
  pair: 0,
  fourForwards: 1,
  fourBackwards: 2,
  threeForwards: 3,
  threeBackwards: 4,
} as const;
export const HIT_KINDS = 5;

export interface Kernel {
  readonly name: "wasm" | "typescript";
  /**
   * Screens every cycle through the first `count` pools of `changed`, and returns how many hits it wrote. A cycle
   * that is worth the ladder's least profit is always among them.
   */
  scan(count: number): number;
}
