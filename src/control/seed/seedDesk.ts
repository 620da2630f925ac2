import type { Clock } from "../../lib/clock.ts";
import { cycleKey, type CycleKey } from "../../search/cycleKey.ts";
import { BREAK_EVEN } from "../../search/screen.ts";
import type { ControlPorts } from "../ports.ts";
import {
  hintSchema,
  seedPairSchema,
  seedRouteSchema,
  type Params,
  type ProcessResult,
  type Result,
  type SeedPair,
} from "../protocol.ts";
import { createAsk, type Answer, type Ask } from "./ask.ts";
import { dollarsOf } from "./dollars.ts";
import { createPairCycles, type PairCycles } from "./pairCycles.ts";
import { createPairQueue, type QueuedPair } from "./pairQueue.ts";
import { findPaths } from "./paths.ts";
import { isPlainRoute, routeByPlaces } from "./plainRoute.ts";
import { edgesOfRoute, resolveRoute, type Edges, type NamedRoute } from "./resolve.ts";
import { namedIn, type Named } from "./resolver.ts";

export type SeedPorts = Pick<ControlPorts, "market" | "tokens" | "dexes" | "usd" | "valuer" | "take">;

/**
 * The methods of the seed document, over the live market. Amounts that a client suggests are not used: every route is
 * sized here, exactly. What passes the gates is sent like any other opportunity, at most one plan a block.
 */
export interface SeedDesk {
  injectPairs(params: Params<"injectPairs">): Result<"injectPairs">;
  getPaths(params: Params<"getPaths">): Result<"getPaths">;
  processRoute(params: Params<"processRoute">): ProcessResult;
  findArbitrage(params: Params<"findArbitrage">): Result<"findArbitrage">;
  /** Pairs that wait for the owner's word, oldest first. */
  queued(): readonly QueuedPair[];
}

/** Pairs that may wait for the owner. */
const MOST_QUEUED = 1000;
/** Cycles that one question prices at most, by a few; items beyond are passed over. */
const MOST_CYCLES = 5000;
/** A list with more items that are no items is not read to its end. */
const MOST_UNREADABLE = 500;

/** All that a desk works with. */
interface Desk {
  readonly ports: SeedPorts;
  readonly ask: Ask;
  readonly clock: Clock;
}

export function createSeedDesk(ports: SeedPorts, { clock }: { readonly clock: Clock }): SeedDesk {
  const desk: Desk = { ports, ask: createAsk(ports, clock), clock };
  const queue = createPairQueue(MOST_QUEUED);
  return {
    injectPairs: (params) => {
      const named = namedIn(ports);
      const pairs = Array.isArray(params) ? params : params.pairs;
      return { pairs: pairs.map((pair) => queue.judge(pair, named)) };
    },
    getPaths: (params) => getPaths(desk, params),
    processRoute: (route) => processRoute(desk, route),
    findArbitrage: (params) => findArbitrage(desk, params),
    queued: () => queue.list(),
  };
}

function getPaths({ ports }: Desk, params: Params<"getPaths">): Result<"getPaths"> {
  const { graph, tokenId } = namedIn(ports);
  const [start, end] = [tokenId(params.start), tokenId(params.end)];
  // What nobody knows is not connected to anything.
  if (typeof start !== "number" || typeof end !== "number") return { paths: [] };
  const request = { start, end, maxHops: params.max_hops, limit: params.limit };
  const found = findPaths(request, graph, ports.valuer());
  return { paths: found.map((tokens) => tokens.flatMap((token) => graph.tokens[token] ?? [])) };
}

function processRoute({ ports, ask, clock }: Desk, route: NamedRoute): ProcessResult {
  const started = clock.monotonic();
  const resolved = resolveRoute(route, ports);
  const [answer] = resolved.ok ? ask([resolved.hops]) : [];
  const hint = answer?.hint ?? null;
  const net = hint?.net ?? null;
  return {
    profitable: hint?.state === "profitable",
    net_profit: net === null ? "0" : dollarsOf(net, ports.valuer(), ports),
    bundle_id: answer?.intentId ?? null,
    net_wei: text(net),
    base: hint?.base ?? null,
    profit: text(hint?.profit),
    amount_in: text(hint?.amountIn),
    code: resolved.ok ? (hint?.code ?? "no_answer") : resolved.code,
    execution_time_us: Math.round((clock.monotonic() - started) * 1000),
  };
}

const text = (amount: bigint | null | undefined): string | null => amount?.toString() ?? null;

function findArbitrage(desk: Desk, params: Params<"findArbitrage">): Result<"findArbitrage"> {
  const items = Array.isArray(params) ? params : [...(params.routes ?? []), ...(params.pairs ?? [])];
  const names = Array.isArray(params) ? [] : (params.names ?? []);
  const named = namedIn(desk.ports);
  const { graph } = named;
  const ofPair = createPairCycles(graph);
  const cycles = new Map<CycleKey, Edges>();
  let unreadable = 0;
  let passedOver = 0;
  for (const item of items) {
    const read = unreadable < MOST_UNREADABLE && cycles.size < MOST_CYCLES ? readItem(item, names) : null;
    if (read === null) unreadable++;
    const found = read && cyclesOf(read, named, ofPair);
    if (found === null) passedOver++;
    for (const edges of found ?? []) cycles.set(cycleKey(edges), edges);
  }
  // The engine would say the same of the others, after some microseconds each.
  const paying = [...cycles.values()].filter((edges) => graph.productFloat(edges) > BREAK_EVEN);
  const answers = desk.ask(paying.map((edges) => edges.map(graph.hop)));
  return {
    bundle_ids: intentsByWorth(answers),
    asked: cycles.size,
    profitable: answers.filter(({ hint }) => hint?.state === "profitable").length,
    passed_over: passedOver,
  };
}

/** Null: neither pair, route nor hint. */
function readItem(item: unknown, names: readonly string[]): SeedPair | NamedRoute | null {
  if (typeof item !== "object" || item === null) return null;
  if (Array.isArray(item)) return routeByPlaces(item, names);
  if (!("token0" in item) && isPlainRoute(item)) return item;
  const schema = "token0" in item ? seedPairSchema : "token_in" in item ? seedRouteSchema : hintSchema;
  return schema.safeParse(item).data ?? null;
}

/** Cycles that an item stands for, of a pair those that pay before gas; null: it names what is not known. */
function cyclesOf(item: SeedPair | NamedRoute, named: Named, ofPair: PairCycles): readonly Edges[] | null {
  if (isPair(item)) {
    const edges = edgesOfPair(item, named);
    return edges.length === 0 ? null : ofPair(edges);
  }
  const edges = edgesOfRoute(item, named);
  return "ok" in edges ? null : [edges];
}

const isPair = (item: SeedPair | NamedRoute): item is SeedPair => "token0" in item;

/** Of the pair's pools on the exchange. */
function edgesOfPair({ token0, token1, dex }: SeedPair, named: Named): Edges {
  const { graph } = named;
  const [from, to] = [named.tokenId(token0), named.tokenId(token1)];
  const exchanges = named.exchanges(dex);
  if (typeof from !== "number" || typeof to !== "number" || "ok" in exchanges) return [];
  return graph.edges(from, to).filter((edge) => exchanges.has(graph.dexOf(edge)));
}

function intentsByWorth(answers: readonly Answer[]): string[] {
  const worth = new Map<string, bigint>();
  for (const { hint, intentId } of answers)
    if (intentId !== null) worth.set(intentId, (worth.get(intentId) ?? 0n) + (hint?.net ?? 0n));
  return [...worth].toSorted(([, one], [, other]) => (one < other ? 1 : -1)).map(([id]) => id);
}
