import { bidOf, outbids, type OthersFees } from "../chain/fees.ts";
import type { Address, BlockRef, PendingTransaction } from "../chain/types.ts";
import { rebuildRaw } from "../chain/rawTransaction.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import { triggerTransaction, type TriggerTransaction } from "./bundle.ts";
import type { Keccak256 } from "./keccak256.ts";
import { refusal, type Refusal } from "./refusal.ts";

/** What of a pending transaction tells whether another takes its nonce. */
export type PendingRef = Pick<PendingTransaction, "hash" | "from" | "nonce" | keyof OthersFees>;

/**
 * True when the newcomer may take the nonce of one of them: not one that this outbids, which is no newcomer but was told
 * late. As the engine's book has it.
 */
export const losesOne = (behind: readonly PendingRef[], seen: PendingRef): boolean =>
  behind.some(
    (each) =>
      each.from === seen.from &&
      each.nonce === seen.nonce &&
      each.hash !== seen.hash &&
      !outbids(bidOf(each), bidOf(seen)),
  );

/** Why what the decision names cannot be what it stands behind, or null: one sender's row, its trigger last. */
function misordered({ behind, plan }: SubmitDecision): string | null {
  const last = behind.at(-1)?.hash ?? null;
  const named = plan.trigger.type === "pending" ? plan.trigger.hash : null;
  if (last !== named) return `the plan's trigger is ${named}, it stands behind ${last}`;
  const [first] = behind;
  const inRow = behind.every(({ from, nonce }, i) => from === first?.from && nonce === first.nonce + i);
  return inRow ? null : "not one sender's nonces in a row";
}

/**
 * The signed bytes of the pending transactions, each proven by its hash: with them everything that was read of them,
 * their fees too. Refused where they cannot be told from what the node gave.
 */
export function proveBehind(
  decision: SubmitDecision,
  keccak256: Keccak256,
): readonly TriggerTransaction[] | Refusal {
  const wrong = misordered(decision);
  if (wrong !== null) return refusal("trigger_bytes", wrong);
  const proven: TriggerTransaction[] = [];
  for (const transaction of decision.behind) {
    const raw = rebuildRaw(transaction);
    if (raw === null) return refusal("trigger_bytes", `those of ${transaction.hash} cannot be told`);
    try {
      proven.push(triggerTransaction(raw, transaction.hash, keccak256));
    } catch (error) {
      return refusal("trigger_bytes", error instanceof Error ? error.message : "");
    }
  }
  return proven;
}

/** The node has not said where the sender stands. */
export const NONCE_NOT_ANSWERED: Refusal = refusal("trigger_nonce", "not answered");

/**
 * Whether the first of the pending transactions is its sender's next one in the plan's parent: with an earlier one
 * missing none of them can be mined. Null: it is, or there is none. Never rejects.
 */
export async function checkFirstNonce(
  { behind, parent }: SubmitDecision,
  nonceOf: (account: Address, block: BlockRef) => Promise<number>,
): Promise<Refusal | null> {
  const [first] = behind;
  if (first === undefined) return null;
  try {
    const next = await nonceOf(first.from, parent);
    return next === first.nonce
      ? null
      : refusal("trigger_nonce", `${first.from} is at ${next}, not at ${first.nonce}`);
  } catch {
    return NONCE_NOT_ANSWERED;
  }
}
