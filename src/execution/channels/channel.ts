import type { Bundle } from "../bundle.ts";

/** What a place promises about what it gets; what is not promised is not counted on. */
export interface Promises {
  /** Whole, in order, in a target block, or not at all: it cannot land late. */
  readonly atomic: boolean;
  /** Not gossiped before it is in a block. */
  readonly private: boolean;
  /** A transaction that would revert is left out. */
  readonly revertProtection: boolean;
}

/**
 * The answer of a place. `accepted` is not `included`. `refused`: it surely did not take the bundle. After
 * `timeout` and `error` it may have: only the chain can tell.
 */
export interface SendResult {
  readonly result: "accepted" | "refused" | "timeout" | "error";
  readonly detail: string;
}

export type ChannelCounts = Readonly<Record<SendResult["result"], number>>;

export type BundleSimulation =
  | { readonly type: "ok"; readonly gasUsed: bigint }
  | { readonly type: "revert"; readonly reason: string }
  | { readonly type: "unavailable"; readonly reason: string };

/** Where bundles go. Nothing here throws or rejects: every answer is a value. */
export interface Channel {
  readonly name: string;
  readonly promises: Promises;
  /** Answers within the deadline; nothing is sent after it. */
  send(bundle: Bundle, deadline: { readonly deadlineMs: number }): Promise<SendResult>;
  /** Takes a bundle back where the place knows how. */
  cancel?(bundle: Bundle, deadline: { readonly deadlineMs: number }): Promise<SendResult>;
  /** Asks the place what the bundle would do in its first target block. */
  simulate?(bundle: Bundle, deadline: { readonly deadlineMs: number }): Promise<BundleSimulation>;
  readonly counts: () => ChannelCounts;
}
