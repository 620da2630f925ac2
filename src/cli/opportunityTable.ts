import type { Address } from "../chain/types.ts";
import { safeText } from "../lib/safeText.ts";
import type { Snapshot } from "../market/snapshotFile.ts";
import type { Opportunity } from "../search/opportunity.ts";
import { amountText } from "./amountText.ts";
import { textTable } from "./textTable.ts";

export interface ScanCounts {
  readonly block: number | null;
  readonly pools: number;
  readonly tokens: number;
  readonly cycles: number;
  /** Transactions that were applied first; null: a state at rest. */
  readonly behind: number | null;
  /** Most that are listed. */
  readonly top: number;
  readonly timing: { readonly loadMs: number; readonly indexMs: number; readonly scanMs: number };
}

/** Digits of an amount that a table shows. */
const SHOWN_DIGITS = 12;

const symbolOf = (token: Address, { tokens }: Snapshot): string =>
  safeText(tokens.get(token)?.symbol ?? token, 14);

/** Cut, never rounded up: a table promises no unit that is not there. */
const shortAmount = (amount: bigint, token: Address, { tokens }: Snapshot): string => {
  const decimals = tokens.get(token)?.decimals ?? 0;
  const whole = amount.toString().length - decimals;
  return amountText(amount, decimals, Math.max(2, SHOWN_DIGITS - Math.max(1, whole)));
};

const routeOf = ({ cycle, hops }: Opportunity, snapshot: Snapshot): string => {
  const dexes = new Map(snapshot.pools.map(({ pool }) => [pool.address, pool.dex]));
  return hops.reduce(
    (route, { pool, tokenOut }) =>
      `${route} -(${safeText(dexes.get(pool) ?? "")})-> ${symbolOf(tokenOut, snapshot)}`,
    symbolOf(cycle.base, snapshot),
  );
};

/** A table of opportunities, one a line, amounts in whole tokens of the base; empty for none. */
export function opportunityRows(opportunities: readonly Opportunity[], snapshot: Snapshot): string {
  if (opportunities.length === 0) return "";
  const rows = opportunities.map((opportunity) => [
    shortAmount(opportunity.profit, opportunity.cycle.base, snapshot),
    shortAmount(opportunity.amountIn, opportunity.cycle.base, snapshot),
    opportunity.marginal.toFixed(6),
    opportunity.verdict,
    routeOf(opportunity, snapshot),
  ]);
  return textTable([["profit", "in", "marginal", "verdict", "route"], ...rows]);
}

/** What a person reads: one line an opportunity, amounts in whole tokens, before gas. */
export function opportunityTable(
  counts: ScanCounts,
  opportunities: readonly Opportunity[],
  snapshot: Snapshot,
): string {
  const { loadMs, indexMs, scanMs } = counts.timing;
  const block = counts.block === null ? "no block given" : `block ${counts.block}`;
  const state = counts.behind === null ? block : `${block}, behind ${counts.behind} transactions`;
  const head = `${counts.pools} pools, ${counts.tokens} tokens, ${counts.cycles} cycles (${state}); load ${Math.round(loadMs)} ms, index ${Math.round(indexMs)} ms, scan ${Math.round(scanMs)} ms`;
  if (opportunities.length === 0) return `${head}\nnothing pays`;
  const foot =
    opportunities.length < counts.top
      ? `all ${opportunities.length} that pay, before gas`
      : `the best ${opportunities.length}, before gas (--top lists more)`;
  return [head, opportunityRows(opportunities, snapshot), foot].join("\n");
}
