import type { GasModel } from "../chain/gasModel.ts";
import type { Address } from "../chain/types.ts";
import type { Opportunity } from "../search/opportunity.ts";
import type { GateNumbers, OutcomeCode } from "./decisions.ts";

export interface GateOptions {
  /** An upper estimate; the simulation decides. */
  readonly gas: GasModel;
  /** Least profit after gas, in wei of the native token. */
  readonly minNet: bigint;
  /** Most wei one transaction may cost (gas limit times fee cap). */
  readonly txFeeCap: bigint;
}

/** What the gates look at besides the opportunity itself. */
export interface GateView {
  readonly gasPrice: bigint;
  /** Wei of the native token for a raw amount, rounded down; null without a price. */
  toNative(token: Address, amount: bigint): bigint | null;
  quarantined(cycleId: string): string | null;
  tainted(pool: Address): boolean;
}

export interface Passage {
  readonly code: OutcomeCode | "pass";
  readonly detail: string;
  readonly numbers: GateNumbers;
}

/** Gas that one cycle adds to a plan; the first one also carries the transaction. */
function cycleGas(model: GasModel, opportunity: Opportunity, first: boolean): bigint {
  const hops = opportunity.hops.reduce((sum, { kind }) => sum + model.perHop[kind], 0n);
  return hops + model.perCycle + (first ? model.perTransaction : 0n);
}

/** One opportunity before the gates, in their order; the first gate that says no names the outcome. */
export function passGates(
  opportunity: Opportunity,
  first: boolean,
  options: GateOptions,
  view: GateView,
): Passage {
  const gas = cycleGas(options.gas, opportunity, first);
  const gasCost = gas * view.gasPrice;
  const profitNative = view.toNative(opportunity.cycle.base, opportunity.profit);
  const net = profitNative === null ? null : profitNative - gasCost;
  const { profit } = opportunity;
  const numbers = {
    profit,
    profitNative,
    gas,
    gasPrice: view.gasPrice,
    gasCost,
    net,
    minNet: options.minNet,
  };
  const stop = (code: Passage["code"], detail: string): Passage => ({ code, detail, numbers });

  const { verdict } = opportunity;
  // A wide margin may be believed by a simulation alone; a taxed token never.
  if (verdict !== "ok" && verdict !== "suspect:marginal") return stop("suspect", verdict.slice(8));
  const quarantine = view.quarantined(opportunity.cycle.id);
  if (quarantine !== null) return stop("quarantined", quarantine);
  const taint = opportunity.hops.find(({ pool }) => view.tainted(pool));
  if (taint !== undefined) return stop("tainted", taint.pool);
  if (net === null) return stop("no_native_price", opportunity.cycle.base);
  if (net <= 0n) return stop("gas_over_profit", "");
  if (net < options.minNet) return stop("below_min_profit", "");
  if (gasCost > options.txFeeCap) return stop("fee_cap", "");
  return stop("pass", "");
}
