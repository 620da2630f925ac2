import type { ChainRegistry, Dex } from "../chain/registry.ts";
import type { Address, Token } from "../chain/types.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Config } from "./config.ts";

/** What the operator's words come to, in the registry's terms. */
export interface ResolvedMarket {
  readonly dexes: readonly Dex[];
  readonly bases: readonly Address[];
  /** Tokens that may be traded: neither denied nor taxed. */
  readonly tokens: readonly Token[];
}

/** Looks up names and symbols; throws `PlainError` (78) that lists every one the registry does not know. */
export function resolveMarket(market: Config["market"], registry: ChainRegistry): ResolvedMarket {
  const faults: string[] = [];
  const tokensOf = (key: string, names: readonly string[]): readonly Address[] =>
    names.flatMap((name) => {
      const found = findToken(name, registry);
      if (found.length !== 1) faults.push(`market.${key}: ${unknownToken(name, found.length, registry)}`);
      return found.slice(0, 1);
    });
  const allow = new Set(tokensOf("tokens_allow", market.tokens_allow));
  const deny = new Set(tokensOf("tokens_deny", market.tokens_deny));
  const named = tokensOf("bases", market.bases);
  const bases = (named.length > 0 ? named : registry.bases).filter((base) => !deny.has(base));
  const dexes = registry.dexes.filter(({ name }) => market.dexes.length === 0 || market.dexes.includes(name));
  for (const name of market.dexes) {
    if (registry.dexes.some((dex) => dex.name === name)) continue;
    faults.push(`market.dexes: "${name}" is not one of ${registry.dexes.map((dex) => dex.name).join(", ")}`);
  }
  const tokens = [...registry.tokens.values()].filter(
    ({ address, taxed }) => !taxed && !deny.has(address) && (allow.size === 0 || allow.has(address)),
  );
  const traded = new Set(tokens.map(({ address }) => address));
  const kept = bases.filter((base) => traded.has(base));
  if (faults.length === 0 && kept.length === 0) faults.push("market: no base token is left to trade");
  if (faults.length > 0) throw new PlainError(EXIT.config, faults.join("\n"));
  return { dexes, bases: kept, tokens };
}

function findToken(name: string, { tokens }: ChainRegistry): readonly Address[] {
  const wanted = name.toLowerCase();
  return [...tokens.values()]
    .filter(({ address, symbol }) => address === wanted || symbol.toLowerCase() === wanted)
    .map(({ address }) => address);
}

const unknownToken = (name: string, found: number, { name: chain }: ChainRegistry): string =>
  found === 0
    ? `"${name}" is no token of the ${chain} registry`
    : `${found} tokens are called "${name}", give an address`;
