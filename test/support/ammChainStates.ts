import { type Arbitrary, array, bigInt, constant, constantFrom, integer, oneof, record } from "fast-check";
import type { ConcentratedState } from "../../src/amm/poolState.ts";
import { MAX_TICK, MIN_TICK, sqrtRatioAtTick, tickAtSqrtRatio } from "../../src/amm/tickMath.ts";
import { netBetween, tickTable, withPosition } from "../../src/amm/tickTable.ts";

/** Liquidity over all prices and at most five positions, at a spacing, near a tick. */
export interface Layout {
  readonly kind: "v3" | "algebra";
  readonly feePpm: number;
  readonly tickSpacing: number;
  readonly tick: number;
  /** Where in its tick the price stands, in parts per million. */
  readonly withinPpm: number;
  readonly everywhere: bigint;
  readonly positions: readonly {
    readonly from: number;
    readonly width: number;
    readonly liquidity: bigint;
  }[];
}

/** A state that a contract can be in: price and tick fit, and so do liquidity and tick table. */
export function stateOf({ kind, feePpm, tickSpacing, ...layout }: Layout): ConcentratedState {
  const price = sqrtRatioAtTick(layout.tick);
  const step = sqrtRatioAtTick(layout.tick + 1) - price;
  const sqrtPriceX96 = price + (step * BigInt(layout.withinPpm)) / 1_000_000n;
  const tick = tickAtSqrtRatio(sqrtPriceX96);
  const highest = Math.floor(MAX_TICK / tickSpacing) * tickSpacing;
  let ticks = tickTable([]);
  const add = (lower: number, upper: number, liquidity: bigint): void => {
    ticks = withPosition(ticks, lower, upper, liquidity) ?? ticks;
  };
  if (layout.everywhere > 0n) add(-highest, highest, layout.everywhere);
  for (const { from, width, liquidity } of layout.positions) {
    const lower = (Math.floor(tick / tickSpacing) + from) * tickSpacing;
    add(lower, lower + width * tickSpacing, liquidity);
  }
  const liquidity = netBetween(ticks, MIN_TICK - 1, tick);
  return { kind, feePpm, tickSpacing, sqrtPriceX96, tick, liquidity, ticks };
}

const liquidityArb = bigInt({ min: 1n, max: 2n ** 90n });

export const layoutArb: Arbitrary<Layout> = record({
  kind: constantFrom("v3", "algebra"),
  feePpm: constantFrom(0, 1, 100, 500, 3000, 10_000, 65_535),
  tickSpacing: constantFrom(10, 60, 200),
  tick: integer({ min: -300_000, max: 300_000 }),
  withinPpm: oneof(constant(0), integer({ min: 0, max: 999_999 })),
  everywhere: oneof(constant(0n), liquidityArb),
  positions: array(
    record({
      from: integer({ min: -40, max: 20 }),
      width: integer({ min: 1, max: 60 }),
      liquidity: liquidityArb,
    }),
    { maxLength: 5 },
  ),
});

export const stateArb: Arbitrary<ConcentratedState> = layoutArb.map(stateOf);
