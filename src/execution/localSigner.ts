import type { Address, Hex } from "../chain/types.ts";
import type { Secret } from "../lib/secret.ts";
import type { Plan } from "../search/opportunity.ts";
import { hexLength, toHex, writeHex } from "./bytes.ts";
import { planLength, writePlan, type PlanEncoding } from "./calldata.ts";
import {
  createTransactionBuffer,
  openTransaction,
  signedTransaction,
  signingPayload,
  type Envelope,
} from "./eip1559.ts";
import { portablePrimitives, type Primitives } from "./primitives.ts";
import { openPrivateKey } from "./privateKey.ts";
import type { SyncSigner, UnsignedTransaction } from "./signer.ts";

/** The signer of this process. */
export interface LocalSigner extends SyncSigner {
  /** What signs and hashes here. */
  readonly backends: { readonly ecdsa: string; readonly keccak256: string };
  /** Throws a `RangeError` on fields that no transaction can have. */
  signTransactionSync(transaction: UnsignedTransaction): Hex;
  /** Calldata, serialisation and signature of a plan in one go: no hex in between. Throws as `encodePlan` does. */
  signPlan(plan: Plan, encoding: PlanEncoding, envelope: Envelope): Hex;
}

const lower = (address: string): Address => `0x${address.slice(2).toLowerCase()}`;

/**
 * A signer whose key lives in this process. Made in live mode alone: the other modes have no signer object.
 * Transactions are byte-equal to viem's whatever the primitives; their fast ones come from `loadPrimitives`.
 */
export function createLocalSigner(key: Secret, primitives: Primitives = portablePrimitives): LocalSigner {
  const { address, bytes } = openPrivateKey(key, "the operator's");
  const { keccak256, ecdsa } = primitives;
  const buffer = createTransactionBuffer();
  const signature = new Uint8Array(64);

  const sign = (): Hex => {
    const yParity = ecdsa.sign(keccak256.hash(signingPayload(buffer)), bytes, signature);
    return toHex(signedTransaction(buffer, signature, yParity));
  };
  const signTransactionSync = (transaction: UnsignedTransaction): Hex => {
    const at = openTransaction(buffer, transaction, hexLength(transaction.data));
    writeHex(buffer.bytes, at, transaction.data);
    return sign();
  };
  return {
    address: lower(address),
    backends: { ecdsa: ecdsa.backend, keccak256: keccak256.backend },
    signTransactionSync,
    signTransaction: async (transaction) => signTransactionSync(transaction),
    signPlan: (plan, encoding, envelope) => {
      const at = openTransaction(buffer, envelope, planLength(plan));
      writePlan(buffer, at, plan, encoding);
      return sign();
    },
  };
}
