import { createRequire } from "node:module";
import { secp256k1 } from "@noble/curves/secp256k1";

/**
 * The public key behind a signature over a hash of 32 bytes: 65 bytes, uncompressed. `signature` is r and s, 32 bytes
 * each; throws where no key made it.
 */
export type RecoverKey = (hash: Uint8Array, signature: Uint8Array, yParity: 0 | 1) => Uint8Array;

/** Pure JavaScript: the same keys, ten times slower. */
export const recoverWithNoble: RecoverKey = (hash, signature, yParity) =>
  secp256k1.Signature.fromCompact(signature).addRecoveryBit(yParity).recoverPublicKey(hash).toRawBytes(false);

/** What we use of the native module. */
interface NativeSecp256k1 {
  ecdsaRecover(signature: Uint8Array, recid: number, hash: Uint8Array, compressed: boolean): Uint8Array;
}

const isNative = (module: unknown): module is NativeSecp256k1 =>
  typeof module === "object" &&
  module !== null &&
  "ecdsaRecover" in module &&
  typeof module.ecdsaRecover === "function";

/** libsecp256k1; noble where it cannot be loaded. Nothing secret passes here, so nobody need be told which it is. */
function loadRecoverKey(): RecoverKey {
  try {
    const native: unknown = createRequire(import.meta.url)("secp256k1/bindings.js");
    if (isNative(native))
      return (hash, signature, yParity) => native.ecdsaRecover(signature, yParity, hash, false);
  } catch {
    // Not built for this machine.
  }
  return recoverWithNoble;
}

let loaded: RecoverKey | undefined;

/** By the fastest means that this machine has, loaded with the first call. */
export const recoverKey: RecoverKey = (...signed) => {
  loaded ??= loadRecoverKey();
  return loaded(...signed);
};
