import type { PoolState } from "../amm/poolState.ts";
import type { Address, BlockHeader, ChainLog, Hash } from "../chain/types.ts";
import type { Market } from "../market/market.ts";
import { createOverlay, type Overlay } from "../market/overlay.ts";
import type { StateView } from "../market/stateView.ts";
import type { CalibrationVerdict } from "../mempool/calibration.ts";
import { predictEffects, type EffectsContext } from "../mempool/effects.ts";
import { leansOnRouter } from "../mempool/routerCall.ts";
import { applyLogs, type Watched } from "./triggers.ts";

/** A committed block, until its transactions are known. */
export interface UnauditedBlock {
  readonly block: BlockHeader;
  readonly logs: readonly ChainLog[];
  /** What the pools that its logs name held before it. */
  readonly before: ReadonlyMap<Address, PoolState | null>;
}

/** To be taken before the market commits the block. */
export const beforeBlock = (
  block: BlockHeader,
  logs: readonly ChainLog[],
  market: StateView,
): UnauditedBlock => ({
  block,
  logs,
  before: new Map(logs.map(({ address }) => [address, market.stateOf(address)])),
});

export interface Finding {
  readonly watched: Watched;
  readonly verdict: CalibrationVerdict;
  readonly detail: string;
  /** It went wrong in a way that the sender alone can bring about, whoever that is. */
  readonly suspect: boolean;
}

export interface AuditParts {
  readonly market: Market;
  readonly context: EffectsContext;
  readonly watchedOf: (hash: Hash) => Watched | undefined;
}

/**
 * Walks through a block, transaction by transaction, and compares what each watched one did to our pools with what we
 * predict for it on the very state that it met: so the table judges our reading of it, not who came before it.
 */
export function auditBlock(
  { block, logs, before }: UnauditedBlock,
  transactions: readonly Hash[],
  { market, context, watchedOf }: AuditParts,
): readonly Finding[] {
  const state = createOverlay({ stateOf: (pool) => before.get(pool) ?? market.stateOf(pool) });
  const byTransaction = logsByTransaction(logs);
  const findings: Finding[] = [];
  for (const hash of transactions) {
    const watched = watchedOf(hash);
    const predicted = watched === undefined ? null : predict(watched, { block, state, market, context });
    const met = createOverlay(state);
    if (applyLogs(market, byTransaction.get(hash) ?? [], met) === null) return findings;
    if (watched !== undefined && predicted !== null) {
      const finding = compare(predicted, met);
      if (finding !== null) findings.push({ watched, ...finding });
    }
    for (const [pool, after] of statesOf(met)) state.set(pool, after);
  }
  return findings;
}

function logsByTransaction(logs: readonly ChainLog[]): ReadonlyMap<Hash, readonly ChainLog[]> {
  const groups = new Map<Hash, ChainLog[]>();
  for (const log of logs) {
    const group = groups.get(log.transactionHash);
    if (group === undefined) groups.set(log.transactionHash, [log]);
    else group.push(log);
  }
  return groups;
}

/** States that a transaction is predicted to leave, by pool; or why it fails. */
interface Predicted {
  readonly after: ReadonlyMap<Address, PoolState>;
  readonly reverts: string | null;
  readonly complete: boolean;
  /** What a stranger gives to the router beforehand changes it. */
  readonly leansOnRouter: boolean;
}

/** Where a transaction stands in its block. */
interface Place extends Omit<AuditParts, "watchedOf"> {
  readonly block: BlockHeader;
  /** What those before it have left. */
  readonly state: Overlay;
}

/** Null: nothing was claimed. */
function predict(
  { transaction, knowledge }: Watched,
  { block, state, market, context }: Place,
): Predicted | null {
  if (knowledge.type === "foreseen") {
    const { logs, parent } = knowledge;
    const after = createOverlay(state);
    // It was simulated on the parent: what others moved before it in the block, it says nothing about.
    if (logs === null || parent !== block.parentHash || applyLogs(market, logs, after) === null) return null;
    if (after.changed.some((pool) => state.isChanged(pool))) return null;
    return { after: statesOf(after), reverts: null, complete: true, leansOnRouter: false };
  }
  const { effects, reverts, complete } = predictEffects(knowledge.decoded, transaction, state, context);
  if (effects.some(({ estimate }) => estimate)) return null;
  return {
    after: new Map(effects.map(({ pool, after }) => [pool.address, after])),
    reverts,
    complete,
    leansOnRouter: leansOnRouter(knowledge.decoded.calls),
  };
}

const statesOf = (overlay: Overlay): ReadonlyMap<Address, PoolState> =>
  new Map(
    overlay.changed.flatMap((pool) => {
      const state = overlay.stateOf(pool);
      return state === null ? [] : [[pool, state] as const];
    }),
  );

function compare(predicted: Predicted, met: Overlay): Omit<Finding, "watched"> | null {
  const { after, reverts, complete, leansOnRouter: suspect } = predicted;
  const moved = met.changed.length > 0;
  const off = (detail: string) => ({ verdict: "off", detail, suspect }) as const;
  if (reverts !== null)
    return moved ? off(`went through: ${reverts}`) : { verdict: "reverted", detail: reverts, suspect: false };
  if (after.size === 0) return moved && complete ? off(`moved ${met.changed.join(" ")}`) : null;
  if (!moved) return { verdict: "failed", detail: "", suspect: true };
  // Of a route the first one: what comes behind it is given another amount.
  for (const [pool, state] of after)
    if (!isSame(state, met.stateOf(pool)))
      return { ...off(pool), suspect: suspect || mayBeGifted(state, met.stateOf(pool)) };
  const others = complete ? met.changed.filter((pool) => !after.has(pool)) : [];
  return others.length > 0
    ? off(`moved ${others.join(" ")} too`)
    : { verdict: "exact", detail: "", suspect: false };
}

/**
 * A pair that was given coins before: its next swap takes them into its reserves, or is paid for with them where a router
 * goes by the pair's balance. No log tells who gave them, but the product of the reserves is more than foretold.
 */
const mayBeGifted = (foretold: PoolState, met: PoolState | null): boolean =>
  foretold.kind === "v2" &&
  met?.kind === "v2" &&
  met.reserve0 * met.reserve1 >= foretold.reserve0 * foretold.reserve1;

/** All that a swap moves. */
function isSame(a: PoolState, b: PoolState | null): boolean {
  if (a.kind === "v2") return b?.kind === "v2" && a.reserve0 === b.reserve0 && a.reserve1 === b.reserve1;
  return (
    b !== null &&
    b.kind !== "v2" &&
    a.sqrtPriceX96 === b.sqrtPriceX96 &&
    a.tick === b.tick &&
    a.liquidity === b.liquidity
  );
}
