import type { Decision } from "../engine/decisions.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { AskedRoutes, HintChange, LedgerRecord } from "../ledger/records.ts";

/**
 * What the ledger keeps of hints. Their coming and going is gathered and written with each block: a record for each would
 * fill the queue, and a full queue halts trading.
 */
export interface HintRecords {
  /** Records that are due after this step. */
  of(event: EngineEvent, decisions: readonly Decision[]): readonly LedgerRecord[];
}

/** Changes, or sources, that are gathered at most. */
const MOST_GATHERED = 10_000;

export function createHintRecords(): HintRecords {
  let changes: HintChange[] = [];
  let asked = new Map<string, AskedRoutes>();
  const gathered = (time: number): readonly LedgerRecord[] => {
    if (changes.length === 0 && asked.size === 0) return [];
    const record: LedgerRecord = { type: "hints", time, changes, asked: [...asked.values()] };
    changes = [];
    asked = new Map();
    return [record];
  };
  return {
    of: (event, decisions) => {
      changes.push(...changesOf(event));
      if (event.type === "hint" && event.use === "ask") count(asked, decisions);
      const due = event.type === "committed" || changes.length + asked.size >= MOST_GATHERED;
      return [...(due ? gathered(event.time) : []), ...resultsOf(event, decisions)];
    },
  };
}

function changesOf(event: EngineEvent): readonly HintChange[] {
  const { time } = event;
  if (event.type === "hint" && event.use === "keep")
    return event.routes.map((route) => ({ type: "pushed", route, time }));
  if (event.type === "unhint") return event.ids.map((id) => ({ type: "withdrawn", id, time }));
  return [];
}

function count(asked: Map<string, AskedRoutes>, decisions: readonly Decision[]): void {
  for (const decision of decisions) {
    if (decision.type !== "hint") continue;
    const { source, state } = decision;
    const { routes, profitable } = asked.get(source) ?? { routes: 0, profitable: 0 };
    const paid = state === "profitable" ? 1 : 0;
    asked.set(source, { source, routes: routes + 1, profitable: profitable + paid });
  }
}

/** Of asked routes only those that led to an opportunity: the others are counted. */
function resultsOf({ time }: EngineEvent, decisions: readonly Decision[]): readonly LedgerRecord[] {
  const results = decisions
    .filter((decision) => decision.type === "hint")
    .filter(({ use, opportunityId }) => use === "keep" || opportunityId !== null);
  const trials = decisions.filter((decision) => decision.type === "hint_trial");
  return [
    ...(results.length > 0 ? [{ type: "hint_results" as const, time, results }] : []),
    ...trials.map((trial) => ({ type: "hint_trial" as const, time, trial })),
  ];
}
