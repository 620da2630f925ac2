import { randomBytes } from "node:crypto";
import type { Secret } from "../../lib/secret.ts";
import { toHex, writeHash } from "../bytes.ts";
import type { Primitives } from "../primitives.ts";
import { loadFlashbots } from "./ethers.ts";

export type RelayWallet = InstanceType<ReturnType<typeof loadFlashbots>["ethers"]["Wallet"]>;

/** https://eips.ethereum.org/EIPS/eip-191, version 0x45. */
const prefixOf = (length: number): Uint8Array =>
  Buffer.from(`\u0019Ethereum Signed Message:\n${length}`, "utf8");

/**
 * The key of a relay's header as the provider wants it: ethers' wallet, whose hashing and signing of a message, a
 * millisecond that each bundle waits for, is done by our primitives. Null: a key made for this run.
 */
export function createRelayWallet(authKey: Secret | null, { keccak256, ecdsa }: Primitives): RelayWallet {
  const { ethers } = loadFlashbots();
  // The provider hashes its body through ethers, which lets its hash be replaced; nobody else here uses it.
  ethers.keccak256.register((bytes) => keccak256.hash(bytes));
  const key = new Uint8Array(32);
  const signature = new Uint8Array(64);
  class Wallet extends ethers.Wallet {
    override signMessage(message: string | Uint8Array): Promise<string> {
      const bytes = typeof message === "string" ? Buffer.from(message, "utf8") : message;
      const hash = keccak256.hash(Buffer.concat([prefixOf(bytes.length), bytes]));
      const v = 27 + ecdsa.sign(hash, key, signature);
      return Promise.resolve(`${toHex(signature)}${v.toString(16)}`);
    }
  }
  const wallet = new Wallet(authKey === null ? toHex(randomBytes(32)) : authKey.reveal());
  writeHash(key, 0, `0x${wallet.privateKey.slice(2)}`);
  return wallet;
}
