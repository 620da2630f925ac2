import { createLadder, LEVELS } from "../../src/search/scan/ladder.ts";
import type { Layout } from "../../src/search/scan/layout.ts";
import { createScanIndex } from "../../src/search/scan/scanIndex.ts";
import { createScanParts, loadAll } from "../../src/search/scan/scanParts.ts";
import type { BenchBlock, LivingMarket } from "../market/types.ts";

/** What a block writes before its scan. */
export interface BlockRates {
  readonly pools: Int32Array;
  /** RATES a pool: its `edgeRates`, one edge after the other. */
  readonly rates: Float64Array;
}

/** Both edges of a pool. */
export const RATES = 2 * LEVELS;

/** The same work for any kernel: a market's first rates, and those of its next blocks. */
export interface ScanSequence {
  readonly poolCount: number;
  readonly blocks: readonly BlockRates[];
  /** A new layout with the first rates, every pool in `changed`. */
  createLayout(): Layout;
}

export interface SequenceOptions {
  readonly maxHops: number;
  /** Pools that change in a block, and so many blocks. */
  readonly k: number;
  readonly blocks: number;
}

/** Quotes the market as the daemon does, and writes down what reaches the kernel. Takes the market's next blocks. */
export function recordSequence(market: LivingMarket, { maxHops, k, blocks }: SequenceOptions): ScanSequence {
  const { pools, bases, states, minProfit } = market;
  const [wrappedNative] = bases;
  if (wrappedNative === undefined) throw new RangeError("a market has a base");
  const ladder = createLadder(Number(minProfit), maxHops);
  const options = { bases, wrappedNative, maxHops, ladder };
  const parts = createScanParts(pools, options);
  const stateOf = new Map(pools.map(({ address }, pool) => [address, states[pool] ?? null]));
  loadAll(parts, options, { stateOf: (pool) => stateOf.get(pool) ?? null, rateFloat: () => Number.NaN });
  const { edgeRates } = parts.index.layout;
  const first = edgeRates.slice();

  const ratesOf = ({ changes }: BenchBlock): BlockRates => {
    const rates = new Float64Array(RATES * changes.length);
    for (const [place, { pool, state }] of changes.entries()) {
      parts.table.set(pool, state);
      parts.table.quote(pool);
      rates.set(edgeRates.subarray(RATES * pool, RATES * (pool + 1)), RATES * place);
    }
    return { pools: Int32Array.from(changes, ({ pool }) => pool), rates };
  };
  return {
    poolCount: pools.length,
    blocks: Array.from({ length: blocks }, () => ratesOf(market.nextBlock(k))),
    createLayout: () => {
      const { layout } = createScanIndex(pools, options);
      layout.edgeRates.set(first);
      for (let pool = 0; pool < pools.length; pool++) layout.changed[pool] = pool;
      return layout;
    },
  };
}

/** Writes a block's rates and lists its pools; returns how many. */
export function writeBlock({ edgeRates, changed }: Layout, { pools, rates }: BlockRates): number {
  changed.set(pools);
  for (let place = 0; place < pools.length; place++)
    edgeRates.set(rates.subarray(RATES * place, RATES * (place + 1)), RATES * (pools[place] ?? 0));
  return pools.length;
}

/** The blocks as `scan.rs` reads them. */
export function blocksFile(blocks: readonly BlockRates[]): Buffer {
  const pieces = blocks.flatMap(({ pools, rates }) => {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(pools.length);
    return [count, ...Array.from(pools, (pool, place) => changeBytes(pool, rates, place))];
  });
  return Buffer.concat(pieces);
}

function changeBytes(pool: number, rates: Float64Array, place: number): Buffer {
  const bytes = Buffer.alloc(4 + 8 * RATES);
  bytes.writeUInt32LE(pool);
  for (let i = 0; i < RATES; i++) bytes.writeDoubleLE(rates[RATES * place + i] ?? 0, 4 + 8 * i);
  return bytes;
}
