import type { Address, Hex } from "../chain/types.ts";

/** The fields that our transactions have, no others; wei. */
export interface UnsignedTransaction {
  readonly chainId: number;
  readonly nonce: number;
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Signs for one address: in this process, or wherever the key lives (the shape of viem's accounts). */
export interface Signer {
  readonly address: Address;
  /** The signed EIP-1559 transaction, serialised. Rejects when it does not sign. */
  signTransaction(transaction: UnsignedTransaction): Promise<Hex>;
  /** The same at once, where there is nothing to wait for. Throws when it does not sign. */
  signTransactionSync?(transaction: UnsignedTransaction): Hex;
}

/** A signer whose key is in this process. */
export interface SyncSigner extends Signer {
  signTransactionSync(transaction: UnsignedTransaction): Hex;
}

/** What a signer of ours may sign at all; everything else is refused before the key is touched. */
export interface SigningPolicy {
  readonly chainId: number;
  readonly executor: Address;
  readonly txGasCap: bigint;
  /** Most wei that one transaction may cost. */
  readonly txFeeCap: bigint;
}

/** Why the transaction may not be signed, or null. `self` is the signer: a bare cancellation to itself is fine. */
export function policyRefusal(
  policy: SigningPolicy,
  transaction: UnsignedTransaction,
  self: Address,
): string | null {
  const { chainId, to, data, value, gas, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  if (chainId !== policy.chainId) return "wrong_chain";
  if (value !== 0n) return "carries_value";
  if (to !== policy.executor && !(to === self && data === "0x")) return "foreign_target";
  if (gas > policy.txGasCap) return "gas_cap";
  if (maxPriorityFeePerGas > maxFeePerGas) return "tip_above_fee";
  if (gas * maxFeePerGas > policy.txFeeCap) return "fee_cap";
  return null;
}

/** No to a transaction, of ours and not of the signer, which was not asked. */
export class PolicyRefusal extends Error {
  override readonly name = "PolicyRefusal";
}

/**
 * The signer behind its policy, which never changes; what that refuses rejects, or throws, with `PolicyRefusal`. It
 * offers the ways to sign that the signer has and that take all fields, so that each of them can be checked.
 */
export function guardSigner(signer: SyncSigner, policy: SigningPolicy): SyncSigner;
export function guardSigner(signer: Signer, policy: SigningPolicy): Signer;
export function guardSigner(signer: Signer, policy: SigningPolicy): Signer {
  const check = (transaction: UnsignedTransaction): void => {
    const refusal = policyRefusal(policy, transaction, signer.address);
    if (refusal !== null) throw new PolicyRefusal(`not signed: ${refusal}`);
  };
  const guarded: Signer = {
    address: signer.address,
    signTransaction: async (transaction) => {
      check(transaction);
      return await signer.signTransaction(transaction);
    },
  };
  if (signer.signTransactionSync === undefined) return guarded;
  const signAtOnce = signer.signTransactionSync.bind(signer);
  return {
    ...guarded,
    signTransactionSync: (transaction) => {
      check(transaction);
      return signAtOnce(transaction);
    },
  };
}
