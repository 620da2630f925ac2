import { swap } from "../../src/amm/swap.ts";
import type { PoolState } from "../../src/amm/poolState.ts";
import type { BlockHeader, ChainLog, Hash, PendingTransaction } from "../../src/chain/types.ts";
import type { Decision, Judged, PredictionDecision, SubmitDecision } from "../../src/engine/decisions.ts";
import { createEngine, type Engine, type EngineOptions } from "../../src/engine/engine.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
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
import { OPAQUE_ROUTER, ROUTER, pendingTransaction, swapInput } from "./pendingSwaps.ts";

/** An engine over two pools of one pair, and what a router's swaps do to the first. */

export const K = 1_000_000n * UNIT;
export const EVEN = v2State(K, K);
/** The router trades in the first; the second is of another exchange. */
export const HERE = { ...v2Pool(1, WPOL, USDC), dex: "dex1" };
export const THERE = v2Pool(2, WPOL, USDC);

export const OPTIONS: EngineOptions = {
  ...engineOptions(UNIT / 100n, 30),
  triggers: { routers: [ROUTER, OPAQUE_ROUTER], ours: [address(0xee)] },
};

export const ofType = <T extends Decision["type"]>(decisions: readonly Decision[], type: T) =>
  decisions.filter((decision): decision is Extract<Decision, { type: T }> => decision.type === type);
export const submitsOf = (decisions: readonly Decision[]): readonly SubmitDecision[] =>
  ofType(decisions, "submit");
export const judgedOf = (decisions: readonly Decision[]): readonly Judged[] =>
  ofType(decisions, "judged").map(({ judged }) => judged);
export const predictionsOf = (decisions: readonly Decision[]): readonly PredictionDecision[] =>
  ofType(decisions, "prediction");

/** Loaded at block 1, at the head with block 2, nothing open. */
export function start(changes: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({ ...OPTIONS, ...changes });
  engine.step(
    synced(
      header(1),
      [HERE, THERE].map((pool) => ({ pool, state: EVEN })),
    ),
  );
  engine.step(committed(header(2), []));
  return engine;
}

export const told = (transaction: PendingTransaction): EngineEvent => ({
  type: "pending",
  time: 0,
  transaction,
});
export const mined = (block: BlockHeader, transactions: readonly Hash[]): EngineEvent => ({
  type: "mined",
  time: 0,
  block,
  transactions,
});

export const sale = (
  amount: bigint,
  nonce = 0,
  changes: Partial<PendingTransaction> = {},
): PendingTransaction =>
  pendingTransaction(nonce, {
    input: swapInput({ path: [WPOL, USDC], amountIn: amount * UNIT }),
    ...changes,
  });

export function after(state: PoolState, amountIn: bigint): PoolState {
  const result = swap(state, { zeroForOne: true, amountIn });
  if (!result.ok) throw new Error("refused");
  return result.swap.after;
}

export function logOf(state: PoolState, block: BlockHeader, transaction: PendingTransaction): ChainLog {
  if (state.kind !== "v2") throw new Error("not a V2 pool");
  const log = syncLog(HERE.address, state.reserve0, state.reserve1, block);
  return { ...log, transactionHash: transaction.hash };
}
