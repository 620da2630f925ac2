import type { Fate } from "../engine/events.ts";
import type { SubmissionRecord } from "../execution/journal.ts";
import type { Address, Hash } from "../chain/types.ts";
import type { TokenLabel } from "./records.ts";

/** What the ledger tells about the past; amounts exact, in raw units or wei. */

export interface HopReport {
  readonly pool: Address;
  /** Null: the pool is not in the registry of the ledger. */
  readonly dex: string | null;
  readonly tokenIn: TokenLabel;
  readonly tokenOut: TokenLabel;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

export interface FateReport {
  readonly fate: Fate;
  readonly reason: string;
  readonly block: number | null;
  readonly transactionHash: Hash | null;
  readonly transactionIndex: number | null;
  readonly gasUsed: bigint | null;
  readonly effectiveGasPrice: bigint | null;
  readonly profits: readonly {
    readonly token: TokenLabel;
    readonly predicted: bigint;
    readonly realised: bigint;
  }[];
  readonly time: number;
}

export interface IntentReport {
  readonly id: string;
  readonly targetBlock: number;
  readonly opportunities: number;
  readonly net: bigint;
  readonly time: number;
  readonly signed: {
    readonly transactionHash: Hash;
    readonly nonce: number;
    readonly bundleId: Hash;
    readonly time: number;
  } | null;
  readonly submissions: readonly Omit<SubmissionRecord, "intentId">[];
  /** Oldest first; the last one is final, or `unknown` while the chain has not answered. */
  readonly fates: readonly FateReport[];
}

/** One opportunity through every gate, and what became of it. */
export interface OpportunityReport {
  readonly id: string;
  readonly nativeSymbol: string;
  readonly trigger: { readonly type: "block" | "pending"; readonly hash: Hash };
  readonly block: { readonly number: number; readonly hash: Hash };
  readonly cycleId: string;
  readonly base: TokenLabel;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly marginal: number | null;
  readonly verdict: string;
  readonly profit: bigint;
  readonly profitNative: bigint | null;
  readonly gas: bigint;
  readonly gasPrice: bigint;
  readonly gasCost: bigint;
  readonly net: bigint | null;
  readonly minNet: bigint;
  readonly code: string;
  readonly detail: string;
  readonly time: number;
  readonly hops: readonly HopReport[];
  /** Those that named its cycle when it was judged. */
  readonly hints: readonly { readonly id: string; readonly source: string }[];
  readonly intent: IntentReport | null;
}

/** A trade that reached the chain, as `v_trades` has it: floats for reading. */
export interface TradeReport {
  readonly time: string;
  readonly intentId: string;
  readonly fate: Fate;
  readonly block: number | null;
  readonly transactionHash: Hash | null;
  readonly route: string | null;
  readonly base: string | null;
  readonly predictedFloat: number | null;
  readonly realisedFloat: number | null;
  /** Every base earned exactly what was journaled before the signature. */
  readonly equal: boolean;
  readonly gasCostFloat: number;
  /** Whole native tokens after gas; null when the opportunity's price is not (yet) in the ledger. */
  readonly netFloat: number | null;
}

/** Counts for a summary. */
export interface LedgerSummary {
  readonly opportunities: number;
  /** Opportunities by outcome code, most frequent first. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly intents: number;
  readonly fates: Readonly<Record<string, number>>;
  readonly predictedEqualsRealised: { readonly equal: number; readonly of: number };
  /** Whole native tokens of all trades with a price, after gas. */
  readonly netFloat: number;
}
