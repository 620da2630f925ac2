import { keccak256 } from "viem";
import type { Address, PendingTransaction } from "../../src/chain/types.ts";
import { rebuildRaw } from "../../src/chain/rawTransaction.ts";
import type { SubmitDecision } from "../../src/engine/decisions.ts";
import { addressOf, decisionOf } from "./executionPlan.ts";

const GWEI = 1_000_000_000n;
export const TRADER: Address = addressOf(0x7ade);

/** A pending transaction whose hash is that of its own bytes; nobody signed it, which nothing here checks. */
export function pendingOf(changes: Partial<PendingTransaction> = {}): PendingTransaction {
  const unhashed: PendingTransaction = {
    hash: "0x",
    from: TRADER,
    to: addressOf(0x1007),
    nonce: 3,
    value: 0n,
    gas: 200_000n,
    input: "0x38ed1739",
    type: 2,
    gasPrice: null,
    maxFeePerGas: 500n * GWEI,
    maxPriorityFeePerGas: 40n * GWEI,
    signed: { chainId: 137, accessList: [], authorizationList: [], yParity: 1, r: 11n, s: 12n },
    ...changes,
  };
  const raw = rebuildRaw(unhashed);
  return raw === null ? unhashed : { ...unhashed, hash: keccak256(raw) };
}

/** A decision behind these pending transactions, the last of which is its trigger. */
export function backrunOf(
  behind: readonly PendingTransaction[],
  changes: Partial<SubmitDecision> = {},
): SubmitDecision {
  const decision = decisionOf(changes);
  const hash = behind.at(-1)?.hash ?? "0x";
  return { ...decision, plan: { ...decision.plan, trigger: { type: "pending", hash } }, behind };
}
