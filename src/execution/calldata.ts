import { decodeEventLog, encodeFunctionData, isAddressEqual } from "viem";
import { executorAbi } from "../chain/executorAbi.ts";
import type { Address, Hash, Hex, PoolKind } from "../chain/types.ts";
import type { Opportunity, Plan } from "../search/opportunity.ts";

export interface PlanEncoding {
  /** Least profit of each opportunity in raw units of its base, in the plan's order; at least 1. */
  readonly minProfits: readonly bigint[];
  /** Last block in which the plan may run. */
  readonly maxBlock: bigint;
  /** The block that the plan must directly follow, or null for any up to `maxBlock`. */
  readonly parentHash: Hash | null;
  /** Swap fee of a V2 pool in parts per million: the executor computes V2 outputs from the pair's reserves. */
  feePpmOf(pool: Address): number;
}

/** What one cycle of a mined plan really brought, in raw units of `base`. */
export interface Realised {
  readonly base: Address;
  readonly profit: bigint;
}

const KIND_CODE: Readonly<Record<PoolKind, number>> = { v2: 0, v3: 1, algebra: 2 };
const ZERO_HASH: Hash = `0x${"00".repeat(32)}`;
const MAX_UINT128 = 2n ** 128n - 1n;

/**
 * Calldata of `ArbExecutor.execute` for a plan. Only the route, the borrowed amount and the least profit go in:
 * the executor takes each hop's amounts from the chain, so that a state that moved a little still pays.
 * Throws when the plan breaks an invariant of ours (never a reason of the market).
 */
export function encodePlan(plan: Plan, encoding: PlanEncoding): Hex {
  const { opportunities } = plan;
  const { minProfits, maxBlock, parentHash } = encoding;
  if (opportunities.length === 0) throw new RangeError("a plan without opportunities cannot be encoded");
  if (minProfits.length !== opportunities.length) {
    throw new RangeError(
      `${opportunities.length} opportunities need as many minProfits, not ${minProfits.length}`,
    );
  }
  const cycles = opportunities.map((opportunity, i) =>
    encodeCycle(opportunity, minProfits[i] ?? 0n, encoding),
  );
  return encodeFunctionData({
    abi: executorAbi,
    functionName: "execute",
    args: [cycles, maxBlock, parentHash ?? ZERO_HASH],
  });
}

function encodeCycle({ cycle, hops, amountIn }: Opportunity, minProfit: bigint, encoding: PlanEncoding) {
  checkRoute(cycle.base, hops);
  checkAmount("amountIn", amountIn);
  checkAmount("minProfit", minProfit);
  return {
    base: cycle.base,
    amountIn,
    minProfit,
    hops: hops.map(({ kind, pool, zeroForOne, tokenOut }) => ({
      kind: KIND_CODE[kind],
      pool,
      zeroForOne,
      feePpm: kind === "v2" ? checkFee(pool, encoding.feePpmOf(pool)) : 0,
      tokenOut,
    })),
  };
}

function checkRoute(base: Address, hops: Opportunity["hops"]): void {
  if (hops.length < 2) throw new RangeError(`a cycle has at least two hops, not ${hops.length}`);
  let token = base;
  for (const { pool, tokenIn, tokenOut } of hops) {
    if (tokenIn !== token)
      throw new RangeError(`hop ${pool} takes ${tokenIn}, but the route stands at ${token}`);
    token = tokenOut;
  }
  if (token !== base) throw new RangeError(`the route ends in ${token}, not in its base ${base}`);
}

function checkAmount(name: string, amount: bigint): void {
  if (amount <= 0n || amount > MAX_UINT128) throw new RangeError(`${name} ${amount} is not in 1..2^128-1`);
}

function checkFee(pool: Address, feePpm: number): number {
  if (!Number.isInteger(feePpm) || feePpm < 0 || feePpm >= 1_000_000) {
    throw new RangeError(`fee ${feePpm} ppm of ${pool} is not a whole number in 0..999999`);
  }
  return feePpm;
}

interface ReceiptLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/**
 * What each cycle of a mined plan brought, in the plan's order, from the receipt's logs: the executor's own
 * measure by balance. Logs of other contracts do not count, whatever they look like.
 */
export function decodeRealised(logs: readonly ReceiptLog[], executor: Address): readonly Realised[] {
  return logs
    .filter(({ address }) => isAddressEqual(address, executor))
    .flatMap(({ topics, data }) => {
      const [signature, ...indexed] = topics;
      if (signature === undefined) return [];
      const event = decodeEventLog({ abi: executorAbi, topics: [signature, ...indexed], data });
      if (event.eventName !== "CycleExecuted") return [];
      const { index, base, profit } = event.args;
      return [{ index, base: lowerCase(base), profit }];
    })
    .toSorted((a, b) => (a.index < b.index ? -1 : 1))
    .map(({ base, profit }) => ({ base, profit }));
}

const lowerCase = (address: Address): Address => `0x${address.slice(2).toLowerCase()}`;
