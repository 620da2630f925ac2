import type { Receipt } from "./chainAnswers.ts";

/** What the chain said of an intent's transaction, asked in this order on top of one head. */
export interface Look {
  readonly head: number;
  /** Transaction count of the sender at that head's block. */
  readonly spentNonces: number;
  /** Asked after the count, so that a spent nonce of ours shows its receipt. */
  readonly receipt: Receipt | null;
}

/** What the tracker knows of a sent transaction. */
export interface Sent {
  readonly nonce: number;
  /** Last block in which it is meant to land. */
  readonly lastBlock: number;
  /** It travels in bundles, or under conditions, alone: after its last block it cannot land any more. */
  readonly expires: boolean;
  /** Looks in a row that found the nonce spent and no receipt. */
  readonly spentLooks: number;
  /** First head at which it is cancelled when it is still there; what expires does not linger. */
  readonly cancelFrom: number;
  /** Head at which it was last cancelled, or null. */
  readonly cancelledAt: number | null;
}

export type FateVerdict =
  | { readonly type: "wait"; readonly spentLooks: number }
  | { readonly type: "mined"; readonly receipt: Receipt }
  | { readonly type: "missed" }
  | { readonly type: "replaced" }
  | { readonly type: "cancel" };

/**
 * A node behind a load balancer may know the count of a block and not yet its receipts: one look is no proof
 * that somebody else spent the nonce.
 */
const LOOKS_TO_BE_REPLACED = 2;

/**
 * What one look at the chain says of a sent transaction: mined (its receipt says included or reverted, and the head's
 * own state knows its nonce as spent), replaced (another transaction spent the nonce), missed (it has expired and the
 * nonce is unspent). Any other in a mempool can land for minutes; its own guards make that a cheap revert, but it blocks
 * the nonce: from `cancelFrom` on it is cancelled by a bare transaction with the same nonce, and again every
 * `cancelEvery` blocks.
 */
export function judgeFate(sent: Sent, look: Look, cancelEvery: number): FateVerdict {
  const spent = look.spentNonces > sent.nonce;
  if (look.receipt !== null) {
    // Of another fork, or of a block that is still to come to us.
    return spent ? { type: "mined", receipt: look.receipt } : { type: "wait", spentLooks: 0 };
  }
  if (spent) {
    const spentLooks = sent.spentLooks + 1;
    return spentLooks >= LOOKS_TO_BE_REPLACED ? { type: "replaced" } : { type: "wait", spentLooks };
  }
  if (sent.expires && look.head >= sent.lastBlock) return { type: "missed" };
  return isDue(sent, look.head, cancelEvery) ? { type: "cancel" } : { type: "wait", spentLooks: 0 };
}

/** Whether a transaction whose nonce is unspent is to be cancelled at that head. */
export function isDue(
  { expires, cancelFrom, cancelledAt }: Pick<Sent, "expires" | "cancelFrom" | "cancelledAt">,
  head: number,
  cancelEvery: number,
): boolean {
  return !expires && head >= (cancelledAt === null ? cancelFrom : cancelledAt + cancelEvery);
}
