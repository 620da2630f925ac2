import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { secp256k1 } from "@noble/curves/secp256k1";

/**
 * ECDSA over secp256k1 with deterministic nonces (RFC 6979) and low s. Every signature derives its own nonce from
 * key and hash: nonces prepared in advance would make signing nearly free, but one that is ever used twice (a fork, a
 * restored image, a lost race) gives the key away, which no microsecond is worth.
 */
export interface Ecdsa {
  readonly backend: "libsecp256k1" | "noble";
  /** Writes r and s, 32 bytes each, into `signature`; returns the parity of the nonce point's y. */
  sign(hash: Uint8Array, key: Uint8Array, signature: Uint8Array): 0 | 1;
}

/** Recovery ids 2 and 3 (r beyond the group's order) come once in 2^127 signatures, and have no place in a yParity. */
function yParity(recovery: number): 0 | 1 {
  if (recovery !== 0 && recovery !== 1) throw new Error("a signature whose r exceeds the group's order");
  return recovery;
}

/** Pure JavaScript, viem's own implementation. */
export const nobleEcdsa: Ecdsa = {
  backend: "noble",
  sign: (hash, key, signature) => {
    const made = secp256k1.sign(hash, key, { lowS: true });
    signature.set(made.toCompactRawBytes());
    return yParity(made.recovery);
  },
};

/** What we use of the native module. */
interface NativeSecp256k1 {
  contextRandomize(seed: Uint8Array): void;
  ecdsaSign(
    hash: Uint8Array,
    key: Uint8Array,
    options: object,
    signature: Uint8Array,
  ): { readonly recid: number };
}

const isNative = (module: unknown): module is NativeSecp256k1 =>
  typeof module === "object" &&
  module !== null &&
  "ecdsaSign" in module &&
  typeof module.ecdsaSign === "function" &&
  "contextRandomize" in module &&
  typeof module.contextRandomize === "function";

/** The module's native half alone: its main file would quietly fall back on another, weaker library. */
const requireNative = (): unknown => createRequire(import.meta.url)("secp256k1/bindings.js");

/** Throws unless the module signs byte for byte as noble does. */
function checkAgainstNoble(native: Ecdsa): void {
  const key = new Uint8Array(32).fill(7);
  const [made, expected] = [new Uint8Array(64), new Uint8Array(64)];
  for (let round = 0; round < 4; round++) {
    const hash = new Uint8Array(32).fill(round * 37 + 1);
    const sameParity = native.sign(hash, key, made) === nobleEcdsa.sign(hash, key, expected);
    if (!sameParity || !made.every((byte, i) => byte === expected[i]))
      throw new Error("the native secp256k1 signs differently from noble");
  }
}

/** libsecp256k1, seven times faster than noble. Throws when it cannot be loaded or is not what it should be. */
export function loadNativeEcdsa(load: () => unknown = requireNative): Ecdsa {
  const native = load();
  if (!isNative(native)) throw new Error("not the native secp256k1 module");
  // Blinds the multiplications against side channels; the signatures stay the same.
  native.contextRandomize(randomBytes(32));
  const options = {};
  const ecdsa: Ecdsa = {
    backend: "libsecp256k1",
    sign: (hash, key, signature) => yParity(native.ecdsaSign(hash, key, options, signature).recid),
  };
  checkAgainstNoble(ecdsa);
  return ecdsa;
}
