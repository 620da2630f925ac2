import { keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { PrivateKeyAccount } from "viem/accounts";
import type { Address, Hex } from "../src/chain/types.ts";
import { lowerHex } from "./hex.ts";

/** A funded account of the local chain. The keys are public knowledge: never use them anywhere else. */
export interface DevAccount {
  readonly name: string;
  readonly address: Address;
  readonly privateKey: Hex;
  readonly signer: PrivateKeyAccount;
}

/** The account of that name: the same in every run. */
export function devAccount(name: string): DevAccount {
  const privateKey = keccak256(toHex(`turbo-mev local polygon: ${name}`));
  const signer = privateKeyToAccount(privateKey);
  return { name, address: lowerHex(signer.address), privateKey, signer };
}

export const TRADER_COUNT = 12;

export const traderAccounts = (): readonly DevAccount[] =>
  Array.from({ length: TRADER_COUNT }, (_, i) => devAccount(`trader ${i}`));

/** Who exists on the local chain: the searcher's owner and operator, the one that made the markets, users. */
export const namedAccounts = () => ({
  owner: devAccount("owner"),
  operator: devAccount("operator"),
  maker: devAccount("market maker"),
  rival: devAccount("rival"),
  alice: devAccount("alice"),
  bob: devAccount("bob"),
  carol: devAccount("carol"),
});

export type NamedAccounts = ReturnType<typeof namedAccounts>;
