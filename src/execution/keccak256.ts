import { keccak256 as viemKeccak256 } from "viem";

/** The hash of the bytes, 32 bytes. */
export interface Keccak256 {
  readonly backend: "hash-wasm" | "noble";
  hash(bytes: Uint8Array): Uint8Array;
}

/** Pure JavaScript, through viem: some twenty times slower, and works wherever Node does. */
export const nobleKeccak256: Keccak256 = {
  backend: "noble",
  hash: (bytes) => viemKeccak256(bytes, "bytes"),
};

/** Two sponge blocks and a bit. */
const PROBE = Uint8Array.from({ length: 300 }, (_, i) => i & 255);

/**
 * Keccak-256 in WebAssembly: loaded asynchronously, once, at the start; synchronous from then on. Rejects when it
 * cannot be initialised, or does not give noble's hash.
 */
export async function loadWasmKeccak256(): Promise<Keccak256> {
  const { createKeccak } = await import("hash-wasm");
  const hasher = await createKeccak(256);
  const keccak: Keccak256 = {
    backend: "hash-wasm",
    hash: (bytes) => {
      hasher.init();
      hasher.update(bytes);
      return hasher.digest("binary");
    },
  };
  const expected = nobleKeccak256.hash(PROBE);
  if (!keccak.hash(PROBE).every((byte, i) => byte === expected[i]))
    throw new Error("hash-wasm hashes wrongly");
  return keccak;
}
