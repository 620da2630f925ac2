import type { Address } from "../../chain/types.ts";
import { safeText } from "../../lib/safeText.ts";
import type { PairGraph, ResolvedHop } from "./pairGraph.ts";
import { lowerAddress, namedIn, refuse, type Named, type Refused, type ResolverPorts } from "./resolver.ts";

/** A route in a client's words. */
export interface NamedRoute {
  readonly path?: readonly string[] | undefined;
  readonly dexes?: readonly string[] | undefined;
  readonly pools?: readonly string[] | undefined;
  readonly start?: string | undefined;
}

export type Resolved = { readonly ok: true; readonly hops: readonly ResolvedHop[] } | Refused;

/** Edges in order of crossing. */
export type Edges = readonly number[];

const MOST_HOPS = 6;

/**
 * The pools of a route, in order of crossing. Where tokens and exchanges leave a choice, the pool with the best rate
 * after fees is taken (see `PairGraph.best`). A path that does not end in its first token is closed: by a direct pool
 * back on one of its exchanges, else by any. Pools without `start` are crossed the way that pays more.
 */
export function resolveRoute(route: NamedRoute, ports: ResolverPorts): Resolved {
  if (ports.market.head === null) return refuse("not_ready", "no block was taken in yet");
  const named = namedIn(ports);
  const edges = edgesOfRoute(route, named);
  return "ok" in edges ? edges : { ok: true, hops: edges.map(named.graph.hop) };
}

/** The same as edges of the graph. */
export const edgesOfRoute = (route: NamedRoute, named: Named): Edges | Refused =>
  route.pools === undefined ? edgesOfPath(route, named) : edgesOfPools(route.pools, route.start, named);

/** The answers for all names, or the first refusal. */
function each<T extends number | object>(
  names: readonly string[],
  look: (name: string) => T | Refused,
): readonly T[] | Refused {
  const found: T[] = [];
  for (const name of names) {
    const answer = look(name);
    if (typeof answer === "object" && "ok" in answer) return answer;
    found.push(answer);
  }
  return found;
}

function edgesOfPath({ path = [], dexes = [] }: NamedRoute, named: Named): Edges | Refused {
  const { graph } = named;
  const ids = each(path, named.tokenId);
  if ("ok" in ids) return ids;
  const exchanges = each(dexes, named.exchanges);
  if ("ok" in exchanges) return exchanges;
  const closed = ids.length > 1 && ids.at(-1) === ids[0];
  const tokens = closed ? ids.slice(0, -1) : ids;
  if (tokens.length < 2) return refuse("too_short", "a cycle has two tokens at least");
  if (tokens.length > MOST_HOPS) return refuse("too_long", `a cycle has ${MOST_HOPS} hops at most`);
  if (tokens.some((token, i) => tokens.indexOf(token) < i))
    return refuse("repeated", "a token stands there twice");
  // The way back may have an exchange of its own: then it is a hop like the others.
  const given = closed || exchanges.length === tokens.length ? tokens.length : tokens.length - 1;
  if (exchanges.length > 1 && exchanges.length !== given)
    return refuse("bad_dexes", `${exchanges.length} exchanges for ${given} hops: one for all, or one a hop`);
  const edges = namedHops({ tokens, exchanges, graph }, given);
  if ("ok" in edges || given === tokens.length) return edges;
  const back = wayBack({ tokens, exchanges, graph }, edges);
  return back < 0
    ? refuse("not_a_cycle", "no other pool leads from the last token back to the first")
    : [...edges, back];
}

/** A cycle of which the tokens are known: an exchange a hop, one for all, or none that is named. */
interface Way {
  readonly tokens: readonly number[];
  readonly exchanges: readonly ReadonlySet<string>[];
  readonly graph: PairGraph;
}

const between = ({ tokens, graph }: Way, hop: number): Edges =>
  graph.edges(tokens[hop] ?? -1, tokens[(hop + 1) % tokens.length] ?? -1);

/** Pools for the first `count` hops. */
function namedHops(way: Way, count: number): Edges | Refused {
  const { tokens, exchanges, graph } = way;
  const choose = (hop: number, others: Edges): number =>
    graph.best(between(way, hop), exchanges[hop] ?? exchanges[0], others);
  const chosen: number[] = [];
  for (let hop = 0; hop < count; hop++) {
    const edge = choose(hop, chosen);
    if (edge < 0)
      return thereAndBack(tokens, choose) ?? refuse("unknown_pool", `no pool is known for hop ${hop + 1}`);
    chosen.push(edge);
  }
  return chosen;
}

/** Only there and back may want the same pool: then the way back chooses first. */
function thereAndBack(
  tokens: readonly number[],
  choose: (hop: number, others: Edges) => number,
): Edges | null {
  const back = tokens.length === 2 ? choose(1, []) : -1;
  const there = back < 0 ? -1 : choose(0, [back]);
  return there < 0 ? null : [there, back];
}

function wayBack(way: Way, edges: Edges): number {
  const { exchanges, graph } = way;
  const choice = between(way, way.tokens.length - 1);
  const named = exchanges.length === 0 ? undefined : new Set(exchanges.flatMap((set) => [...set]));
  const edge = graph.best(choice, named, edges);
  return edge < 0 ? graph.best(choice, undefined, edges) : edge;
}

function edgesOfPools(pools: readonly string[], start: string | undefined, named: Named): Edges | Refused {
  const { graph } = named;
  const ids = each(
    pools,
    (name) =>
      graph.poolIds.get(lowerAddress(name) ?? "0x") ??
      refuse("unknown_pool", `${safeText(name, 42)} is no known pool`),
  );
  if ("ok" in ids) return ids;
  if (ids.length < 2) return refuse("too_short", "a cycle has two pools at least");
  if (ids.length > MOST_HOPS) return refuse("too_long", `a cycle has ${MOST_HOPS} hops at most`);
  if (new Set(ids).size < ids.length) return refuse("repeated", "a pool stands there twice");
  const wanted = start === undefined ? null : named.tokenId(start);
  if (typeof wanted === "object" && wanted !== null) return wanted;
  const first = graph.pools[ids[0] ?? -1];
  const starts = first === undefined ? [] : [first.token0, first.token1];
  const ways = starts
    .filter((token) => wanted === null || token === graph.tokens[wanted])
    .flatMap((token) => walk(token, ids, graph) ?? []);
  const best = ways.toSorted((one, other) => other.rateFloat - one.rateFloat)[0];
  return best?.edges ?? refuse("not_a_cycle", "the pools do not lead back to where they start");
}

interface Walk {
  readonly edges: Edges;
  readonly rateFloat: number;
}

/** Null: the pools do not hang together that way, or cross a token twice. */
function walk(start: Address, ids: readonly number[], graph: PairGraph): Walk | null {
  const edges: number[] = [];
  const seen = new Set<Address>();
  let at = start;
  for (const id of ids) {
    const pool = graph.pools[id];
    if (pool === undefined || seen.has(at) || (pool.token0 !== at && pool.token1 !== at)) return null;
    seen.add(at);
    const edge = 2 * id + (pool.token0 === at ? 0 : 1);
    at = pool.token0 === at ? pool.token1 : pool.token0;
    edges.push(edge);
  }
  return at === start ? { edges, rateFloat: graph.productFloat(edges) } : null;
}
