import type { Address, Token } from "../../chain/types.ts";
import { safeText } from "../../lib/safeText.ts";
import type { Hop } from "../../search/opportunity.ts";
import type { ControlPorts } from "../ports.ts";
import { createDexBook, createTokenBook, type NameBook } from "./names.ts";
import { createPairGraphs, type PairGraph, type PairGraphs } from "./pairGraph.ts";

/** A route in a client's words. */
export interface NamedRoute {
  readonly path?: readonly string[] | undefined;
  readonly dexes?: readonly string[] | undefined;
  readonly pools?: readonly string[] | undefined;
  readonly start?: string | undefined;
}

export type RouteRefusal =
  | "unknown_token"
  | "unknown_dex"
  | "unknown_pool"
  | "taxed_token"
  | "repeated"
  | "bad_dexes"
  | "not_a_cycle"
  | "too_short"
  | "too_long";

export type ResolvedHop = Pick<Hop, "pool" | "zeroForOne">;

interface Refused {
  readonly ok: false;
  readonly code: RouteRefusal;
  readonly reason: string;
}

export type Resolved = { readonly ok: true; readonly hops: readonly ResolvedHop[] } | Refused;

export type ResolverPorts = Pick<ControlPorts, "market" | "tokens" | "dexes">;

/** What a client may name, and the pools that it may mean. */
export interface Resolver {
  readonly tokens: NameBook<Token>;
  readonly dexes: NameBook<ReadonlySet<string>>;
  readonly graphs: PairGraphs;
  readonly isTaxed: (token: Address) => boolean;
}

const MOST_HOPS = 6;

const resolvers = new WeakMap<ResolverPorts["market"], Resolver>();

/** One a market, made when it is first asked for. */
export function resolverOf({ market, tokens, dexes }: ResolverPorts): Resolver {
  const known = resolvers.get(market);
  if (known !== undefined) return known;
  const isTaxed = (token: Address): boolean => tokens.get(token)?.taxed ?? false;
  const resolver = {
    tokens: createTokenBook(tokens.values()),
    dexes: createDexBook(dexes),
    graphs: createPairGraphs(market, isTaxed),
    isTaxed,
  };
  resolvers.set(market, resolver);
  return resolver;
}

const refuse = (code: RouteRefusal, reason: string): Refused => ({ ok: false, code, reason });

/** Edges in order of crossing. */
type Edges = readonly number[];

const isRefused = (step: unknown): step is Refused =>
  typeof step === "object" && step !== null && "ok" in step;

/**
 * The pools of a route, in order of crossing. Where tokens and exchanges leave a choice, the pool with the best rate
 * after fees is taken (see `PairGraph.best`). A path that does not end in its first token is closed: by a direct pool
 * back on one of its exchanges, else by any. Pools without `start` are crossed the way that pays more.
 */
export function resolveRoute(route: NamedRoute, ports: ResolverPorts): Resolved {
  const resolver = resolverOf(ports);
  const graph = resolver.graphs();
  const edges =
    route.pools === undefined
      ? edgesOfPath(route, resolver, graph)
      : edgesOfPools(route.pools, route.start, resolver, graph);
  return isRefused(edges) ? edges : { ok: true, hops: hopsOf(edges, graph) };
}

/** Edges as the engine names hops. */
export const hopsOf = (edges: Edges, graph: PairGraph): readonly ResolvedHop[] =>
  edges.flatMap((edge) => {
    const pool = graph.poolOf(edge);
    return pool === null ? [] : [{ pool: pool.address, zeroForOne: edge % 2 === 0 }];
  });

/** A token by what a client calls it, as the graph's integer. */
export function tokenId(name: string, { tokens, isTaxed }: Resolver, graph: PairGraph): number | Refused {
  const address = tokens.find(name)?.address ?? lowerAddress(name);
  if (address === null) return refuse("unknown_token", `no token is called ${safeText(name, 42)}`);
  if (isTaxed(address)) return refuse("taxed_token", `${address} takes a share of transfers`);
  const id = graph.tokenIds.get(address);
  return id ?? refuse("unknown_token", `no pool of ${address} is known`);
}

const lowerAddress = (name: string): Address | null =>
  /^0x[0-9a-fA-F]{40}$/.test(name) ? `0x${name.slice(2).toLowerCase()}` : null;

/** The answers for all names, or the first refusal. */
function each<T>(names: readonly string[], look: (name: string) => T | Refused): readonly T[] | Refused {
  const found: T[] = [];
  for (const name of names) {
    const answer = look(name);
    if (isRefused(answer)) return answer;
    found.push(answer);
  }
  return found;
}

type Exchanges = readonly ReadonlySet<string>[];

function edgesOfPath(
  { path = [], dexes = [] }: NamedRoute,
  resolver: Resolver,
  graph: PairGraph,
): Edges | Refused {
  const ids = each(path, (name) => tokenId(name, resolver, graph));
  if (isRefused(ids)) return ids;
  const exchanges = each(
    dexes,
    (name) => resolver.dexes.find(name) ?? refuse("unknown_dex", `no exchange is called ${safeText(name)}`),
  );
  if (isRefused(exchanges)) return exchanges;
  const closed = ids.length > 1 && ids.at(-1) === ids[0];
  const tokens = closed ? ids.slice(0, -1) : ids;
  if (tokens.length < 2) return refuse("too_short", "a cycle has two tokens at least");
  if (tokens.length > MOST_HOPS) return refuse("too_long", `a cycle has ${MOST_HOPS} hops at most`);
  if (new Set(tokens).size < tokens.length) return refuse("repeated", "a token stands there twice");
  // The way back may have an exchange of its own: then it is a hop like the others.
  const given = closed || exchanges.length === tokens.length ? tokens.length : tokens.length - 1;
  if (exchanges.length > 1 && exchanges.length !== given)
    return refuse("bad_dexes", `${exchanges.length} exchanges for ${given} hops: one for all, or one a hop`);
  const edges = namedHops({ tokens, exchanges, graph }, given);
  if (isRefused(edges) || given === tokens.length) return edges;
  const back = wayBack({ tokens, exchanges, graph }, edges);
  return back < 0
    ? refuse("not_a_cycle", "no other pool leads from the last token back to the first")
    : [...edges, back];
}

/** A cycle of which the tokens are known: an exchange a hop, one for all, or none that is named. */
interface Named {
  readonly tokens: readonly number[];
  readonly exchanges: Exchanges;
  readonly graph: PairGraph;
}

/** Pools for the first `count` hops. */
function namedHops({ tokens, exchanges, graph }: Named, count: number): Edges | Refused {
  const choices: Edges[] = [];
  for (let hop = 0; hop < count; hop++)
    choices.push(onExchange(between(tokens, hop, graph), exchanges[hop] ?? exchanges[0], graph));
  const [first = [], second = []] = choices;
  // Only there and back may want the same pool: the hop with less choice goes first.
  const backFirst = tokens.length === 2 && count === 2 && second.length < first.length;
  const chosen: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const hop = backFirst ? 1 - turn : turn;
    const edge = graph.best(unused(choices[hop] ?? [], chosen, tokens));
    if (edge < 0) return refuse("unknown_pool", `no pool is known for hop ${hop + 1}`);
    chosen.push(edge);
  }
  return backFirst ? chosen.toReversed() : chosen;
}

function wayBack({ tokens, exchanges, graph }: Named, edges: Edges): number {
  const choice = unused(between(tokens, tokens.length - 1, graph), edges, tokens);
  const named = choice.filter((edge) => exchanges.some((set) => set.has(graph.poolOf(edge)?.dex ?? "")));
  return graph.best(named.length > 0 ? named : choice);
}

const between = (tokens: readonly number[], hop: number, graph: PairGraph): Edges =>
  graph.edges(tokens[hop] ?? -1, tokens[(hop + 1) % tokens.length] ?? -1);

const onExchange = (edges: Edges, set: Exchanges[number] | undefined, graph: PairGraph): Edges =>
  set === undefined ? edges : edges.filter((edge) => set.has(graph.poolOf(edge)?.dex ?? ""));

/** In cycles of three tokens and more no two hops share a pair. */
const unused = (edges: Edges, chosen: Edges, tokens: readonly number[]): Edges =>
  tokens.length > 2 ? edges : edges.filter((edge) => !chosen.some((other) => other >> 1 === edge >> 1));

function edgesOfPools(
  pools: readonly string[],
  start: string | undefined,
  resolver: Resolver,
  graph: PairGraph,
): Edges | Refused {
  const ids = each(
    pools,
    (name) =>
      graph.poolIds.get(lowerAddress(name) ?? "0x") ??
      refuse("unknown_pool", `${safeText(name, 42)} is no known pool`),
  );
  if (isRefused(ids)) return ids;
  if (ids.length < 2) return refuse("too_short", "a cycle has two pools at least");
  if (ids.length > MOST_HOPS) return refuse("too_long", `a cycle has ${MOST_HOPS} hops at most`);
  if (new Set(ids).size < ids.length) return refuse("repeated", "a pool stands there twice");
  const wanted = start === undefined ? null : tokenId(start, resolver, graph);
  if (isRefused(wanted)) return wanted;
  const first = graph.pools[ids[0] ?? -1];
  const starts = first === undefined ? [] : [first.token0, first.token1];
  const ways = starts
    .filter((token) => wanted === null || token === graph.tokens[wanted])
    .flatMap((token) => walk(token, ids, graph) ?? []);
  const best = ways.toSorted((one, other) => other.rateFloat - one.rateFloat)[0];
  return best?.edges ?? refuse("not_a_cycle", "the pools do not lead back to where they start");
}

interface Walk {
  readonly edges: readonly number[];
  readonly rateFloat: number;
}

/** Null: the pools do not hang together that way, or cross a token twice. */
function walk(start: Address, ids: readonly number[], graph: PairGraph): Walk | null {
  const edges: number[] = [];
  const seen = new Set<Address>();
  let at = start;
  let rateFloat = 1;
  for (const id of ids) {
    const pool = graph.pools[id];
    if (pool === undefined || seen.has(at) || (pool.token0 !== at && pool.token1 !== at)) return null;
    seen.add(at);
    const edge = 2 * id + (pool.token0 === at ? 0 : 1);
    at = pool.token0 === at ? pool.token1 : pool.token0;
    edges.push(edge);
    rateFloat *= graph.rateFloat(edge);
  }
  return at === start ? { edges, rateFloat } : null;
}
