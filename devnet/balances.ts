import { encodeAbiParameters, keccak256 } from "viem";
import type { Address, Hash, Token } from "../src/chain/types.ts";
import { word } from "./hex.ts";
import type { Rpc } from "./rpc.ts";

/** Storage slots of `totalSupply`, `balanceOf` and `allowance`; WETH9 keeps no total, it is its native balance. */
const DEV_TOKEN = { supply: 0n, balance: 1n, allowance: 2n } as const;
const WETH9 = { supply: null, balance: 3n, allowance: 4n } as const;

const layout = (token: Address, wrapped: Address) => (token === wrapped ? WETH9 : DEV_TOKEN);

const mapped = (key: Address, slot: bigint | Hash): Hash =>
  keccak256(
    typeof slot === "bigint"
      ? encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [key, slot])
      : encodeAbiParameters([{ type: "address" }, { type: "bytes32" }], [key, slot]),
  );

const UNLIMITED = (1n << 256n) - 1n;

/** What one token gives: an equal amount (raw units) to each holder, unlimited approval to each spender. */
export interface Grant {
  readonly token: Token;
  readonly amount: bigint;
  readonly holders: readonly Address[];
  readonly spenders: readonly Address[];
}

/**
 * Writes balances and approvals of freshly planted tokens straight to storage, which spares some hundred signed
 * transactions at start. WPOL gets the native coins that back it.
 */
export async function grant(rpc: Rpc, wrapped: Address, grants: readonly Grant[]): Promise<void> {
  const writes = grants.flatMap(({ token, amount, holders, spenders }) => {
    const slots = layout(token.address, wrapped);
    const set = (slot: Hash, value: bigint) =>
      rpc.request("anvil_setStorageAt", [token.address, slot, word(value)]);
    const total = amount * BigInt(holders.length);
    return [
      slots.supply === null
        ? rpc.request("anvil_setBalance", [token.address, `0x${total.toString(16)}`])
        : set(word(slots.supply), total),
      ...holders.flatMap((holder) => [
        set(mapped(holder, slots.balance), amount),
        ...spenders.map((spender) => set(mapped(spender, mapped(holder, slots.allowance)), UNLIMITED)),
      ]),
    ];
  });
  await Promise.all(writes);
}

/** Unlimited amount (160 bits) and a time without end (48 bits), as Permit2 packs them. */
const PERMIT2_UNLIMITED = (1n << 208n) - 1n;

/** Lets the spender take the holders' tokens by Permit2, written straight to its storage. */
export async function grantByPermit2(
  rpc: Rpc,
  permit2: Address,
  wanted: { holders: readonly Address[]; tokens: readonly Address[]; spender: Address },
): Promise<void> {
  const { holders, tokens, spender } = wanted;
  const slots = holders.flatMap((holder) =>
    tokens.map((token) => mapped(spender, mapped(token, mapped(holder, 0n)))),
  );
  await Promise.all(
    slots.map((slot) => rpc.request("anvil_setStorageAt", [permit2, slot, word(PERMIT2_UNLIMITED)])),
  );
}
