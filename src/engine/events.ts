import type { Hop } from "../search/opportunity.ts";
import type { PoolState } from "../amm/poolState.ts";
import type {
  Address,
  BlockHeader,
  BlockRef,
  ChainLog,
  EmittedLog,
  Hash,
  PendingTransaction,
  Pool,
} from "../chain/types.ts";

/** `time` is milliseconds since 1970 as the rim saw it; the engine has no clock of its own. */
interface Timed {
  readonly time: number;
}

/** The full state of the listed pools at one pinned block: the start, and after a gap too deep to fill. */
export interface SyncedEvent extends Timed {
  readonly type: "synced";
  readonly block: BlockHeader;
  readonly pools: readonly { readonly pool: Pool; readonly state: PoolState | null }[];
}

/** The fee that a pool's next swap will pay, in parts per million. */
export interface NextFee {
  readonly pool: Address;
  readonly feePpm: number;
}

/** A block on top of the last one, with all its logs of known pools in order of `logIndex`. */
export interface CommittedEvent extends Timed {
  readonly type: "committed";
  readonly block: BlockHeader;
  readonly logs: readonly ChainLog[];
  /** Pools whose logs of this block could not be proven complete. */
  readonly tainted: readonly Address[];
  /**
   * What Algebra pools will charge in the next block: they set their fee anew in a block's first swap, by its time.
   * Read for the newest block only; empty where it is not known, and the last fee stands.
   */
  readonly fees: readonly NextFee[];
  /** False while older blocks are being filled in: the state moves, nothing is decided. */
  readonly atHead: boolean;
}

/** The last block is undone. */
export interface RevertedEvent extends Timed {
  readonly type: "reverted";
  readonly block: BlockRef;
}

/** The feed lost the thread: nothing is decided until a committed block with `atHead` or a new `synced`. */
export interface GapEvent extends Timed {
  readonly type: "gap";
  readonly reason: string;
}

export interface PendingEvent extends Timed {
  readonly type: "pending";
  readonly transaction: PendingTransaction;
}

/**
 * Every transaction of a committed block, in order. It comes after the block's own event, which waits for nothing that
 * the settled state does not need.
 */
export interface MinedEvent extends Timed {
  readonly type: "mined";
  readonly block: BlockRef;
  readonly transactions: readonly Hash[];
}

/** What a simulation on top of `parent` says that a pending transaction does; null: it reverts, or nothing was said. */
export interface ForeseenEvent extends Timed {
  readonly type: "foreseen";
  readonly hash: Hash;
  readonly parent: BlockRef;
  /** In order; of pools and of others. */
  readonly logs: readonly EmittedLog[] | null;
}

/**
 * Behind a pending transaction the cycle that was found first has gone its way: the engine had asked to be asked for
 * more.
 */
export interface FurtherEvent extends Timed {
  readonly type: "further";
  /** Of the pending transaction. */
  readonly hash: Hash;
  /** The state that the plan was priced on. */
  readonly parent: BlockRef;
}

/** A route that somebody holds for worth a look: a cycle over verified pools, from where it starts. */
export interface HintedRoute {
  readonly id: string;
  readonly source: string;
  /** 2 to 6, each pool once. */
  readonly hops: readonly Pick<Hop, "pool" | "zeroForOne">[];
  /** The source's own opinion, from 0 to 1: an estimate. */
  readonly scoreFloat: number;
  /** Share of a plan's places that it may take, from 0 to 1. */
  readonly budgetFloat: number;
}

/** `keep`: they are priced with every block until an `unhint`. `ask`: they are priced at once, and forgotten. */
export interface HintEvent extends Timed {
  readonly type: "hint";
  readonly use: "keep" | "ask";
  readonly routes: readonly HintedRoute[];
}

/** These are not priced any more: their time is over, or their source took them back. */
export interface UnhintEvent extends Timed {
  readonly type: "unhint";
  readonly ids: readonly string[];
}

/** What a plan must leave and may cost, in wei, and how many cycles it may hold; null: as before. */
export interface Limits {
  readonly minNet: bigint | null;
  readonly txFeeCap: bigint | null;
  readonly maxCyclesPerPlan: number | null;
}

/** The owner has spoken. */
export interface LimitsEvent extends Timed, Limits {
  readonly type: "limits";
}

/** Fresh state of pools read at the current head: repairs taint. Null: it has no price, or cannot be read. */
export interface RepairedEvent extends Timed {
  readonly type: "repaired";
  readonly block: BlockRef;
  readonly pools: readonly { readonly address: Address; readonly state: PoolState | null }[];
}

export type Fate = "included" | "reverted" | "missed" | "replaced" | "rejected" | "dry-run" | "unknown";

/** What became of an intent: the execution room's answer to a `submit` decision. */
export interface OutcomeEvent extends Timed {
  readonly type: "outcome";
  readonly intentId: string;
  readonly fate: Fate;
  readonly reason: string;
  readonly block: number | null;
  readonly transactionHash: Hash | null;
}

export type FeedEvent =
  | SyncedEvent
  | CommittedEvent
  | RevertedEvent
  | GapEvent
  | MinedEvent
  | PendingEvent
  | ForeseenEvent
  | RepairedEvent;

export type EngineEvent = FeedEvent | FurtherEvent | OutcomeEvent | HintEvent | UnhintEvent | LimitsEvent;
