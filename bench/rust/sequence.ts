import { createLadder } from "../../src/search/scan/ladder.ts";
import { ROW } from "../../src/search/scan/layout.ts";
import type { Layout } from "../../src/search/scan/layout.ts";
import { createScanIndex } from "../../src/search/scan/scanIndex.ts";
import { createScanParts, loadAll } from "../../src/search/scan/scanParts.ts";
import type { BenchBlock, LivingMarket } from "../market/types.ts";

/** What a block writes before its scan. */
export interface BlockQuotes {
  readonly pools: Int32Array;
  /** QUOTE a pool: its `edgeRates`, one edge after the other. */
  readonly quotes: Float64Array;
}

/** Both edges of a pool. */
const QUOTE = 2 * ROW;

/** The same work for any kernel: a market's first rates, and those of its next blocks. */
export interface ScanSequence {
  readonly poolCount: number;
  readonly blocks: readonly BlockQuotes[];
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

  const quotesOf = ({ changes }: BenchBlock): BlockQuotes => {
    const quotes = new Float64Array(QUOTE * changes.length);
    for (const [place, { pool, state }] of changes.entries()) {
      parts.table.set(pool, state);
      parts.table.quote(pool);
      quotes.set(edgeRates.subarray(QUOTE * pool, QUOTE * (pool + 1)), QUOTE * place);
    }
    return { pools: Int32Array.from(changes, ({ pool }) => pool), quotes };
  };
  return {
    poolCount: pools.length,
    blocks: Array.from({ length: blocks }, () => quotesOf(market.nextBlock(k))),
    createLayout: () => {
      const { layout } = createScanIndex(pools, options);
      layout.edgeRates.set(first);
      for (let pool = 0; pool < pools.length; pool++) layout.changed[pool] = pool;
      return layout;
    },
  };
}

/** Writes a block's quotes and lists its pools; returns how many. */
export function writeBlock({ edgeRates, changed }: Layout, { pools, quotes }: BlockQuotes): number {
  changed.set(pools);
  for (let place = 0; place < pools.length; place++)
    edgeRates.set(quotes.subarray(QUOTE * place, QUOTE * (place + 1)), QUOTE * (pools[place] ?? 0));
  return pools.length;
}

/** The blocks as `scan.rs` reads them. */
export function blocksFile(blocks: readonly BlockQuotes[]): Buffer {
  const pieces = blocks.flatMap(({ pools, quotes }) => {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(pools.length);
    return [count, ...Array.from(pools, (pool, place) => changeBytes(pool, quotes, place))];
  });
  return Buffer.concat(pieces);
}

function changeBytes(pool: number, quotes: Float64Array, place: number): Buffer {
  const bytes = Buffer.alloc(4 + 8 * QUOTE);
  bytes.writeUInt32LE(pool);
  for (let i = 0; i < QUOTE; i++) bytes.writeDoubleLE(quotes[QUOTE * place + i] ?? 0, 4 + 8 * i);
  return bytes;
}
