import { privateKeyToAddress } from "viem/accounts";
import type { Address } from "../chain/types.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";
import { writeHash } from "./bytes.ts";

export interface PrivateKey {
  /** With its checksum (EIP-55). */
  readonly address: Address;
  /** 32, outside of any shared pool of buffers. */
  readonly bytes: Uint8Array;
}

/** Opens a key of secp256k1; `whose` names it in the `PlainError` (78) of one that is none. */
export function openPrivateKey(key: Secret, whose: string): PrivateKey {
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(key.reveal())?.[1];
  if (digits === undefined) throw new PlainError(EXIT.config, `${whose} key must be 64 hex digits`);
  const bytes = new Uint8Array(32);
  writeHash(bytes, 0, `0x${digits}`);
  try {
    return { address: privateKeyToAddress(`0x${digits}`), bytes };
  } catch {
    // The library's own error may quote the key.
    throw new PlainError(EXIT.config, `${whose} key is not a valid secp256k1 key`);
  }
}
