import type { Hash } from "../chain/types.ts";
import type { Decision } from "../engine/decisions.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";

/** Measures back-runs from their trigger's frame to the bundle on its way to the channels. */
export interface BackrunClock {
  /** `receivedAt`: of the event, on the monotonic clock. */
  decided(event: EngineEvent, receivedAt: number, decisions: readonly Decision[]): void;
  /** Null: no back-run, or told already. */
  sent(intentId: string): SentBackrun | null;
}

export interface SentBackrun {
  readonly intentId: string;
  readonly triggerHash: Hash;
  /** Null: its trigger had waited since a block before, or it is a second plan behind it. */
  readonly micros: number | null;
}

/** Plans that are on their way at once are few; those that were refused are let go. */
const MOST_DECIDED = 64;

export function createBackrunClock(clock: Pick<Clock, "monotonic">): BackrunClock {
  const decided = new Map<string, { readonly triggerHash: Hash; readonly since: number | null }>();
  return {
    decided: (event, receivedAt, decisions) => {
      const since = event.type === "pending" ? receivedAt : null;
      for (const decision of decisions) {
        if (decision.type !== "submit" || decision.plan.trigger.type !== "pending") continue;
        decided.set(decision.intentId, { triggerHash: decision.plan.trigger.hash, since });
        const oldest = decided.keys().next();
        if (decided.size > MOST_DECIDED && !oldest.done) decided.delete(oldest.value);
      }
    },
    sent: (intentId) => {
      const found = decided.get(intentId);
      if (found === undefined) return null;
      decided.delete(intentId);
      const { triggerHash, since } = found;
      const micros = since === null ? null : Math.round((clock.monotonic() - since) * 1000);
      return { intentId, triggerHash, micros };
    },
  };
}
