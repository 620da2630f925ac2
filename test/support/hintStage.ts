import type { Address, BlockHeader, Pool } from "../../src/chain/types.ts";
import type { Decision, HintDecision, HintTrialDecision } from "../../src/engine/decisions.ts";
import { createEngine, type Engine, type EngineOptions } from "../../src/engine/engine.ts";
import type { HintedRoute, HintEvent } from "../../src/engine/events.ts";
import {
  USDC,
  UNIT,
  WPOL,
  address,
  committed,
  engineOptions,
  header,
  syncLog,
  synced,
  v2Pool,
  v2State,
} from "./marketFixture.ts";

/** A ring of six pools that starts outside the bases, and an engine whose search looks for three hops. */

export const K = 1_000_000n * UNIT;
export const EVEN = v2State(K, K);

const TOKENS = [WPOL, ...[1, 2, 3, 4, 5].map((n) => address(0xa0 + n))] as const;

/** Pools 1 to 6: WPOL, five tokens of no base, and back. */
export const RING: readonly Pool[] = TOKENS.map((token, i) =>
  v2Pool(i + 1, token, TOKENS[(i + 1) % TOKENS.length] ?? WPOL),
);
/** Two pools of one pair with the base, for the search. */
export const [CHEAP, DEAR] = [v2Pool(11, WPOL, USDC), v2Pool(12, WPOL, USDC)];

export const OPTIONS: EngineOptions = {
  ...engineOptions(UNIT / 100n, 30),
  search: { ...engineOptions(UNIT / 100n, 30).search, bases: [USDC] },
};

export const hopsOf = (pools: readonly Pool[]): HintedRoute["hops"] =>
  pools.map(({ address: pool }) => ({ pool, zeroForOne: true }));

export const route = (id: string, changes: Partial<HintedRoute> = {}): HintedRoute => ({
  id,
  source: "brain",
  hops: hopsOf(RING),
  scoreFloat: 0.5,
  budgetFloat: 1,
  ...changes,
});

export const hint = (use: HintEvent["use"], ...routes: readonly HintedRoute[]): HintEvent => ({
  type: "hint",
  time: 5,
  use,
  routes,
});
export const unhint = (...ids: readonly string[]) => ({ type: "unhint", time: 6, ids }) as const;

/** Loaded at block 1, at the head with block 2, nothing open. */
export function start(changes: Partial<EngineOptions> = {}, pools: readonly Pool[] = []): Engine {
  const engine = createEngine({ ...OPTIONS, ...changes });
  const all = [...RING, CHEAP, DEAR, ...pools];
  engine.step(
    synced(
      header(1),
      all.map((pool) => ({ pool, state: EVEN })),
    ),
  );
  engine.step(committed(header(2), []));
  return engine;
}

/** A block in which these pools give so many per cent more of token1. */
export function moves(block: BlockHeader, gains: Readonly<Record<Address, bigint>>) {
  const logs = Object.entries(gains).map(([pool, percent]) =>
    syncLog(`0x${pool.slice(2)}`, K, (K * (100n + percent)) / 100n, block),
  );
  return committed(block, logs);
}

/** The ring pays after this block. */
export const ringPays = (number: number, percent = 6n) => moves(header(number), { [address(3)]: percent });
export const quiet = (number: number) => committed(header(number), []);

export const hintsOf = (decisions: readonly Decision[]): readonly HintDecision[] =>
  decisions.filter((decision) => decision.type === "hint");
export const trialsOf = (decisions: readonly Decision[]): readonly HintTrialDecision[] =>
  decisions.filter((decision) => decision.type === "hint_trial");
