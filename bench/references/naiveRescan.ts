import type { BenchMarket } from "../market/types.ts";
import type { PoolUpdate } from "./decodePeers.ts";
import { createPeerState } from "./peerState.ts";
import { ternary } from "./ternary.ts";
import type { Choice, ThreeHopParts } from "./threeHopPipeline.ts";
import { legsOf, nativeValueFloat } from "./threeHopPipeline.ts";
import { listThreeHops } from "./threeHops.ts";
import type { ThreeHopList } from "./threeHops.ts";

export interface Rescan {
  /** Cycles that were sized. */
  readonly sized: number;
  readonly best: Choice | null;
}

export interface NaiveRescan extends ThreeHopParts {
  apply(update: PoolUpdate): void;
  /** Sizes every three-hop cycle. */
  all(): Rescan;
  /**
   * Sizes so many of them, evenly spread over the list: a whole rescan costs `list.count / sized` times as much.
   */
  sample(cycles: number): Rescan;
}

/**
 * The naive full rescan: a bigint ternary search on every three-hop cycle of the list, whatever changed. No filter by
 * price, no index by pool; both are what a first version lacks.
 */
export function createNaiveRescan(
  market: BenchMarket,
  list: ThreeHopList = listThreeHops(market.pools, market.bases),
): NaiveRescan {
  const parts: ThreeHopParts = { market, list, state: createPeerState(market) };
  return {
    ...parts,
    apply: (update) => parts.state.apply(update),
    all: () => rescan(parts, list.count),
    sample: (cycles) => rescan(parts, Math.min(cycles, list.count)),
  };
}

function rescan(parts: ThreeHopParts, sized: number): Rescan {
  let best: Choice | null = null;
  let bestValueFloat = 0;
  for (let i = 0; i < sized; i++) {
    const cycle = Math.floor((i * parts.list.count) / sized);
    const legs = legsOf(parts, cycle);
    const size = legs.length === 3 ? ternary(legs) : null;
    if (size === null) continue;
    const valueFloat = nativeValueFloat(parts, cycle, Number(size.profit));
    if (valueFloat > bestValueFloat) {
      best = { cycle, size };
      bestValueFloat = valueFloat;
    }
  }
  return { sized, best };
}
