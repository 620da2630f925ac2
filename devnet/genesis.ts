import { z } from "zod";
import type { Address } from "../src/chain/types.ts";
import type { DevAccount, NamedAccounts } from "./accounts.ts";
import type { Artifacts } from "./artifacts.ts";
import { grant, grantByPermit2 } from "./balances.ts";
import { quantity } from "./hex.ts";
import { amountWorth } from "./market.ts";
import type { PricedToken } from "./market.ts";
import { openingCalls, plant } from "./plant.ts";
import { findPools, poolCalls } from "./pools.ts";
import type { DevPool } from "./pools.ts";
import type { DevRegistry } from "./registry.ts";
import type { Rpc } from "./rpc.ts";
import { signAll } from "./signing.ts";
import type { Call } from "./signing.ts";

/** Where Polygon's producers collect their fees (PIP-65). */
export const COINBASE = "0x7ee41d8a25641000661b1ef5e6ae8a00400466b0";

/** What each user and trader has of every token, and the maker's share, in dollars. */
const HOLDER_USD = 5_000_000;
const NATIVE_EACH = 10n ** 24n;

interface GenesisParts {
  readonly rpc: Rpc;
  readonly registry: DevRegistry;
  readonly artifacts: Artifacts;
  readonly tokens: readonly PricedToken[];
  readonly accounts: NamedAccounts;
  readonly traders: readonly DevAccount[];
  /** Seconds; the time of the last block of the start. */
  readonly start: number;
}

/**
 * How old the markets are when the chain starts. Algebra sets its fee by a day of volatility: a pool of this morning
 * would change it with every second.
 */
export const MARKET_AGE_SECONDS = 2 * 86_400;

const Receipts = z.array(z.object({ status: z.string(), transactionHash: z.string() }));

/** Gas limits of one block of the start: anvil drops what follows the first transaction that does not fit. */
const BLOCK_GAS = 130_000_000n;

async function mine(rpc: Rpc, timestamp: number): Promise<void> {
  await rpc.request("evm_setNextBlockTimestamp", [quantity(timestamp)]);
  await rpc.request("evm_mine");
  const receipts = Receipts.parse(await rpc.request("eth_getBlockReceipts", ["latest"]));
  const failed = receipts.find(({ status }) => status !== "0x1");
  if (failed !== undefined) throw new Error(`a transaction of the start failed: ${failed.transactionHash}`);
}

/** Signs, sends and mines the calls in as many blocks as they need; throws when one fails. */
async function mineCalls(
  { rpc, start }: GenesisParts,
  account: DevAccount,
  calls: readonly Call[],
): Promise<void> {
  const opened = start - MARKET_AGE_SECONDS;
  const raws = await signAll(rpc, account, calls);
  let gas = 0n;
  for (const [i, { gas: limit }] of calls.entries()) {
    if (gas + limit > BLOCK_GAS) {
      await mine(rpc, opened);
      gas = 0n;
    }
    gas += limit;
    await rpc.request("eth_sendRawTransaction", [raws[i]]);
  }
  await mine(rpc, opened);
}

const spenders = (registry: DevRegistry): readonly Address[] => [
  ...registry.v2.map(({ router }) => router),
  registry.v3.router,
  registry.v3Positions,
  registry.swapRouter02,
  registry.algebra.router,
  registry.algebraPositions,
  registry.permit2,
  registry.aggregator,
];

/** Gives every holder five million dollars of every token, approved to all routers, also by way of Permit2. */
async function grantAll({ rpc, registry, tokens, accounts, traders }: GenesisParts): Promise<void> {
  const { maker, alice, bob, carol } = accounts;
  const holders = [maker, alice, bob, carol, ...traders].map(({ address }) => address);
  const grants = tokens.map((token) => ({
    token,
    amount: amountWorth(token, HOLDER_USD),
    holders,
    spenders: spenders(registry),
  }));
  await grant(rpc, registry.wrapped, grants);
  const tokensOf = tokens.map(({ address }) => address);
  await grantByPermit2(rpc, registry.permit2, {
    holders,
    tokens: tokensOf,
    spender: registry.universalRouter,
  });
}

/** Plants the contracts, funds the accounts and makes the markets; ends with every pool filled, and an empty block. */
export async function makeGenesis(parts: GenesisParts): Promise<readonly DevPool[]> {
  const { rpc, registry, tokens, accounts, traders } = parts;
  await rpc.request("anvil_setCoinbase", [COINBASE]);
  const funded = [...Object.values(accounts), ...traders];
  await Promise.all(
    funded.map(({ address }) => rpc.request("anvil_setBalance", [address, quantity(NATIVE_EACH)])),
  );
  await rpc.request("evm_setNextBlockTimestamp", [quantity(parts.start - MARKET_AGE_SECONDS)]);
  await plant(rpc, parts);
  await grantAll(parts);
  await mineCalls(parts, accounts.owner, openingCalls(registry));
  await mineCalls(parts, accounts.maker, poolCalls(registry, tokens, accounts.maker));
  await mine(rpc, parts.start);
  return findPools(rpc, registry, tokens);
}
