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

/** The signer behind its policy; a refusal rejects with the reason's name. */
export const guardSigner = (signer: Signer, policy: SigningPolicy): Signer => ({
  address: signer.address,
  signTransaction: async (transaction) => {
    const refusal = policyRefusal(policy, transaction, signer.address);
    if (refusal !== null) throw new Error(`not signed: ${refusal}`);
    return await signer.signTransaction(transaction);
  },
});
