import type { Call } from "../signing.ts";
import { flowKinds } from "./kinds.ts";
import { orderOf } from "./order.ts";
import type { FlowMarket, Order, OrderTerms } from "./order.ts";
import { MENUS } from "./ways.ts";

/** One trade of a wanted kind, with the order that it carries out. */
export interface FlowExample {
  readonly kind: string;
  readonly order: Order;
  readonly call: Call;
}

/**
 * A trade of that kind (`universal.v3ExactIn`) along the first way that suits it, of so many pools if that is said.
 * Throws when there is none.
 */
export function flowExample(
  market: FlowMarket,
  name: string,
  terms: OrderTerms & { readonly pools?: number },
): FlowExample {
  const [kind] = flowKinds([name]);
  const orders = MENUS.flatMap(({ ways }) => ways)
    .filter(({ length }) => terms.pools === undefined || length === terms.pools)
    .map((hops) => orderOf(market, hops, terms));
  const order = orders.find((one) => kind?.fits(one, market) === true);
  if (kind === undefined || order === undefined) throw new Error(`no way suits ${name}`);
  return { kind: kind.name, order, call: kind.call(order, market) };
}
