import type { PoolState } from "../../amm/poolState.ts";
import type { Address, Pool } from "../../chain/types.ts";
import { createDrift } from "./drift.ts";
import type { Drift } from "./drift.ts";
import { createTypeScriptKernel } from "./kernel.ts";
import { createWasmKernel } from "./wasmKernel.ts";
import type { Ladder } from "./ladder.ts";
import type { Kernel } from "./layout.ts";
import { createOptimum } from "./optimum.ts";
import type { Optimum } from "./optimum.ts";
import { createPoolTable } from "./poolTable.ts";
import type { PoolTable } from "./poolTable.ts";
import { createReferences } from "./references.ts";
import type { References } from "./references.ts";
import { createScanIndex } from "./scanIndex.ts";
import type { ScanIndex } from "./scanIndex.ts";

export interface ScanPartsOptions {
  readonly bases: readonly Address[];
  readonly wrappedNative: Address;
  readonly maxHops: number;
  readonly ladder: Ladder;
}

/** All that follows from the list of pools; the states are written into it. */
export interface ScanParts {
  readonly index: ScanIndex;
  readonly table: PoolTable;
  readonly optimum: Optimum;
  readonly kernel: Kernel;
  /** By token: wei of native per raw unit, any positive price. Longer than the list of tokens, for what joins. */
  readonly prices: Float64Array;
  /** By edge: the token that goes in; -1 where there is no pool. */
  readonly tokenIn: Int32Array;
  /** Null until the first states are in. */
  references: References | null;
  drift: Drift | null;
}

export function createScanParts(pools: readonly Pool[], options: ScanPartsOptions): ScanParts {
  const { ladder } = options;
  const index = createScanIndex(pools, options);
  const { layout, tokenIds, tokens } = index;
  const tokenIn = new Int32Array(2 * layout.pools).fill(-1);
  for (const [id, { token0, token1 }] of pools.entries()) {
    tokenIn[2 * id] = tokenIds.get(token0) ?? 0;
    tokenIn[2 * id + 1] = tokenIds.get(token1) ?? 0;
  }
  const spare = layout.pools - pools.length;
  const prices = new Float64Array(tokens.length + spare).fill(1);
  const table = createPoolTable(tokenIn, { layout, ladder, prices });
  return {
    index,
    table,
    optimum: createOptimum({ curves: table.curves, prices, tokenIn }),
    kernel: createWasmKernel(layout) ?? createTypeScriptKernel(layout),
    prices,
    tokenIn,
    references: null,
    drift: null,
  };
}

/** See `Scan`. */
export function joinPool(parts: ScanParts, pool: Pool): number | null {
  const { index, tokenIn, prices, references } = parts;
  const { tokens, tokenIds } = index;
  const pair = [pool.token0, pool.token1];
  if (tokens.length + pair.filter((token) => !tokenIds.has(token)).length > prices.length) return null;
  const id = index.join(pool);
  if (id === null) return null;
  for (const [direction, token] of pair.entries()) tokenIn[2 * id + direction] = tokenIds.get(token) ?? 0;
  return references === null || references.add(id) ? id : null;
}

/** See `Scan`. */
export function leavePool(
  { index, table, tokenIn, references, drift }: ScanParts,
  pool: Address,
): number | null {
  const id = index.poolIds.get(pool);
  if (id === undefined) return null;
  index.leave(pool);
  table.set(id, null);
  references?.remove(id);
  drift?.forget(id);
  tokenIn.fill(-1, 2 * id, 2 * id + 2);
  return id;
}

/** States of pools, and what the bases are worth today: wei of native per raw unit, NaN where it is not known. */
export interface PricedView {
  stateOf(pool: Address): PoolState | null;
  rateFloat(token: Address): number;
}

/** Takes the states of all pools, prices all tokens anew, and quotes everything. */
export function loadAll(
  parts: ScanParts,
  { bases, wrappedNative }: Pick<ScanPartsOptions, "bases" | "wrappedNative">,
  view: PricedView,
): void {
  const { index, table, prices, tokenIn } = parts;
  for (const [address, id] of index.poolIds) table.set(id, view.stateOf(address));
  const native = index.tokenIds.get(wrappedNative) ?? 0;
  parts.references = createReferences(native, { curves: table.curves, tokenIn, prices });
  parts.drift = createDrift(parts.references);
  // What a profit is worth is decided at these rates; where they are the references, the least profit is exact.
  for (const base of bases) {
    const id = index.tokenIds.get(base);
    const rate = view.rateFloat(base);
    if (id !== undefined && rate > 0 && rate < Infinity) prices[id] = rate;
  }
  for (const id of index.poolIds.values()) table.quote(id);
}
