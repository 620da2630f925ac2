import type { Address, Token } from "../../chain/types.ts";
import { safeText } from "../../lib/safeText.ts";
import type { ControlPorts } from "../ports.ts";
import { createDexBook, createNameBook, createTokenBook, type NameBook } from "./names.ts";
import { createPairGraphs, type PairGraph } from "./pairGraph.ts";

export type RouteRefusal =
  | "not_ready"
  | "unknown_token"
  | "unknown_dex"
  | "unknown_pool"
  | "taxed_token"
  | "repeated"
  | "bad_dexes"
  | "not_a_cycle"
  | "too_short"
  | "too_long";

export interface Refused {
  readonly ok: false;
  readonly code: RouteRefusal;
  readonly reason: string;
}

export const refuse = (code: RouteRefusal, reason: string): Refused => ({ ok: false, code, reason });

/** What a client may name, and the pools that it may mean, as they are now. */
export interface Named {
  readonly graph: PairGraph;
  /** Null: no token of the registry, or more than one, is called so. */
  readonly token: (name: string) => Token | null;
  /** A token that has pools, as the graph's integer. */
  readonly tokenId: (name: string) => number | Refused;
  /** The families of an exchange. */
  readonly exchanges: (name: string) => ReadonlySet<string> | Refused;
}

export type ResolverPorts = Pick<ControlPorts, "market" | "tokens" | "dexes">;

const resolvers = new WeakMap<ResolverPorts["market"], () => Named>();

/** What is named at this moment; the books are kept with the market. */
export function namedIn(ports: ResolverPorts): Named {
  let now = resolvers.get(ports.market);
  if (now === undefined) {
    now = createResolver(ports);
    resolvers.set(ports.market, now);
  }
  return now();
}

function createResolver({ market, tokens, dexes }: ResolverPorts): () => Named {
  const isTaxed = (token: Address): boolean => tokens.get(token)?.taxed ?? false;
  const tokenBook = createTokenBook(tokens.values());
  const dexBook = createDexBook(dexes);
  const exchangeBook = createNameBook(
    (name) => dexBook.find(name) ?? refuse("unknown_dex", `no exchange is called ${safeText(name)}`),
  );
  const graphs = createPairGraphs(market, isTaxed);
  const named = (graph: PairGraph): Named => {
    const ids = createNameBook((name) => tokenIdOf(name, { tokens: tokenBook, isTaxed, graph }));
    return { graph, token: tokenBook.find, tokenId: ids.find, exchanges: exchangeBook.find };
  };
  let last: Named | null = null;
  return () => {
    const graph = graphs();
    return last?.graph === graph ? last : (last = named(graph));
  };
}

interface TokenBooks {
  readonly tokens: NameBook<Token | null>;
  readonly isTaxed: (token: Address) => boolean;
  readonly graph: PairGraph;
}

function tokenIdOf(name: string, { tokens, isTaxed, graph }: TokenBooks): number | Refused {
  const address = tokens.find(name)?.address ?? lowerAddress(name);
  if (address === null) return refuse("unknown_token", `no token is called ${safeText(name, 42)}`);
  if (isTaxed(address)) return refuse("taxed_token", `${address} takes a share of transfers`);
  return graph.tokenIds.get(address) ?? refuse("unknown_token", `no pool of ${address} is known`);
}

/** Null: not an address. */
export const lowerAddress = (name: string): Address | null =>
  /^0x[0-9a-fA-F]{40}$/.test(name) ? `0x${name.slice(2).toLowerCase()}` : null;
