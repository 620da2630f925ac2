import type { Token } from "../../chain/types.ts";

/** Looks up what a client calls a thing; answers are remembered, since the same few names come again and again. */
export interface NameBook<T> {
  readonly find: (name: string) => T;
}

/** Symbols that stand for one token: what it is called here, was called before, and is called elsewhere. */
const SAME_SYMBOLS = [
  ["WPOL", "WMATIC", "POL", "MATIC"],
  ["USDT", "USDT0"],
  ["USDC.E", "USDCE"],
  ["WETH", "ETH"],
] as const satisfies readonly (readonly string[])[];

/** Names remembered at most; hostile clients may think of many. */
const MOST_REMEMBERED = 4096;

export function createNameBook<T>(look: (name: string) => T): NameBook<T> {
  const known = new Map<string, T>();
  return {
    find: (name) => {
      const answer = known.get(name);
      if (answer !== undefined) return answer;
      const found = look(name);
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(name, found);
      return found;
    },
  };
}

/** Tokens by address or symbol, in any case; null: none, or more than one, is called so. A symbol of the registry goes before its use as another's alias. */
export function createTokenBook(tokens: Iterable<Token>): NameBook<Token | null> {
  const all = [...tokens];
  const byAddress = new Map<string, Token>(all.map((token) => [token.address, token]));
  const bySymbol = new Map<string, Token | null>();
  for (const token of all) {
    const symbol = token.symbol.toUpperCase();
    bySymbol.set(symbol, bySymbol.has(symbol) ? null : token);
  }
  const aliased = (symbol: string): Token | null => {
    const names = SAME_SYMBOLS.find((same) => same.some((one) => one === symbol)) ?? [];
    const others = names.flatMap((one) => bySymbol.get(one) ?? []);
    return others.length === 1 ? (others[0] ?? null) : null;
  };
  return createNameBook((name) => {
    const symbol = name.toUpperCase();
    const own = bySymbol.get(symbol);
    return own === undefined ? (byAddress.get(name.toLowerCase()) ?? aliased(symbol)) : own;
  });
}

/** A name as its family and version: `QUICKSWAP_V2`, `QuickSwap-v2` and `quick v2` are one. */
function exchangeName(name: string): { readonly family: string; readonly version: string } {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const [, stem = plain, version = ""] = /^(.+?)(v\d+)?$/.exec(plain) ?? [];
  const family = stem.length > "swap".length && stem.endsWith("swap") ? stem.slice(0, -"swap".length) : stem;
  return { family, version };
}

/** Exchanges by their names in the registry or short ones, null where there is none; without a version, all its families. */
export function createDexBook(dexes: readonly string[]): NameBook<ReadonlySet<string> | null> {
  const all = dexes.map((dex) => ({ dex, ...exchangeName(dex) }));
  return createNameBook((name) => {
    const { family, version } = exchangeName(name);
    const named = all.filter((one) => one.family === family && (version === "" || one.version === version));
    return named.length === 0 ? null : new Set(named.map(({ dex }) => dex));
  });
}
