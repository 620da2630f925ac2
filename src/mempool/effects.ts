import type { PendingTransaction } from "../chain/types.ts";
import { createOverlay } from "../market/overlay.ts";
import type { StateView } from "../market/stateView.ts";
import { createBalances } from "./balances.ts";
import { runConcentrated } from "./effectsConcentrated.ts";
import { isTight, OUT_OF_GAS, spend, startEffort, takeHops, type GasTerms } from "./effectsGas.ts";
import { runPayment, runPermit } from "./effectsPayment.ts";
import { NO_REASON, REASONS } from "./effectsReasons.ts";
import type { Dialect } from "./effectsReasons.ts";
import { cloud, hopsOf, isPool } from "./effectsRun.ts";
import type { EffectsContext, Outcome, PoolEffect, Run } from "./effectsRun.ts";
import { runV2 } from "./effectsV2.ts";
import { swapsOf } from "./routerCall.ts";
import type { DecodedTransaction, OptionalCalls, RouterCall, SwapCall } from "./routerCall.ts";

export type { EffectsContext, PoolEffect } from "./effectsRun.ts";

export interface Effects {
  /** In the order of execution; the hops of one swap in trade order. Empty where the transaction reverts. */
  readonly effects: readonly PoolEffect[];
  /** The reason that the router or the pool gives; null: nothing that we see makes it revert. */
  readonly reverts: string | null;
  /** False: a pool on its way is unknown; what it does behind that hop is not known. */
  readonly complete: boolean;
  /** It goes further than we look: nothing is said about it. */
  readonly tooFar?: true;
}

/**
 * What a decoded transaction does to every pool, exact to the unit with the contracts' own rounding, were it mined
 * alone on `view`. Taken for granted: the sender owns and has approved what it pays, and the router holds nothing but
 * the transaction's value at the start. A swap's effects end before the first hop that the book lacks; swaps behind it
 * go on where they do not depend on it.
 */
export function predictEffects(
  decoded: DecodedTransaction,
  transaction: Pick<PendingTransaction, "value"> & GasTerms,
  view: StateView,
  context: EffectsContext,
): Effects {
  const run: Run = {
    context,
    dialect: DIALECTS[decoded.family],
    takesCoins: decoded.takesCoins,
    givesCoins: givesCoins(decoded),
    unsureDex: decoded.unsureDex,
    view: createOverlay(view),
    balances: createBalances([[null, transaction.value]]),
    allowances: new Map(),
    effects: [],
    // Whether it will follow the block that it names is not known here.
    estimate: decoded.parentHash !== null,
    complete: true,
    effort: startEffort(transaction),
    clouded: new Set(),
  };
  const reverts =
    spend(run.effort, 0) ??
    unpayable(run, decoded, transaction.value) ??
    expired(run, decoded.deadline) ??
    runCalls(run, decoded.calls);
  if (run.effort.tooFar) return TOO_FAR;
  if (reverts !== null) return { effects: [], reverts, complete: true };
  const effects = isTight(run.effort, transaction) ? run.effects.map(estimated) : run.effects;
  return { effects, reverts, complete: run.complete };
}

const TOO_FAR: Effects = { effects: [], reverts: null, complete: false, tooFar: true };

const estimated = (effect: PoolEffect): PoolEffect => ({ ...effect, estimate: true });

const DIALECTS: Readonly<Record<DecodedTransaction["family"], Dialect>> = {
  v2: "v2Router",
  v3: "periphery",
  router02: "periphery",
  algebra: "algebra",
  universal: "universal",
};

/** Functions of UniswapV2Router02 that end with WETH.withdraw and a transfer of coins. */
const givesCoins = ({ family, functionName }: DecodedTransaction): boolean =>
  family === "v2" && /For(Exact)?ETH/.test(functionName);

/** Functions of UniswapV2Router02 that trade tokens alone take no coins; all other routers take them everywhere. */
const unpayable = ({ dialect }: Run, { functionName }: DecodedTransaction, value: bigint): Outcome =>
  value > 0n && dialect === "v2Router" && !/^swap(Exact)?ETHFor/.test(functionName) ? NO_REASON : null;

const expired = ({ context: { timestamp }, dialect }: Run, deadline: bigint | null): Outcome =>
  timestamp !== null && deadline !== null && deadline < timestamp ? REASONS[dialect].expired : null;

function runCalls(run: Run, calls: readonly RouterCall[]): Outcome {
  for (const call of calls) {
    const reason = runCall(run, call);
    if (reason !== null || run.effort.tooFar) return reason;
  }
  return null;
}

function runCall(run: Run, call: RouterCall): Outcome {
  switch (call.type) {
    case "swap":
      return runSwap(run, call);
    case "optional":
      return runOptional(run, call);
    case "permit":
      return runPermit(run, call);
    case "wrap":
    case "unwrap":
    case "sweep":
    case "split":
    case "pay":
    case "pull":
      return runPayment(run, call);
  }
}

function runSwap(run: Run, swap: SwapCall): Outcome {
  const late = expired(run, swap.deadline);
  if (late !== null) return late;
  if (swap.path.some((token, i) => token === swap.path[i + 1])) return REASONS[run.dialect].identical;
  if (!takeHops(run.effort, swap.path.length - 1)) return null;
  const hops = hopsOf(run, swap);
  const fromRouter = swap.amountIsBalance || swap.payer === "router";
  const kind = hops.find(({ pool }) => pool !== null)?.pool?.kind;
  if (kind === undefined || (fromRouter && !run.complete)) return cloud(run, hops);
  run.estimate ||=
    swap.feeOnTransfer || swap.dex === run.unsureDex || isPool(run, swap.receiver) || mayRefuse(run, swap);
  const amount = swap.amountIsBalance ? run.balances.of(swap.path[0] ?? null) : swap.amount;
  return (kind === "v2" ? runV2 : runConcentrated)(run, swap, hops, amount);
}

/** Whether a token that it trades takes native coins is its own affair. */
const mayRefuse = ({ givesCoins: coins }: Run, { path, recipient }: SwapCall): boolean =>
  coins && path.includes(recipient);

/** Tries the group on a copy of everything; when it fails, the copy is forgotten. */
function runOptional(run: Run, { calls }: OptionalCalls): null {
  const group: Run = {
    ...run,
    view: createOverlay(run.view),
    balances: run.balances.copy(),
    effects: [],
    clouded: new Set(run.clouded),
  };
  const { gasLeft } = run.effort;
  const reason = runCalls(group, calls);
  // A call is given all but one 64th (EIP-150), and may use it up.
  if (reason === OUT_OF_GAS) run.effort.gasLeft = gasLeft / 64;
  // Where something is unknown or an estimate it may still fail, and then none of it happens; or succeed after all.
  const doubtful = !group.complete || group.estimate;
  if (reason !== null) {
    if (doubtful) doubt(run, calls);
    return null;
  }
  for (const pool of group.view.changed) {
    const state = group.view.stateOf(pool);
    if (state !== null) run.view.set(pool, state);
  }
  for (const pool of group.clouded) run.clouded.add(pool);
  for (const effect of group.effects) run.effects.push(doubtful ? { ...effect, estimate: true } : effect);
  run.balances = group.balances;
  run.allowances = group.allowances;
  run.estimate = doubtful;
  run.complete = group.complete;
  return null;
}

/** Whether these calls happen is not known: neither what they do to pools nor to the router's balances. */
function doubt(run: Run, calls: readonly RouterCall[]): void {
  for (const swap of swapsOf(calls)) cloud(run, hopsOf(run, swap));
  run.complete = false;
  run.estimate = true;
}
