import type { BlockRef, Pool } from "../../chain/types.ts";
import type { Bundle } from "../bundle.ts";

/** What a place promises about what it gets; what is not promised is not counted on. */
export interface Promises {
  /** Whole, in order, in a target block, or not at all. */
  readonly atomic: boolean;
  /** It cannot land after its last target block. */
  readonly expires: boolean;
  /** Not gossiped before it is in a block. */
  readonly private: boolean;
  /** A transaction that would revert is left out. */
  readonly revertProtection: boolean;
  /** What travels: the bundle as a whole, or our transaction alone, its trigger being public already. */
  readonly carries: "bundle" | "transaction";
  /** It takes no plan behind a trigger. */
  readonly settledOnly: boolean;
}

/** Of a relay that takes bundles. */
export const RELAY_PROMISES: Promises = {
  atomic: true,
  expires: true,
  private: true,
  revertProtection: true,
  carries: "bundle",
  settledOnly: false,
};

/**
 * The answer of a place. `accepted` is not `included`. `refused`: it surely did not take the bundle. After
 * `timeout` and `error` it may have: only the chain can tell.
 */
export interface SendResult {
  readonly result: "accepted" | "refused" | "timeout" | "error";
  readonly detail: string;
}

export interface SendOptions {
  readonly deadlineMs: number;
  /**
   * The pools that the plan crosses, for a place that holds it to their state; none: to be sent without conditions, as
   * a cancellation is.
   */
  readonly pools?: readonly Pick<Pool, "address" | "kind">[];
  /** The block on whose state the plan was priced. */
  readonly parent?: BlockRef;
}

/** Whether a place has the method that its channel calls. */
export type Probe =
  | { readonly type: "ok" }
  | { readonly type: "missing"; readonly method: string }
  | { readonly type: "unavailable"; readonly reason: string };

export type ChannelCounts = Readonly<Record<SendResult["result"], number>>;

export type BundleSimulation =
  | { readonly type: "ok"; readonly gasUsed: bigint }
  | { readonly type: "revert"; readonly reason: string }
  | { readonly type: "unavailable"; readonly reason: string };

/** Where bundles go. Nothing here throws or rejects: every answer is a value. */
export interface Channel {
  readonly name: string;
  readonly promises: Promises;
  /** From now on a connection to the place stands ready, until `close`. */
  connect?(): void;
  close?(): void;
  /** Answers within the deadline; nothing is sent after it. */
  send(bundle: Bundle, options: SendOptions): Promise<SendResult>;
  /** Takes a bundle back where the place knows how. */
  cancel?(bundle: Bundle, deadline: { readonly deadlineMs: number }): Promise<SendResult>;
  /** Asks the place what the bundle would do in its first target block. */
  simulate?(bundle: Bundle, deadline: { readonly deadlineMs: number }): Promise<BundleSimulation>;
  /** Asks, with a transaction that is none, whether the place knows the channel's method. */
  probe?(deadline: { readonly deadlineMs: number }): Promise<Probe>;
  readonly counts: () => ChannelCounts;
}
