import { AGGREGATOR_KINDS } from "./aggregator.ts";
import { ALGEBRA_KINDS } from "./algebra.ts";
import type { FlowKind } from "./order.ts";
import { ROUTER02_KINDS } from "./router02.ts";
import { UNIVERSAL_KINDS } from "./universal.ts";
import { V2_KINDS } from "./v2.ts";
import { V3_KINDS } from "./v3.ts";

/** Every way in which the traders call a router. */
export const FLOW_KINDS: readonly FlowKind[] = [
  ...V2_KINDS,
  ...V3_KINDS,
  ...ROUTER02_KINDS,
  ...ALGEBRA_KINDS,
  ...UNIVERSAL_KINDS,
  ...AGGREGATOR_KINDS,
];

/** The kinds of those names, or of those routers (`universal` for `universal.…`); no names: all. Throws on unknown ones. */
export function flowKinds(names: readonly string[] = []): readonly FlowKind[] {
  const named = (name: string) =>
    FLOW_KINDS.filter((kind) => kind.name === name || kind.name.startsWith(`${name}.`));
  const unknown = names.find((name) => named(name).length === 0);
  if (unknown !== undefined) throw new Error(`the traders know no ${unknown}`);
  return names.length === 0 ? FLOW_KINDS : [...new Set(names.flatMap(named))];
}
