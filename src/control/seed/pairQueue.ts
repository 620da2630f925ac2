import type { Token } from "../../chain/types.ts";
import { safeText } from "../../lib/safeText.ts";
import type { PairVerdict, SeedPair } from "../protocol.ts";
import type { PairGraph } from "./pairGraph.ts";
import type { Resolver } from "./resolve.ts";

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
  judge(pair: SeedPair, resolver: Resolver, graph: PairGraph): PairVerdict;
  /** Oldest first. */
  list(): readonly QueuedPair[];
}

const UNVERIFIED = "no verified pool of this pair on this exchange: an owner's approve adds one";

/** `room`: pairs that may wait; more are refused. */
export function createPairQueue(room: number): PairQueue {
  const waiting = new Map<string, QueuedPair>();
  return {
    list: () => [...waiting.values()],
    judge: (pair, resolver, graph) => {
      const { token0, token1, dex } = pair;
      const answer = (verdict: PairVerdict["verdict"], reason: string): PairVerdict => ({
        token0,
        token1,
        dex,
        verdict,
        pools: [],
        reason,
      });
      const named = namesOf(pair, resolver);
      if (typeof named === "string") return answer("refused", named);
      const key = keyOf(named);
      const pools = poolsOf(named, graph);
      if (pools.length > 0) {
        // What was approved since then waits no longer.
        waiting.delete(key);
        return { token0, token1, dex, verdict: "known", pools };
      }
      if (!waiting.has(key)) {
        if (waiting.size >= room) return answer("refused", `queue_full: ${room} pairs wait already`);
        waiting.set(key, { ...named, reason: UNVERIFIED });
      }
      return answer("queued", UNVERIFIED);
    },
  };
}

type Named = Omit<QueuedPair, "reason">;

/** What the pair's names stand for, or why it is refused. */
function namesOf(pair: SeedPair, { tokens, dexes }: Resolver): Named | string {
  const both: Token[] = [];
  for (const name of [pair.token0, pair.token1]) {
    const token = tokens.find(name);
    if (token === null) return `unknown_token: ${safeText(name, 42)} is no token of the registry`;
    if (token.taxed) return `taxed_token: ${token.symbol} takes a share of transfers`;
    both.push(token);
  }
  const [token0, token1] = both;
  if (token0 === undefined || token1 === undefined || token0 === token1)
    return "repeated: a pair has two tokens";
  const exchanges = dexes.find(pair.dex);
  if (exchanges === null) return `unknown_dex: no exchange is called ${safeText(pair.dex)}`;
  return { token0, token1, dexes: [...exchanges] };
}

const keyOf = ({ token0, token1, dexes }: Named): string =>
  [...[token0.address, token1.address].toSorted(), ...dexes].join();

function poolsOf({ token0, token1, dexes }: Named, graph: PairGraph): string[] {
  const [from, to] = [graph.tokenIds.get(token0.address), graph.tokenIds.get(token1.address)];
  if (from === undefined || to === undefined) return [];
  return graph.edges(from, to).flatMap((edge) => {
    const pool = graph.poolOf(edge);
    return pool !== null && dexes.includes(pool.dex) ? [pool.address] : [];
  });
}
