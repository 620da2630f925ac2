import type { ChainRegistry } from "../chain/registry.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { LedgerRecord } from "../ledger/records.ts";

/**
 * What the ledger keeps of an event, besides the decisions that it led to. `micros`: how long the decision took.
 * Outcomes are in the journal already, and pending transactions are told by what they led to.
 */
export function recordsOf(
  event: EngineEvent,
  registry: ChainRegistry,
  micros: number,
): readonly LedgerRecord[] {
  const { time } = event;
  switch (event.type) {
    case "synced": {
      const pools = event.pools.map(({ pool }) => pool);
      const facts = { block: event.block.number, pools: pools.length };
      return [
        { type: "registry", tokens: [...registry.tokens.values()], pools },
        { type: "event", time, kind: "synced", facts },
      ];
    }
    case "committed": {
      const { logsBloom: _bloom, ...block } = event.block;
      const decisionMicros = event.atHead ? micros : null;
      const counts = { logs: event.logs.length, taintedPools: event.tainted.length };
      return [{ type: "block", time, block, ...counts, decisionMicros }];
    }
    case "reverted":
      return [{ type: "reverted", time, block: event.block }];
    case "gap":
      return [{ type: "event", time, kind: "gap", facts: { reason: event.reason } }];
    case "repaired": {
      const facts = { block: event.block.number, pools: event.pools.length };
      return [{ type: "event", time, kind: "repaired", facts }];
    }
    case "limits": {
      const { minNet, txFeeCap, maxCyclesPerPlan } = event;
      return [{ type: "event", time, kind: "limits", facts: { minNet, txFeeCap, maxCyclesPerPlan } }];
    }
    case "outcome":
    case "mined":
    case "hint":
    case "unhint":
    case "foreseen":
    case "further":
    case "pending":
      return [];
  }
}
