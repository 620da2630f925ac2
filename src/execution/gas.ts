import { ceilDiv, maxBigint, minBigint } from "../lib/bigint.ts";
import { COLD_SLOT_SURCHARGE, GAS_LIMIT_HEADROOM_PPM } from "../chain/gasModel.ts";
import type { PoolKind } from "../chain/types.ts";
import type { Plan } from "../search/opportunity.ts";

/** Polygon's cap on one transaction's gas (EIP-7825, since Madhugiri). */
export const TX_GAS_CAP = 16_777_216n;

export interface GasPolicy {
  /**
   * Gas that the chain charges for a cold storage read above what the simulating node charges: Polygon's where
   * the node runs plain Cancun rules, 0 where it runs the chain's own.
   */
  readonly coldSlotSurcharge: bigint;
  /** Headroom over the simulation in parts per million. */
  readonly headroomPpm: bigint;
  readonly txGasCap: bigint;
}

/**
 * 30 %: the simulated figure is after refunds, which may be a fifth of what was used (EIP-3529) and are paid
 * back only at the end: a quarter; the rest is the 1/64 that each nested call keeps back.
 */
export const POLYGON_GAS: GasPolicy = {
  coldSlotSurcharge: COLD_SLOT_SURCHARGE,
  headroomPpm: GAS_LIMIT_HEADROOM_PPM,
  txGasCap: TX_GAS_CAP,
};

/**
 * Cold slots of one swap with its token transfers. Measured for a whole cycle (see `chain/gasModel`): V2 V2 19, V3 V3
 * 17, V3 Algebra 25; here with three more for a token behind a proxy, and a crossed tick.
 */
const COLD_SLOTS: Readonly<Record<PoolKind, bigint>> = { v2: 10n, v3: 14n, algebra: 18n };
/** Slots of the executor, the base and the treasury's balance. */
const COLD_SLOTS_PER_CYCLE = 6n;

/** Upper estimate of the storage slots that a plan reads cold. */
export const coldSlots = (plan: Plan): bigint =>
  plan.opportunities.reduce(
    (sum, { hops }) => hops.reduce((slots, { kind }) => slots + COLD_SLOTS[kind], sum + COLD_SLOTS_PER_CYCLE),
    0n,
  );

export interface GasChoice {
  /** What the transaction will really use at most, surcharge included. */
  readonly expected: bigint;
  readonly limit: bigint;
}

/** What a plan really uses where the node simulated that much. */
export const chargedGas = (policy: GasPolicy, simulated: bigint, plan: Plan): bigint =>
  simulated + coldSlots(plan) * policy.coldSlotSurcharge;

/** Gas limit of what uses so much; null when even the bare need is above the chain's cap. */
export function chooseGas(policy: GasPolicy, expected: bigint): GasChoice | null {
  if (expected > policy.txGasCap) return null;
  const roomy = ceilDiv(expected * (1_000_000n + policy.headroomPpm), 1_000_000n);
  return { expected, limit: maxBigint(expected, minBigint(roomy, policy.txGasCap)) };
}
