import type { Valuer } from "../../search/prices.ts";
import type { PairGraph } from "./pairGraph.ts";

export interface PathRequest {
  /** Token ids; the same twice asks for cycles. */
  readonly start: number;
  readonly end: number;
  readonly maxHops: number;
  readonly limit: number;
}

/** Tokens looked at, ends of paths included: what one question may cost. */
const MOST_EXPANSIONS = 100_000;

/** Hops from one token: the most liquid first. */
interface Step {
  readonly token: number;
  /** Wei of native that its deepest pool gives near the price: an estimate, 0 where neither token has a price. */
  readonly depthFloat: number;
}

/** Paths of one length, the best first and no more than asked for. */
interface Found {
  readonly tokens: readonly number[];
  readonly thinnestFloat: number;
}

interface Walk {
  readonly request: PathRequest;
  readonly hops: HopDepths;
  /** Hops that the end is away at least. */
  readonly away: ReadonlyMap<number, number>;
  readonly found: Found[];
  room: number;
  expansions: number;
}

/**
 * Ways from one token to another that cross no token twice: the shortest first, and among those the one whose thinnest
 * hop is the most liquid. There and back again over one pair is a way only where it has two pools. The work is bounded:
 * of very many paths some of the less liquid ones may be missing.
 */
export function findPaths(
  request: PathRequest,
  graph: PairGraph,
  valuer: Valuer,
): readonly (readonly number[])[] {
  const { start, maxHops, limit } = request;
  const walk: Walk = {
    request,
    hops: createHopDepths(graph, valuer),
    away: distances(request, graph),
    found: [],
    room: limit,
    expansions: 0,
  };
  const paths: (readonly number[])[] = [];
  for (let hops = 1; hops <= maxHops && walk.room > 0; hops++) {
    walk.found.length = 0;
    extend(walk, [start], Infinity, hops);
    for (const { tokens } of walk.found) paths.push(tokens);
    walk.room = limit - paths.length;
  }
  return paths;
}

/** Depth first with a known number of hops: one after the other that is breadth first, and keeps no parts of paths. */
function extend(walk: Walk, tokens: readonly number[], thinnestFloat: number, hopsLeft: number): void {
  const { end } = walk.request;
  const at = tokens.at(-1) ?? -1;
  if (hopsLeft === 1) {
    const { pools, depthFloat } = walk.hops.between(at, end);
    // There and back again over one pool is no way.
    const enough = tokens.length === 2 && tokens[0] === end ? 2 : 1;
    if (pools < enough) return;
    keep(walk, { tokens: [...tokens, end], thinnestFloat: Math.min(thinnestFloat, depthFloat) });
    return;
  }
  for (const { token, depthFloat } of walk.hops.from(at)) {
    const thinnest = Math.min(thinnestFloat, depthFloat);
    // The next ones are no deeper, and what was found is as good.
    if (walk.found.length >= walk.room && thinnest <= (walk.found.at(-1)?.thinnestFloat ?? 0)) return;
    if (++walk.expansions > MOST_EXPANSIONS) return;
    if (token === end || tokens.includes(token) || (walk.away.get(token) ?? Infinity) >= hopsLeft) continue;
    extend(walk, [...tokens, token], thinnest, hopsLeft - 1);
  }
}

function keep({ found, room }: Walk, path: Found): void {
  let place = found.length;
  while (place > 0 && (found[place - 1]?.thinnestFloat ?? 0) < path.thinnestFloat) place--;
  found.splice(place, 0, path);
  if (found.length > room) found.pop();
}

/** Least hops to the end, of the tokens that are near enough to it. */
function distances({ end, maxHops }: PathRequest, graph: PairGraph): ReadonlyMap<number, number> {
  const away = new Map([[end, 0]]);
  let edge = [end];
  for (let hops = 1; hops < maxHops; hops++) {
    const next: number[] = [];
    for (const from of edge)
      for (const { token } of graph.neighbours[from] ?? []) {
        if (away.has(token)) continue;
        away.set(token, hops);
        next.push(token);
      }
    edge = next;
  }
  return away;
}

interface HopDepths {
  /** The deepest first. */
  from(token: number): readonly Step[];
  between(from: number, to: number): { readonly pools: number; readonly depthFloat: number };
}

function createHopDepths(graph: PairGraph, valuer: Valuer): HopDepths {
  const known = new Map<number, readonly Step[]>();
  const prices = new Map<number, number>();
  const priceFloat = (token: number): number => {
    const price = prices.get(token) ?? valuer.rateFloat(graph.tokens[token] ?? "0x");
    prices.set(token, price);
    return price;
  };
  /** Of the deepest pool; counted in the token received, or in the other where that one has no price. */
  const depthOf = (edges: readonly number[], from: number, to: number): number => {
    const outFloat = priceFloat(to);
    const backwards = Number.isNaN(outFloat);
    const price = backwards ? priceFloat(from) : outFloat;
    let deepest = 0;
    for (const edge of edges) {
      const depth = graph.depthFloat(backwards ? edge ^ 1 : edge) * price;
      if (depth > deepest) deepest = depth;
    }
    return deepest;
  };
  return {
    from: (token) => {
      const steps = known.get(token);
      if (steps !== undefined) return steps;
      const made = (graph.neighbours[token] ?? []).map(({ token: to, edges }): Step => ({
        token: to,
        depthFloat: depthOf(edges, token, to),
      }));
      const sorted = made.toSorted((one, other) => other.depthFloat - one.depthFloat);
      known.set(token, sorted);
      return sorted;
    },
    between: (from, to) => {
      const edges = graph.edges(from, to);
      return { pools: edges.length, depthFloat: depthOf(edges, from, to) };
    },
  };
}
