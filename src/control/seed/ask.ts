import type { HintDecision } from "../../engine/decisions.ts";
import type { HintedRoute } from "../../engine/events.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ControlPorts } from "../ports.ts";
import type { ResolvedHop } from "./pairGraph.ts";

/** What the engine says to one route. */
export interface Answer {
  /** Null: it says nothing. */
  readonly hint: HintDecision | null;
  /** The plan that was sent with it. */
  readonly intentId: string | null;
}

/** Prices routes at once, each from its own place in the list. */
export type Ask = (routes: readonly (readonly ResolvedHop[])[]) => readonly Answer[];

/** Under this name questions stand in the ledger. */
const SOURCE = "brain";

export function createAsk(ports: Pick<ControlPorts, "take">, clock: Clock): Ask {
  // Ids stay apart over restarts too: they are in the ledger.
  const run = clock.now().toString(36);
  let asked = 0;
  return (routes) => {
    if (routes.length === 0) return [];
    const named = routes.map((hops): HintedRoute => ({
      id: `ask-${run}-${++asked}`,
      source: SOURCE,
      hops,
      scoreFloat: 1,
      budgetFloat: 1,
    }));
    const hints = new Map<string, HintDecision>();
    const sent = new Map<string, string>();
    for (const decision of ports.take({ type: "hint", time: clock.now(), use: "ask", routes: named })) {
      if (decision.type === "hint") hints.set(decision.id, decision);
      if (decision.type === "submit")
        for (const id of decision.hintIds ?? []) sent.set(id, decision.intentId);
    }
    return named.map(({ id }) => ({ hint: hints.get(id) ?? null, intentId: sent.get(id) ?? null }));
  };
}
