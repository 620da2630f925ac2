import type { Token } from "../../chain/types.ts";
import { safeText } from "../../lib/safeText.ts";
import type { PairVerdict, SeedPair } from "../protocol.ts";
import type { PairGraph } from "./pairGraph.ts";
import type { Named } from "./resolver.ts";

/** A pair that nobody has verified a pool of: it waits for the owner. */
export interface QueuedPair {
  readonly token0: Token;
  readonly token1: Token;
  /** Exchanges that the client may mean. */
  readonly dexes: readonly string[];
  readonly reason: string;
}

/** Pairs that clients told of, and whose pools are not known. Nothing here is traded through. */
export interface PairQueue {
  judge(pair: SeedPair, named: Named): PairVerdict;
  /** Oldest first. */
  list(): readonly QueuedPair[];
}

const UNVERIFIED = "no verified pool of this pair on this exchange: an owner's approve adds one";

/** `room`: pairs that may wait; more are refused. */
export function createPairQueue(room: number): PairQueue {
  const waiting = new Map<string, QueuedPair>();
  return {
    list: () => [...waiting.values()],
    judge: (pair, named) => {
      const { token0, token1, dex } = pair;
      const answer = (verdict: PairVerdict["verdict"], reason: string): PairVerdict => ({
        token0,
        token1,
        dex,
        verdict,
        pools: [],
        reason,
      });
      const known = readPair(pair, named);
      if (typeof known === "string") return answer("refused", known);
      const key = keyOf(known);
      const pools = poolsOf(known, named.graph);
      if (pools.length > 0) {
        // What was approved since then waits no longer.
        waiting.delete(key);
        return { token0, token1, dex, verdict: "known", pools };
      }
      if (!waiting.has(key)) {
        if (waiting.size >= room) return answer("refused", `queue_full: ${room} pairs wait already`);
        waiting.set(key, { ...known, reason: UNVERIFIED });
      }
      return answer("queued", UNVERIFIED);
    },
  };
}

type KnownPair = Omit<QueuedPair, "reason">;

/** What the pair's names stand for, or why it is refused. */
function readPair(pair: SeedPair, named: Named): KnownPair | string {
  const both: Token[] = [];
  for (const name of [pair.token0, pair.token1]) {
    const token = named.token(name);
    if (token === null) return `unknown_token: ${safeText(name, 42)} is no token of the registry`;
    if (token.taxed) return `taxed_token: ${token.symbol} takes a share of transfers`;
    both.push(token);
  }
  const [token0, token1] = both;
  if (token0 === undefined || token1 === undefined || token0 === token1)
    return "repeated: a pair has two tokens";
  const exchanges = named.exchanges(pair.dex);
  if ("ok" in exchanges) return `${exchanges.code}: ${exchanges.reason}`;
  return { token0, token1, dexes: [...exchanges] };
}

const keyOf = ({ token0, token1, dexes }: KnownPair): string =>
  [...[token0.address, token1.address].toSorted(), ...dexes].join();

function poolsOf({ token0, token1, dexes }: KnownPair, graph: PairGraph): string[] {
  const [from, to] = [graph.tokenIds.get(token0.address), graph.tokenIds.get(token1.address)];
  if (from === undefined || to === undefined) return [];
  const edges = graph.edges(from, to).filter((edge) => dexes.includes(graph.dexOf(edge)));
  return edges.map((edge) => graph.hop(edge).pool);
}
