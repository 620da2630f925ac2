import type { PoolState } from "../../src/amm/poolState.ts";
import { swap } from "../../src/amm/swap.ts";
import type { Address, BlockHeader, ChainLog, Hash } from "../../src/chain/types.ts";
import type { SubmitDecision } from "../../src/engine/decisions.ts";
import { createEngine } from "../../src/engine/engine.ts";
import type { LogBody } from "../market/frames.ts";
import { swapLog, syncLog } from "../market/frames.ts";
import type { BenchMarket } from "../market/types.ts";
import { benchEngineOptions, benchHeader, blockWith, syncedEvent } from "./pendingEngine.ts";

/** Blocks in which everything is taken; some dozens do. */
const MOST_BLOCKS = 400;

/** A market whose states stay as they are. */
export interface RestingMarket extends BenchMarket {
  stateOf(pool: number): PoolState | null;
  idOf(pool: Address): number;
}

/**
 * The market as its searchers leave it: block by block the daemon's own plan is carried out, until it has none. What
 * then pays behind a pending swap was opened by that.
 */
export function restingMarket(market: BenchMarket): RestingMarket {
  const ids = new Map(market.pools.map(({ address }, i) => [address, i]));
  const states = [...market.states];
  const engine = createEngine(benchEngineOptions(market));
  engine.step(syncedEvent(market));
  let logs: readonly ChainLog[] = [];
  for (let after = 1; after <= MOST_BLOCKS; after++) {
    const plans = engine
      .step(blockWith(after, logs))
      .filter((decision): decision is SubmitDecision => decision.type === "submit");
    if (plans.length === 0 && after > 1) break;
    logs = plans.flatMap((plan) => carryOut(plan, { states, ids, block: benchHeader(after + 1) }));
    for (const { intentId } of plans) {
      const ended = { fate: "included", reason: "", block: after + 1, transactionHash: null } as const;
      engine.step({ type: "outcome", time: 0, intentId, ...ended });
    }
  }
  const idOf = (pool: Address): number => ids.get(pool) ?? -1;
  return { ...market, states, stateOf: (pool) => states[pool] ?? null, idOf };
}

interface Ground {
  readonly states: (PoolState | null)[];
  readonly ids: ReadonlyMap<Address, number>;
  readonly block: BlockHeader;
}

function carryOut({ plan, intentId }: SubmitDecision, { states, ids, block }: Ground): readonly ChainLog[] {
  return plan.opportunities.flatMap(({ hops }, cycle) =>
    hops.map(({ pool, zeroForOne, amountIn }, hop) => {
      const id = ids.get(pool) ?? -1;
      const before = states[id];
      const result = before === undefined || before === null ? null : swap(before, { zeroForOne, amountIn });
      if (result?.ok !== true) throw new Error(`${intentId}: ${pool} does not take its hop`);
      const { after } = result.swap;
      states[id] = after;
      return chainLog(pool, logOf(after), { block, transaction: block.hash, index: 8 * cycle + hop });
    }),
  );
}

/** The log that tells of a pool's new state. Amounts are none: no state shows them. */
export const logOf = (after: PoolState): LogBody =>
  after.kind === "v2" ? syncLog(after) : swapLog(after, 0n, 0n);

export interface LogAt {
  readonly block: Pick<BlockHeader, "number" | "hash">;
  readonly transaction: Hash;
  readonly index: number;
}

export const chainLog = (
  address: Address,
  body: LogBody,
  { block, transaction, index }: LogAt,
): ChainLog => ({
  address,
  ...body,
  blockHash: block.hash,
  blockNumber: block.number,
  transactionHash: transaction,
  logIndex: index,
});
