import type { Address } from "../chain/types.ts";
import type { Plan } from "../search/opportunity.ts";
import type { Realised } from "./calldata.ts";
import type { RealisedProfit } from "./journal.ts";

/** Profit that the plan promises for each of its cycles, in order; raw units of the cycle's base. */
export const promisedProfits = (plan: Plan): readonly Realised[] =>
  plan.opportunities.map(({ cycle, profit }) => ({ base: cycle.base, profit }));

/** Sums cycle by cycle figures up by base, in the order in which the bases first occur. */
export function sumByBase(profits: readonly Realised[]): readonly Realised[] {
  const sums = new Map<Address, bigint>();
  for (const { base, profit } of profits) sums.set(base, (sums.get(base) ?? 0n) + profit);
  return [...sums].map(([base, profit]) => ({ base, profit }));
}

/** True when both list the same bases with the same profits in the same order. */
export const equalProfits = (a: readonly Realised[], b: readonly Realised[]): boolean =>
  a.length === b.length && a.every(({ base, profit }, i) => b[i]?.base === base && b[i].profit === profit);

/** What was promised beside what came, base by base; a base that brought nothing counts 0. */
export function compareProfits(
  predicted: readonly Realised[],
  realised: readonly Realised[],
): readonly RealisedProfit[] {
  const sums = new Map(sumByBase(realised).map(({ base, profit }) => [base, profit]));
  return predicted.map(({ base, profit }) => ({ base, predicted: profit, realised: sums.get(base) ?? 0n }));
}
