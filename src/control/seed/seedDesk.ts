import type { Clock } from "../../lib/clock.ts";
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
import { cycleKey, cyclesOfPair } from "./pairCycles.ts";
import type { PairGraph } from "./pairGraph.ts";
import { createPairQueue, type QueuedPair } from "./pairQueue.ts";
import { findPaths } from "./paths.ts";
import {
  hopsOf,
  resolveRoute,
  resolverOf,
  tokenId,
  type NamedRoute,
  type ResolvedHop,
  type Resolver,
} from "./resolve.ts";

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
/** Cycles that one question asks for at most; items beyond are passed over. */
const MOST_ASKED = 5000;

/** All that a desk works with. */
interface Desk {
  readonly ports: SeedPorts;
  readonly resolver: Resolver;
  readonly ask: Ask;
  readonly clock: Clock;
}

export function createSeedDesk(ports: SeedPorts, { clock }: { readonly clock: Clock }): SeedDesk {
  const desk: Desk = { ports, resolver: resolverOf(ports), ask: createAsk(ports, clock), clock };
  const queue = createPairQueue(MOST_QUEUED);
  return {
    injectPairs: (params) => {
      const graph = desk.resolver.graphs();
      const pairs = Array.isArray(params) ? params : params.pairs;
      return { pairs: pairs.map((pair) => queue.judge(pair, desk.resolver, graph)) };
    },
    getPaths: (params) => getPaths(desk, params),
    processRoute: (route) => processRoute(desk, route),
    findArbitrage: (params) => findArbitrage(desk, params),
    queued: () => queue.list(),
  };
}

function getPaths({ ports, resolver }: Desk, params: Params<"getPaths">): Result<"getPaths"> {
  const graph = resolver.graphs();
  const [start, end] = [params.start, params.end].map((name) => tokenId(name, resolver, graph));
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
  const graph = desk.resolver.graphs();
  const asked = new Map<string, readonly ResolvedHop[]>();
  let passedOver = 0;
  for (const item of items) {
    const cycles = asked.size < MOST_ASKED ? cyclesOf(item, desk, graph) : null;
    if (cycles === null) passedOver++;
    for (const [key, hops] of cycles ?? []) if (asked.size < MOST_ASKED) asked.set(key, hops);
  }
  const answers = desk.ask([...asked.values()]);
  return {
    bundle_ids: intentsByWorth(answers),
    asked: asked.size,
    profitable: answers.filter(({ hint }) => hint?.state === "profitable").length,
    passed_over: passedOver,
  };
}

/** By what names the same cycle from the same start. */
type KeyedCycle = readonly [string, readonly ResolvedHop[]];

/** Cycles that an item stands for, if any; null: it cannot be read, or names what is not known. */
function cyclesOf(item: unknown, desk: Desk, graph: PairGraph): readonly KeyedCycle[] | null {
  if (typeof item !== "object" || item === null) return null;
  if ("token0" in item) {
    const pair = seedPairSchema.safeParse(item);
    const edges = pair.success ? edgesOfPair(pair.data, desk.resolver, graph) : [];
    if (edges.length === 0) return null;
    return cyclesOfPair(edges, graph).map((cycle) => [cycleKey(cycle), hopsOf(cycle, graph)]);
  }
  const route = ("token_in" in item ? seedRouteSchema : hintSchema).safeParse(item);
  const resolved = route.success ? resolveRoute(route.data, desk.ports) : null;
  if (resolved?.ok !== true) return null;
  const { hops } = resolved;
  return [[hops.map(({ pool, zeroForOne }) => `${pool}${zeroForOne ? ">" : "<"}`).join(""), hops]];
}

/** Of the pair's pools on the exchange. */
function edgesOfPair({ token0, token1, dex }: SeedPair, resolver: Resolver, graph: PairGraph) {
  const [from, to] = [token0, token1].map((name) => tokenId(name, resolver, graph));
  const exchanges = resolver.dexes.find(dex);
  if (typeof from !== "number" || typeof to !== "number" || exchanges === null) return [];
  return graph.edges(from, to).filter((edge) => exchanges.has(graph.poolOf(edge)?.dex ?? ""));
}

function intentsByWorth(answers: readonly Answer[]): string[] {
  const worth = new Map<string, bigint>();
  for (const { hint, intentId } of answers)
    if (intentId !== null) worth.set(intentId, (worth.get(intentId) ?? 0n) + (hint?.net ?? 0n));
  return [...worth].toSorted(([, one], [, other]) => (one < other ? 1 : -1)).map(([id]) => id);
}
