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
  /** All arrays below lie in it; the first HEADER_SLOTS 32-bit words say where (see `memory.ts`). */
  readonly memory: WebAssembly.Memory;
  /** Places for pools, pairs, records and groups; some are spare, for what joins later. */
  readonly pools: number;
  readonly pairs: number;
  readonly records: number;
  readonly groups: number;
  /** 2, 3 or 4: longer cycles are not looked for. */
  readonly maxHops: number;

  /**
   * ROW an edge. LEVELS numbers: average rate, value out over value in, at the ladder's sizes; 0 where the pool cannot take it.
   * From level 1 on rates never rise with size. Then, at DEPTH, that of its envelope (see `envelopes.ts`).
   */
  readonly edgeRates: Float64Array;
  /** -1 where no pool has this id. */
  readonly pairOfPool: Int32Array;
  /**
   * Pools of a pair, each as its edge along direction 0 (`edge >> 1` is the pool):
   * `edgesOfPair[firstPool[pair] .. endPool[pair])`.
   */
  readonly firstPool: Int32Array;
  readonly endPool: Int32Array;
  readonly edgesOfPair: Int32Array;

  /** By lane: the token it leaves; a lane arrives at `laneTokens[lane ^ 1]`. */
  readonly laneTokens: Int32Array;
  /** By pair: 1 when one of its tokens is a base; only these have cycles of two hops. */
  readonly basePairs: Uint8Array;
  /**
   * ROW a lane: best lifted rate of the pair's pools by level, and their greatest depth: with the lifted marginal rate, of
   * a curve that none of them passes.
   */
  readonly laneRates: Float64Array;
  /**
   * HEAD_LEVELS a lane: its first rates again, for the coarse tests. The last one stands for all higher levels too,
   * which it bounds. Whatever passes a coarse test is tested again with `laneRates`.
   */
  readonly laneHeads: Float32Array;

  /** Records lie together by group: `firstRecord[group] .. endRecord[group])`. */
  readonly firstRecord: Int32Array;
  readonly endRecord: Int32Array;
  readonly groupOfRecord: Int32Array;
  /** By record: the lanes s -> x and x -> b. */
  readonly firstLane: Int32Array;
  readonly secondLane: Int32Array;
  /** By record: 1 when its triangle is listed here (each triangle has two records, one of them has the flag). */
  readonly triangles: Uint8Array;
  /** By group: the lane b -> s, or -1. */
  readonly closingLane: Int32Array;
  /** 2 * HEAD_LEVELS a record: its rates forwards, then backwards, as products of lane heads. */
  readonly recordHeads: Float32Array;
  /** 2 * HEAD_LEVELS a group: upper bounds of its records' heads. They only grow until tightened. */
  readonly groupBounds: Float32Array;
  /** The same for every CHUNK records from record 0 on, whatever their groups: large groups are searched by it. */
  readonly chunkBounds: Float32Array;

  /** Records that use a pair: `touching[TOUCH_WORDS * t ..]` for t in `firstTouch[pair] .. endTouch[pair])`. */
  readonly firstTouch: Int32Array;
  readonly endTouch: Int32Array;
  /**
   * TOUCH_WORDS a touch: `2 * record + direction` (the record uses lane `2 * pair + direction`), the record's other
   * lane, its group, and the closing lane of its group if the record has the triangle's flag, else -1.
   */
  readonly touching: Int32Array;
  /** Groups with flagged records that a pair closes: `closedGroups[firstClosed[pair] .. endClosed[pair])`. */
  readonly firstClosed: Int32Array;
  readonly endClosed: Int32Array;
  readonly closedGroups: Int32Array;

  /** The ladder's sizes, in wei of native. */
  readonly sizes: Float64Array;
  /** By level; ROW numbers, the last of which is not one: nothing reaches it. */
  readonly thresholds: Float64Array;
  /** HEAD_LEVELS: what products of four heads must reach; less than the thresholds by what float32 may lose. */
  readonly headThresholds: Float32Array;

  /** In: ids of the pools whose `edgeRates` were written since the last scan, each once. */
  readonly changed: Int32Array;
  /** Out: hits, each `HIT_KINDS * id + kind`, each once; there is room for all. */
  readonly hits: Int32Array;
  /** By hit: most that any of its cycles through a changed pool earns, in wei of native at reference prices. */
  readonly hitBounds: Float32Array;
  /** By hit: what the best of them looks like at the ladder's own sizes, in the same; a guess. */
  readonly hitLooks: Float32Array;

  /** By side of a group, 2 * group + way: a record that reached a threshold that way, if any did; there a search begins. */
  readonly lastReached: Int32Array;
  /** Scratch of the kernel: touched pairs, each as `4 * pair` plus which lanes' heads moved. */
  readonly touchedPairs: Int32Array;
  /**
   * Scratch of the kernel, ROW by turn: the same as a lane's, of the pools alone that changed in this scan. The lane in
   * direction d of `touchedPairs[i]` is at 2 * i + d.
   */
  readonly changedRates: Float64Array;
  /** Scratch of the kernel, all 0 between scans, by pair: 1 + its place in `touchedPairs`. */
  readonly turns: Int32Array;
  /** Scratch of the kernel, all 0 between scans: changed pools, and by record the kinds that hit. */
  readonly poolMarks: Uint8Array;
  readonly recordMarks: Uint8Array;
}

/** Hops of the longest cycle that the scan lists. */
export const SCAN_HOPS = 4;
/** Numbers of a row of rates, four SIMD vectors of float64: LEVELS rates, and at DEPTH the most that comes out. */
export const ROW = 8;
export const DEPTH = 7;
/** Levels of the coarse tests: one SIMD vector of float32. */
export const HEAD_LEVELS = 4;
/** Records under one of the `chunkBounds`: `record >> CHUNK_SHIFT` is a record's chunk. */
export const CHUNK = 16;
export const CHUNK_SHIFT = 4;
/** 32-bit words of a touch. */
export const TOUCH_WORDS = 4;

/**
 * What a hit names. Each says: some cycle of this shape, through a pool that changed in what the hit names, reaches a
 * threshold. Every such cycle is hit; one of four hops with changed pools in both of its records may be by one alone.
 * `pair`: id is a pair. `fourForwards`, `fourBackwards`: id is a record, taken in that direction with any other
 * record of its group the other way; the changed pool is in the record itself. `threeForwards`, `threeBackwards`: id
 * is a record, closed by its group's lane; the changed pool is anywhere in the triangle.
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
  /** Takes in the new rates of the pools `changed[start .. end)`, whose cycles are not asked for. */
  take(start: number, end: number): void;
  /**
   * Screens every cycle through the pools `changed[start .. end)`, and returns how many hits it wrote. A cycle that is
   * worth the ladder's least profit is always among them. All other pools whose rates were written have been taken in
   * before, or will be scanned.
   */
  scan(start: number, end: number): number;
}
