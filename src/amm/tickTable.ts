import type { TickTable } from "./poolState.ts";

/** A tick, its net liquidity, and its gross liquidity where known. */
export type TickEntry = readonly [tick: number, liquidityNet: bigint, liquidityGross?: bigint];

/** A table of the entries, in any order. Throws a RangeError when a tick appears twice. */
export function tickTable(entries: readonly TickEntry[]): TickTable {
  const sorted = entries.toSorted((a, b) => a[0] - b[0]);
  const twice = sorted.find(([tick], i) => i > 0 && sorted[i - 1]?.[0] === tick);
  if (twice !== undefined) throw new RangeError(`tick ${twice[0]} appears twice`);
  const gross = sorted.flatMap((entry) => (entry[2] === undefined ? [] : [entry[2]]));
  return {
    indexes: Int32Array.from(sorted, ([tick]) => tick),
    liquidityNet: sorted.map(([, net]) => net),
    ...(gross.length === sorted.length ? { liquidityGross: gross } : {}),
  };
}

/** Position of the greatest initialised tick <= `tick`; -1 when there is none. */
export function positionAtOrBelow({ indexes }: TickTable, tick: number): number {
  let low = 0;
  let high = indexes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((indexes[middle] ?? 0) <= tick) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Where the contract's search downwards stops at the latest: the lowest tick of the 256-tick word of the bitmap
 * (TickBitmap in Uniswap V3, TickTable in Algebra) that `tick` lies in.
 */
export const wordStart = (tick: number, tickSpacing: number): number =>
  (Math.floor(tick / tickSpacing) >> 8) * 256 * tickSpacing;

/** The same upwards: the highest tick of the word that the next tick after `tick` lies in. */
export const wordEnd = (tick: number, tickSpacing: number): number =>
  (((Math.floor(tick / tickSpacing) + 1) >> 8) * 256 + 255) * tickSpacing;

/** Sum of the net liquidity of the ticks in (from, to]; negative sum of (to, from] when `to` is below. */
export function netBetween(table: TickTable, from: number, to: number): bigint {
  if (to < from) return -netBetween(table, to, from);
  let sum = 0n;
  const last = positionAtOrBelow(table, to);
  for (let i = positionAtOrBelow(table, from) + 1; i <= last; i++) sum += table.liquidityNet[i] ?? 0n;
  return sum;
}

const spliced = <T>(list: readonly T[], at: number, remove: number, ...items: readonly T[]): readonly T[] =>
  list.toSpliced(at, remove, ...items);

/** Sets, inserts or (with `net` null) removes the tick at `position`. */
function replaceAt(
  table: TickTable,
  position: number,
  remove: 0 | 1,
  entry: { tick: number; net: bigint; gross: bigint } | null,
): TickTable {
  const { indexes, liquidityNet, liquidityGross } = table;
  const next = new Int32Array(indexes.length - remove + (entry === null ? 0 : 1));
  next.set(indexes.subarray(0, position));
  if (entry !== null) next[position] = entry.tick;
  next.set(indexes.subarray(position + remove), position + (entry === null ? 0 : 1));
  const nets = entry === null ? [] : [entry.net];
  const grosses = entry === null ? [] : [entry.gross];
  return {
    indexes: next,
    liquidityNet: spliced(liquidityNet, position, remove, ...nets),
    ...(liquidityGross === undefined
      ? {}
      : { liquidityGross: spliced(liquidityGross, position, remove, ...grosses) }),
  };
}

/** One end of a position: `net` is added to the tick's net, `gross` (negative for a burn) to its gross. */
function moveTick(table: TickTable, tick: number, net: bigint, gross: bigint): TickTable | null {
  const position = positionAtOrBelow(table, tick);
  if (position < 0 || table.indexes[position] !== tick) {
    return gross < 0n ? null : replaceAt(table, position + 1, 0, { tick, net, gross });
  }
  const netAfter = (table.liquidityNet[position] ?? 0n) + net;
  const known = table.liquidityGross?.[position];
  const grossAfter = (known ?? 0n) + gross;
  if (known !== undefined && grossAfter < 0n) return null;
  const ends = known === undefined ? gross < 0n && netAfter === 0n : grossAfter === 0n;
  return replaceAt(table, position, 1, ends ? null : { tick, net: netAfter, gross: grossAfter });
}

/**
 * The table after a mint (`liquidity` > 0) or a burn (< 0) of a position over [tickLower, tickUpper). Null when
 * the table cannot have held what is burnt.
 */
export function withPosition(
  table: TickTable,
  tickLower: number,
  tickUpper: number,
  liquidity: bigint,
): TickTable | null {
  const lower = moveTick(table, tickLower, liquidity, liquidity);
  return lower && moveTick(lower, tickUpper, -liquidity, liquidity);
}
