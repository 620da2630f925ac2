import type { Hash } from "../chain/types.ts";

/**
 * The nonces of one signer, as an immutable value. It has one owner (`execution`), which holds a nonce from the
 * moment of signing until the chain has spent it or it is proven that the transaction cannot land.
 */
export interface NonceState {
  /** The next nonce by the chain's latest state; null before the first answer. */
  readonly next: number | null;
  /**
   * Nonces whose transactions may still land, ascending. One may be there several times: alternates in bundles for one
   * block, of which at most one can land. Different ones only after a reorg.
   */
  readonly held: readonly HeldNonce[];
  /** Somebody else uses our key: transactions that we do not know are pending. */
  readonly foreignPending: boolean;
}

export interface HeldNonce {
  readonly nonce: number;
  readonly hash: Hash;
  /** Last block of the bundles in which alone it travels; null: it may land at any time. */
  readonly bundledUntil: number | null;
}

/** Transaction counts of the signer at a head and at the `pending` tag. */
export interface NonceCounts {
  readonly latest: number;
  readonly pending: number;
  /** Number of that head. */
  readonly head: number;
}

export type NonceAnswer =
  | { readonly ok: true; readonly nonce: number }
  | { readonly ok: false; readonly reason: "nonce_unknown" | "in_flight" | "foreign_pending" };

export const NO_NONCES: NonceState = { next: null, held: [], foreignPending: false };

/** Two transactions in bundles for the same blocks, with one nonce: whichever lands, the other cannot. */
const areAlternates = (a: Omit<HeldNonce, "hash">, b: Omit<HeldNonce, "hash">): boolean =>
  a.nonce === b.nonce && a.bundledUntil !== null && a.bundledUntil === b.bundledUntil;

/**
 * The nonce that may be signed now: the chain's next one, when nothing of anybody's may still take it but alternates
 * of what is to be signed. `bundledUntil` as in `HeldNonce`.
 */
export function nextNonce(state: NonceState, bundledUntil: number | null = null): NonceAnswer {
  const { next, held } = state;
  if (next === null) return { ok: false, reason: "nonce_unknown" };
  if (!held.every((each) => areAlternates(each, { nonce: next, bundledUntil })))
    return { ok: false, reason: "in_flight" };
  if (state.foreignPending) return { ok: false, reason: "foreign_pending" };
  return { ok: true, nonce: next };
}

/**
 * Marks a nonce as used by a transaction that was just signed. Throws when another transaction of ours that is no
 * alternate holds it: that would be a double use.
 */
export function holdNonce(state: NonceState, holding: HeldNonce): NonceState {
  const holder = state.held.find(
    (entry) => entry.nonce === holding.nonce && entry.hash !== holding.hash && !areAlternates(entry, holding),
  );
  if (holder !== undefined) throw new Error(`nonce ${holding.nonce} is held by ${holder.hash}`);
  return holdAgain(state, holding);
}

/**
 * Marks the nonce of a transaction that was signed earlier and may land after all: at recovery, or after a reorg. A
 * newer one may hold the same nonce: whichever lands spends it, and until then none is free.
 */
export function holdAgain(state: NonceState, holding: HeldNonce): NonceState {
  if (state.held.some((entry) => entry.hash === holding.hash)) return state;
  const held = [...state.held, holding].toSorted((a, b) => a.nonce - b.nonce);
  return { ...state, held };
}

/** Frees a nonce whose transaction cannot land any more, or has landed. */
export const releaseNonce = (state: NonceState, hash: Hash): NonceState => ({
  ...state,
  held: state.held.filter((entry) => entry.hash !== hash),
});

/**
 * Takes over what the chain says. The chain is always right: `next` may fall (a reorg) as well as rise. Spent
 * nonces are no longer held; whose transaction spent them is for the fates to find out. Nor are those of bundles whose
 * last block has passed, though a slow relay may not have answered yet: the next block's plan does not wait for it.
 */
export function reconcile(state: NonceState, counts: NonceCounts): NonceState {
  const held = state.held.filter(
    ({ nonce, bundledUntil }) =>
      nonce >= counts.latest && (bundledUntil === null || bundledUntil > counts.head),
  );
  const known = counts.latest + new Set(held.map(({ nonce }) => nonce)).size;
  return { next: counts.latest, held, foreignPending: counts.pending > known };
}
