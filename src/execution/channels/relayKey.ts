import { randomBytes } from "node:crypto";
import { secret, type Secret } from "../../lib/secret.ts";
import { toHex } from "../bytes.ts";
import type { Primitives } from "../primitives.ts";
import { openPrivateKey } from "../privateKey.ts";

/** By which a relay knows who asks. It is no account: it holds nothing and signs no transaction. */
export interface RelayKey {
  /** `X-Flashbots-Signature` of a request with this body. */
  headerOf(body: Uint8Array): string;
}

/** What is signed is the body's hash as text: https://docs.flashbots.net/flashbots-auction/advanced/rpc-endpoint */
const DIGITS = 66;
/** https://eips.ethereum.org/EIPS/eip-191, version 0x45. */
const PREFIX = Buffer.from(`\u0019Ethereum Signed Message:\n${DIGITS}`, "utf8");

/** Null: a key made for this run. Throws a `PlainError` (78) on what is no key. */
export function createRelayKey(authKey: Secret | null, { keccak256, ecdsa }: Primitives): RelayKey {
  const key = authKey ?? secret(toHex(randomBytes(32)));
  const { address, bytes } = openPrivateKey(key, "the relay's");
  const signature = new Uint8Array(64);
  const message = Buffer.concat([PREFIX, Buffer.alloc(DIGITS)]);
  return {
    headerOf: (body) => {
      message.write(toHex(keccak256.hash(body)), PREFIX.length, "latin1");
      const v = 27 + ecdsa.sign(keccak256.hash(message), bytes, signature);
      return `${address}:${toHex(signature)}${v.toString(16)}`;
    },
  };
}
