import type { Log } from "../lib/log.ts";
import { loadNativeEcdsa, nobleEcdsa, type Ecdsa } from "./ecdsa.ts";
import { loadWasmKeccak256, nobleKeccak256, type Keccak256 } from "./keccak256.ts";

/** The cryptography that signing stands on. */
export interface Primitives {
  readonly keccak256: Keccak256;
  readonly ecdsa: Ecdsa;
}

/** Pure JavaScript, ready at once, the same bytes: for tests, tools and where nothing else loads. */
export const portablePrimitives: Primitives = { keccak256: nobleKeccak256, ecdsa: nobleEcdsa };

/** Where the fast ones come from. */
export interface PrimitiveLoaders {
  readonly ecdsa: () => Ecdsa;
  readonly keccak256: () => Promise<Keccak256>;
}

/**
 * The fastest primitives that this machine runs; call it once, at the start. What cannot be loaded is replaced by
 * noble's, with one warning each that says what to do; `backend` names what runs.
 */
export async function loadPrimitives(
  log: Log,
  loaders: PrimitiveLoaders = { ecdsa: loadNativeEcdsa, keccak256: loadWasmKeccak256 },
): Promise<Primitives> {
  let { keccak256, ecdsa } = portablePrimitives;
  try {
    ecdsa = loaders.ecdsa();
  } catch (error) {
    const remedy = "npm rebuild secp256k1 (needs a C++ compiler and Python 3)";
    log.warn({ err: error, backend: ecdsa.backend, remedy }, "native secp256k1 missing, signing is slower");
  }
  try {
    keccak256 = await loaders.keccak256();
  } catch (error) {
    const remedy = "npm ci, and a Node that may run WebAssembly (no --jitless)";
    log.warn({ err: error, backend: keccak256.backend, remedy }, "hash-wasm missing, hashing is slower");
  }
  return { keccak256, ecdsa };
}
