import type { Address, Hash, Hex, PoolKind } from "../../src/chain/types.ts";
import type { SubmitDecision } from "../../src/engine/decisions.ts";
import type { Opportunity, PricedHop } from "../../src/search/opportunity.ts";

/** The address whose last bytes are `n`. */
export const addressOf = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
export const hashOf = (n: number): Hash => `0x${n.toString(16).padStart(64, "0")}`;

const BASE = addressOf(0xba5e);
export const EXECUTOR = addressOf(0xec5);

/** A cycle through one pool of each kind given, back to `base`; the amounts mean nothing but the profit. */
export function opportunityOf(
  profit: bigint,
  kinds: readonly PoolKind[] = ["v2", "v2"],
  base = BASE,
): Opportunity {
  const token = (i: number): Address => (i % kinds.length === 0 ? base : addressOf(0x70 + i));
  const hops = kinds.map((kind, i): PricedHop => ({
    pool: addressOf(0x1000 + i),
    kind,
    tokenIn: token(i),
    tokenOut: token(i + 1),
    zeroForOne: i % 2 === 0,
    amountIn: 1000n,
    amountOut: 1000n,
  }));
  return {
    cycle: { id: `cycle-${kinds.join("-")}`, base, hops },
    hops,
    amountIn: 1000n,
    amountOut: 1000n + profit,
    profit,
    profitNativeFloat: Number(profit),
    marginal: 1.01,
    verdict: "ok",
  };
}

/** A decision on the settled block `parent`, for the block after it. */
export function decisionOf(changes: Partial<SubmitDecision> = {}): SubmitDecision {
  const parent = changes.parent ?? { number: 100, hash: hashOf(100) };
  return {
    type: "submit",
    intentId: "intent-1",
    plan: { trigger: { type: "block", ...parent }, opportunities: [opportunityOf(500n)] },
    behind: [],
    age: 0,
    parent,
    targetBlock: parent.number + 1,
    targetTimestamp: 1_790_000_002,
    baseFeePerGas: 30_000_000_000n,
    opportunityIds: ["o-1"],
    net: 10n ** 17n,
    gasCost: 10n ** 16n,
    ...changes,
  };
}

/** A key that exists for tests alone. */
export const TEST_KEY: Hex = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
