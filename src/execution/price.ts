import {
  backrunFees,
  baseFeeBound,
  bidOf,
  effectiveGasPrice,
  effectiveTip,
  raceFees,
  settledFees,
  type FeePolicy,
  type Fees,
  type OthersFees,
  type RacePolicy,
} from "../chain/fees.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import { chooseGas, type GasChoice, type GasPolicy } from "./gas.ts";
import { refusal, type Refusal } from "./refusal.ts";
import type { Way } from "./way.ts";

export interface PriceOptions {
  readonly fees: FeePolicy;
  readonly gas: GasPolicy;
  /** How plans on settled state bid where they are not bundled; null: the usual tip. */
  readonly race: RacePolicy | null;
  /** Least wei that the plan's gas must leave; default 1. */
  readonly minNet?: bigint;
}

/** What the plan is priced with, besides itself. */
interface Situation {
  readonly way: Pick<Way, "kind" | "bundledUntil">;
  /** Units that it takes at most, the chain's surcharge included. */
  readonly gasUsed: bigint;
  /** What others paid lately, wei per gas; null: not known. */
  readonly recentTip: bigint | null;
}

export interface Price {
  readonly gas: GasChoice;
  readonly fees: Fees;
}

/** No node takes such a transaction. */
function tipsAboveCap(transaction: OthersFees): boolean {
  const bid = bidOf(transaction);
  return bid !== null && bid.maxPriorityFeePerGas > bid.maxFeePerGas;
}

/** The lowest fee fields of what the plan stands behind, or why nothing of ours can stand behind it with them. */
function tailFees({ behind }: SubmitDecision, policy: FeePolicy, baseFee: bigint): Fees | Refusal {
  const fees = backrunFees(behind);
  if (fees === null) return refusal("tail_fees", "the trigger's are not known");
  if (behind.some(tipsAboveCap)) return refusal("tail_fees", "the tip is above the fee cap");
  const tip = effectiveTip(fees, baseFee);
  return tip < policy.tipFloor
    ? refusal("tail_fees", `they may leave ${tip} wei of tip, below the floor`)
    : fees;
}

function feesOf(
  decision: SubmitDecision,
  options: PriceOptions,
  gas: GasChoice,
  { way, recentTip }: Situation,
): Fees | Refusal {
  const { fees: policy, race, minNet = 1n } = options;
  const { baseFeePerGas: baseFee, age } = decision;
  if (way.kind === "tail") return tailFees(decision, policy, baseFeeBound(baseFee, policy.baseFeeStepPpm, 1));
  if (race === null || way.kind === "bundle" || way.bundledUntil !== null)
    return settledFees(policy, baseFee);
  const profit = decision.net + decision.gasCost;
  return raceFees(policy, race, { profit, minNet, gas, baseFee, age, recentTip });
}

/** Gas and fees of a plan, in the dearest block that may come, or the cap or the least profit that they break. */
export function price(decision: SubmitDecision, options: PriceOptions, market: Situation): Price | Refusal {
  const { fees: policy, minNet = 1n } = options;
  const gas = chooseGas(options.gas, market.gasUsed);
  if (gas === null) return refusal("gas_cap", `${market.gasUsed} gas`);
  const fees = feesOf(decision, options, gas, market);
  if ("code" in fees) return fees;
  const most = gas.limit * fees.maxFeePerGas;
  if (most > policy.txFeeCap) return refusal("fee_cap", `may cost ${most} wei`);
  const baseFee = baseFeeBound(decision.baseFeePerGas, policy.baseFeeStepPpm, 1);
  const cost = gas.expected * effectiveGasPrice(fees, baseFee);
  const left = decision.net + decision.gasCost - cost;
  if (left >= minNet && left > 0n) return { gas, fees };
  if (market.way.kind === "tail")
    return refusal("tail_cost", `the trigger's fees cost ${cost} wei and leave ${left}`);
  return left <= 0n
    ? refusal("gas_over_profit", `gas costs ${cost} wei, ${-left} too much`)
    : refusal("below_min_profit", `gas of ${cost} wei leaves ${left}`);
}
