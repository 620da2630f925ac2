import type { PoolKind } from "./types.ts";

/** Gas of a plan by its shape, in gas units. */
export interface GasModel {
  readonly perTransaction: bigint;
  readonly perCycle: bigint;
  readonly perHop: Readonly<Record<PoolKind, bigint>>;
}

/**
 * Polygon's price of a storage slot read for the first time in a transaction, above what a node with plain Cancun
 * rules charges: 5460 instead of 2100 gas since the Chicago fork (PIP-88).
 */
export const COLD_SLOT_SURCHARGE = 3360n;

/**
 * An upper estimate, surcharge included, for the gates; the simulation has the last word. Measured on the pools'
 * real bytecode with plain tokens and a treasury that holds the base already (`test/integration/contracts/gas`),
 * one cycle in thousands of gas, and its cold slots: V2 V2 168 and 19; V2 V3 174 and 18; V3 V2 163 and 17; V3 V3 180
 * and 17; V2 Algebra 285 and 27; V3 Algebra 290 and 26; V2 V2 V2 221 and 27; V2 V3 V2 229 and 26; V3 Algebra V2 V3
 * 414 and 42. On top of that each hop has 15,000 for a token behind a proxy, a V3 or Algebra hop 25,000 more for a
 * crossed tick. The published Algebra bytecode is not optimised: the pools on Polygon stay well below.
 */
export const POLYGON_GAS_MODEL: GasModel = {
  perTransaction: 30_000n,
  perCycle: 45_000n,
  perHop: { v2: 95_000n, v3: 125_000n, algebra: 245_000n },
};

/** Most that a gas limit lies above the gas expected, in parts per million (`execution/gas` has the reasons). */
export const GAS_LIMIT_HEADROOM_PPM = 300_000n;

interface Shape {
  readonly opportunities: readonly { readonly hops: readonly { readonly kind: PoolKind }[] }[];
}

/** Gas of a whole plan by the model: an upper estimate. */
export const estimateGas = ({ opportunities }: Shape, model: GasModel = POLYGON_GAS_MODEL): bigint =>
  opportunities.reduce(
    (sum, { hops }) => hops.reduce((gas, { kind }) => gas + model.perHop[kind], sum + model.perCycle),
    model.perTransaction,
  );
