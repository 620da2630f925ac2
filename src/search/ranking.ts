import type { Opportunity } from "./opportunity.ts";

/**
 * Best first: by value in native, those without a price last; then by profit within a base; then by id. A total
 * order, so that equal markets give equal lists.
 */
export function compareByValue(a: Opportunity, b: Opportunity): number {
  const [valueA, valueB] = [valueOf(a), valueOf(b)];
  if (valueA !== valueB) return valueA > valueB ? -1 : 1;
  if (a.cycle.base !== b.cycle.base) return a.cycle.base < b.cycle.base ? -1 : 1;
  if (a.profit !== b.profit) return a.profit > b.profit ? -1 : 1;
  return a.cycle.id < b.cycle.id ? -1 : 1;
}

const valueOf = ({ profitNativeFloat }: Opportunity): number =>
  Number.isNaN(profitNativeFloat) ? -Infinity : profitNativeFloat;
