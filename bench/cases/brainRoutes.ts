import type { PoolState } from "../../src/amm/poolState.ts";
import type { HintedRoute } from "../../src/engine/events.ts";
import { createRandom } from "../market/random.ts";
import type { BenchMarket } from "../market/types.ts";
import { listThreeHops } from "../references/threeHops.ts";

/** A cycle of three pools, in the brain's words and in the engine's. */
export interface BrainRoute {
  readonly said: {
    readonly token_in: string;
    readonly token_out: string;
    readonly amount: string;
    /** Addresses: the longest that a token may be called. */
    readonly path: readonly string[];
    readonly dexes: readonly string[];
  };
  readonly hops: HintedRoute["hops"];
}

const MORE_PERCENT = 3n;

/** The market with one pool in so many that holds more of its token1 than is fair: cycles through it pay after gas. */
export function dislocated<M extends BenchMarket>(market: M, every: number): M {
  const states = market.states.map((state, i): PoolState | null =>
    state?.kind === "v2" && i % every === 0
      ? { ...state, reserve1: (state.reserve1 * (100n + MORE_PERCENT)) / 100n }
      : state,
  );
  return { ...market, states };
}

/** Distinct cycles of V2 pools in an order of chance, as many as there are up to `count`; tokens and exchanges name their pools. */
export function drawRoutes(market: BenchMarket, count: number, seed: number): readonly BrainRoute[] {
  const { pools, bases } = market;
  const plain = namedApart(market);
  const { edges, count: cycles } = listThreeHops(pools, bases);
  const order = Array.from({ length: cycles }, (_, cycle) => cycle);
  const random = createRandom(seed, "brain");
  const routes: BrainRoute[] = [];
  for (let left = cycles; left > 0 && routes.length < count; left--) {
    const place = random.below(left);
    const cycle = order[place] ?? 0;
    order[place] = order[left - 1] ?? 0;
    const own = [...edges.subarray(3 * cycle, 3 * cycle + 3)];
    if (own.every((edge) => plain.has(edge >> 1))) routes.push(routeOf(own, market));
  }
  return routes;
}

/** V2 pools that are the only one of their pair on their exchange. */
function namedApart({ pools }: BenchMarket): ReadonlySet<number> {
  const first = new Map<string, number>();
  const twice = new Set<number>();
  for (const [id, { dex, token0, token1 }] of pools.entries()) {
    const name = `${dex} ${token0} ${token1}`;
    const other = first.get(name);
    if (other === undefined) first.set(name, id);
    else twice.add(id).add(other);
  }
  return new Set([...first.values()].filter((id) => !twice.has(id) && pools[id]?.kind === "v2"));
}

function routeOf(edges: readonly number[], { pools }: BenchMarket): BrainRoute {
  const crossed = edges.flatMap((edge) => {
    const pool = pools[edge >> 1];
    return pool === undefined ? [] : [{ pool, zeroForOne: edge % 2 === 0 }];
  });
  const path = crossed.map(({ pool, zeroForOne }) => (zeroForOne ? pool.token0 : pool.token1));
  const [start = ""] = path;
  return {
    said: {
      token_in: start,
      token_out: start,
      amount: "1",
      path: [...path, start],
      dexes: crossed.map(({ pool }) => pool.dex),
    },
    hops: crossed.map(({ pool, zeroForOne }) => ({ pool: pool.address, zeroForOne })),
  };
}

/** The market's pools as the reference in Python takes them: reserves in, reserves out and fee by way and exchange. */
export function reservesOf({ pools, states }: BenchMarket): Readonly<Record<string, readonly number[]>> {
  const found: Record<string, readonly number[]> = {};
  for (const [i, { dex, token0, token1 }] of pools.entries()) {
    const state = states[i];
    if (state?.kind !== "v2") continue;
    const [one, other] = [Number(state.reserve0), Number(state.reserve1)];
    found[`${token0} ${token1} ${dex}`] = [one, other, state.feePpm];
    found[`${token1} ${token0} ${dex}`] = [other, one, state.feePpm];
  }
  return found;
}
