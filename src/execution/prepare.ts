import { baseFeeBound, effectiveGasPrice, settledFees, type FeePolicy, type Fees } from "../chain/fees.ts";
import type { Address, BlockHeader, Hex } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import { maxBigint } from "../lib/bigint.ts";
import { encodePlan, type PlanEncoding } from "./calldata.ts";
import { chooseGas, coldSlots, type GasChoice, type GasPolicy } from "./gas.ts";
import { equalProfits, promisedProfits } from "./profits.ts";
import type { Simulation, SimulationRequest, Simulator } from "./simulate.ts";

/** Why a plan is not sent; the detail, where there is one, is for people. */
export interface Refusal {
  readonly code:
    | "backrun_not_available"
    | "in_flight"
    | "nonce_unknown"
    | "foreign_pending"
    | "stale"
    | "stopping"
    | "simulation_unavailable"
    | "simulation_reverted"
    | "simulation_differs"
    | "algebra_fee_unsettled"
    | "gas_cap"
    | "fee_cap"
    | "gas_over_profit"
    | "below_min_profit"
    | "journal"
    | "signer"
    | "signer_halted"
    | "relay_simulation"
    | "channels"
    | "internal";
  readonly detail: string;
}

export const refusal = (code: Refusal["code"], detail = ""): Refusal => ({ code, detail });

export interface PrepareOptions {
  readonly fees: FeePolicy;
  readonly gas: GasPolicy;
  /**
   * Blocks after the target in which the plan may still land. 0: the target alone, tied to the parent by its
   * hash, so that it meets the very state it was priced on or reverts.
   */
  readonly graceBlocks: number;
  /**
   * Share of its promised profit, in parts per million, below which a cycle reverts on chain; at least 1 unit. All of
   * it where a channel leaves reverting transactions out. Where they land, gas is spent either way and every profit
   * beats a revert: less.
   */
  readonly leastProfitPpm: bigint;
  /** Least wei that the simulation's own gas must leave; default 1. */
  readonly minNet?: bigint;
  /** Seconds after the parent at which the next block may be stamped; Algebra's fee hangs on it. */
  readonly blockSeconds: readonly number[];
}

export interface PrepareParts {
  readonly simulator: Simulator;
  /** Swap fee of a V2 pool in parts per million. */
  feePpmOf(pool: Address): number;
  /** Hears what would be sent, once the simulations are under way: what it does meanwhile costs the plan no time. */
  onAsked(calldata: Hex): void;
}

/** A plan that was simulated and priced: ready to be signed. */
export interface Prepared {
  readonly calldata: Hex;
  readonly gas: GasChoice;
  readonly fees: Fees;
}

export type Preparation =
  | { readonly ok: true; readonly prepared: Prepared }
  | { readonly ok: false; readonly refusal: Refusal };

const PPM = 1_000_000n;

const no = (code: Refusal["code"], detail = ""): Preparation => ({
  ok: false,
  refusal: refusal(code, detail),
});

/**
 * Calldata of the decision's plan; each cycle must bring at least the given profit. The last one is kept: mostly the
 * very bytes that were simulated are sent.
 */
function encoder(
  decision: SubmitDecision,
  options: PrepareOptions,
  parts: PrepareParts,
): SimulationRequest["encode"] {
  const guarded = options.graceBlocks === 0;
  const maxBlock = BigInt(decision.targetBlock + options.graceBlocks);
  const feePpmOf = (pool: Address): number => parts.feePpmOf(pool);
  let last: (Pick<PlanEncoding, "minProfits" | "parentHash"> & { readonly calldata: Hex }) | null = null;
  return (minProfits, guard) => {
    const parentHash = guarded && guard === "parent" ? decision.parent.hash : null;
    if (last?.minProfits === minProfits && last.parentHash === parentHash) return last.calldata;
    const calldata = encodePlan(decision.plan, { minProfits, maxBlock, parentHash, feePpmOf });
    last = { minProfits, parentHash, calldata };
    return calldata;
  };
}

const usesAlgebra = ({ plan }: SubmitDecision): boolean =>
  plan.opportunities.some(({ hops }) => hops.some(({ kind }) => kind === "algebra"));

/** The timestamps that the target block may have, as far as they matter to this plan. */
function candidateTimestamps(
  decision: SubmitDecision,
  head: Pick<BlockHeader, "hash" | "timestamp"> | null,
  blockSeconds: readonly number[],
): readonly number[] {
  const { targetTimestamp, parent } = decision;
  if (!usesAlgebra(decision)) return [targetTimestamp];
  const parentTime = head?.hash === parent.hash ? head.timestamp : null;
  const around = parentTime === null ? [targetTimestamp - 1] : blockSeconds.map((s) => parentTime + s);
  return [...new Set([...around, targetTimestamp])];
}

/** Reverts that speak of the moment, not of the plan: the executor's own guards on parent and block. */
const MOVED_ON = /^(ParentChanged|TooLate)\(/;

/** What a simulated revert says of the plan. */
function refuseRevert(unsettled: boolean, reason: string): Refusal {
  if (MOVED_ON.test(reason)) return refusal("stale", reason);
  return refusal(unsettled ? "algebra_fee_unsettled" : "simulation_reverted", reason);
}

/** One verdict from the simulations at all candidate timestamps: the gas of the dearest, or why not. */
function judgeSimulations(
  decision: SubmitDecision,
  simulations: readonly Simulation[],
): { readonly gasUsed: bigint } | Refusal {
  const promised = promisedProfits(decision.plan);
  const unsettled = usesAlgebra(decision) && simulations.length > 1;
  let gasUsed = 0n;
  let differs = "";
  for (const simulation of simulations) {
    if (simulation.type === "unavailable") return refusal("simulation_unavailable", simulation.reason);
    if (simulation.type === "revert") return refuseRevert(unsettled, simulation.reason);
    const { realised } = simulation;
    if (!equalProfits(realised, promised)) differs = realised.map(({ profit }) => profit).join(" ");
    if (simulation.gasUsed > gasUsed) gasUsed = simulation.gasUsed;
  }
  if (differs === "") return { gasUsed };
  const code = unsettled ? "algebra_fee_unsettled" : "simulation_differs";
  return refusal(code, `simulated ${differs}, promised ${promised.map(({ profit }) => profit).join(" ")}`);
}

/** Gas and fees of a simulated plan, or the cap that they break. */
function price(
  decision: SubmitDecision,
  gasUsed: bigint,
  options: PrepareOptions,
): { readonly gas: GasChoice; readonly fees: Fees } | Refusal {
  const gas = chooseGas(options.gas, gasUsed, coldSlots(decision.plan));
  if (gas === null) return refusal("gas_cap", `${gasUsed} gas`);
  const fees = settledFees(options.fees, decision.baseFeePerGas);
  const most = gas.limit * fees.maxFeePerGas;
  if (most > options.fees.txFeeCap) return refusal("fee_cap", `may cost ${most} wei`);
  const baseFee = baseFeeBound(decision.baseFeePerGas, options.fees.baseFeeStepPpm, 1);
  const cost = gas.expected * effectiveGasPrice(fees, baseFee);
  const left = decision.net + decision.gasCost - cost;
  if (left <= 0n) return refusal("gas_over_profit", `gas costs ${cost} wei, ${-left} too much`);
  if (left < (options.minNet ?? 1n)) return refusal("below_min_profit", `gas of ${cost} wei leaves ${left}`);
  return { gas, fees };
}

/** What each cycle must bring on chain; the same list where all of it must come. */
const leastProfits = (profits: readonly bigint[], ppm: bigint): readonly bigint[] =>
  ppm === PPM ? profits : profits.map((profit) => maxBigint(1n, (profit * ppm) / PPM));

/**
 * Decision → calldata → simulation at every timestamp that matters → gas and fees. The simulated profit of each
 * cycle must be exactly what the plan promises; on chain `leastProfitPpm` of it will do. `head` is the latest header.
 */
export async function prepare(
  decision: SubmitDecision,
  head: Pick<BlockHeader, "hash" | "timestamp"> | null,
  options: PrepareOptions,
  parts: PrepareParts,
): Promise<Preparation> {
  if (decision.plan.trigger.type !== "block") return no("backrun_not_available");
  const promised = promisedProfits(decision.plan);
  const encode = encoder(decision, options, parts);
  const minProfits = promised.map(({ profit }) => profit);
  const request = {
    parent: decision.parent,
    block: decision.targetBlock,
    gas: options.gas.txGasCap,
    bases: promised.map(({ base }) => base),
    minProfits,
    encode,
  };
  const timestamps = candidateTimestamps(decision, head, options.blockSeconds);
  const simulating = timestamps.map((timestamp) => parts.simulator.simulate({ ...request, timestamp }));
  const calldata = encode(leastProfits(minProfits, options.leastProfitPpm), "parent");
  parts.onAsked(calldata);
  const simulations = await Promise.all(simulating);
  const verdict = judgeSimulations(decision, simulations);
  if ("code" in verdict) return { ok: false, refusal: verdict };
  const priced = price(decision, verdict.gasUsed, options);
  if ("code" in priced) return { ok: false, refusal: priced };
  return { ok: true, prepared: { calldata, ...priced } };
}
