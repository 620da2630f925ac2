import type { Address, BlockHeader, BlockRef, Hash, Pool, Token } from "../chain/types.ts";
import type { HintDecision, HintTrialDecision, Judged, PredictionDecision } from "../engine/decisions.ts";
import type { HintedRoute } from "../engine/events.ts";
import type { Trigger } from "../search/opportunity.ts";

/** One start of the daemon: everything else in the ledger belongs to one. */
export interface RunRecord {
  readonly mode: "observe" | "dry-run" | "live";
  readonly chainId: number;
  readonly nativeSymbol: string;
  readonly version: string;
  readonly time: number;
}

/** Trading is stopped or allowed again, by whom and why; the latest one holds, across restarts. */
export interface HaltRecord {
  readonly action: "halt" | "resume";
  readonly reason: string;
  readonly time: number;
}

interface Timed {
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The tokens and pools we trade through; a second record of the same address replaces the first. */
export interface RegistryRecord {
  readonly type: "registry";
  readonly tokens: readonly Pick<Token, "address" | "symbol" | "decimals">[];
  readonly pools: readonly Pool[];
}

/** A block on top of the last one, as the engine took it in; `decisionMicros` is null where nothing was decided. */
export interface BlockRecord extends Timed {
  readonly type: "block";
  readonly block: Omit<BlockHeader, "logsBloom">;
  readonly logs: number;
  readonly taintedPools: number;
  readonly decisionMicros: number | null;
}

export interface RevertedRecord extends Timed {
  readonly type: "reverted";
  readonly block: BlockRef;
}

/** An opportunity after the gates. Its id is unique within a run. */
export interface JudgedRecord extends Timed {
  readonly type: "judged";
  readonly judged: Judged;
  readonly trigger: Trigger;
  readonly block: BlockRef;
}

export interface QuarantineRecord extends Timed {
  readonly type: "quarantine";
  readonly cycleId: string;
  readonly reason: string;
  readonly block: BlockRef;
}

/** A notable thing: feed lost, resynchronised, configuration read again. `facts` are stored as JSON. */
export interface NotableRecord extends Timed {
  readonly type: "event";
  readonly kind: string;
  readonly facts: Readonly<Record<string, string | number | bigint | boolean | null>>;
}

/** How a prediction held when its transaction was mined. */
export interface PredictionRecord extends Timed {
  readonly type: "prediction";
  readonly prediction: PredictionDecision;
}

/** A plan behind a pending transaction that went out; `micros` from the trigger's frame, where it came just then. */
export interface BackrunRecord extends Timed {
  readonly type: "backrun";
  readonly intentId: string;
  readonly triggerHash: Hash;
  readonly micros: number | null;
}

/** A hint that came or went. */
export type HintChange =
  | { readonly type: "pushed"; readonly route: HintedRoute; readonly time: number }
  | { readonly type: "withdrawn"; readonly id: string; readonly time: number };

/** Routes of one source that were priced at once and not kept. */
export interface AskedRoutes {
  readonly source: string;
  readonly routes: number;
  readonly profitable: number;
}

/** What became of the list of hints since the last record of this kind, in order. */
export interface HintsRecord extends Timed {
  readonly type: "hints";
  readonly changes: readonly HintChange[];
  readonly asked: readonly AskedRoutes[];
}

/** What came of hints in one step. */
export interface HintResultsRecord extends Timed {
  readonly type: "hint_results";
  readonly results: readonly HintDecision[];
}

/** What a block's plan was worth, with hints or without. */
export interface HintTrialRecord extends Timed {
  readonly type: "hint_trial";
  readonly trial: HintTrialDecision;
}

/** What is written in batches. */
export type LedgerRecord =
  | RegistryRecord
  | BlockRecord
  | RevertedRecord
  | JudgedRecord
  | QuarantineRecord
  | PredictionRecord
  | BackrunRecord
  | HintsRecord
  | HintResultsRecord
  | HintTrialRecord
  | NotableRecord;

/** A token that was named nowhere is shown by its address and in raw units. */
export type TokenLabel = { readonly address: Address; readonly symbol: string; readonly decimals: number };
