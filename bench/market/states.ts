import type { ConcentratedState, PoolState, TickTable, V2State } from "../../src/amm/poolState.ts";
import { MAX_TICK, tickAtSqrtRatio } from "../../src/amm/tickMath.ts";
import { tickTable } from "../../src/amm/tickTable.ts";
import { rawNear, type Random } from "./random.ts";
import type { PricedToken, Site } from "./topology.ts";

/** Where a pool stands when it is fair, how far gas and fee let it stray, and how deep it is. */
export interface Anchor {
  /** Natural logarithm of raw token1 per raw token0. */
  readonly fairLogFloat: number;
  /** Strays up to so much in the logarithm of the price pay no one. */
  readonly bandFloat: number;
  /** Dollars on each side, near the price. */
  readonly depthUsdFloat: number;
}

const GAS_USD = 0.006;
const LEAST_DEPTH_USD = 30;
const MOST_DEPTH_USD = 2e7;
/** Median depth of the most popular pair; it falls with popularity to this power. */
const TOP_DEPTH_USD = 400_000;
const DEPTH_FALL = 0.75;
const DEPTH_SPREAD = 1.3;

/** A move that a single trade could earn on costs its fee, and gas: about `depth * move^2 / 4` is to be had. */
export const gasBandFloat = (depthUsdFloat: number): number => 1.6 * Math.sqrt(GAS_USD / depthUsdFloat);

export function makeAnchor(site: Site, random: Random): Anchor {
  const { first, second, feePpm, popularity, share, pool } = site;
  const median = TOP_DEPTH_USD * popularity ** DEPTH_FALL * (share / 0.3);
  const plain = median * Math.exp(DEPTH_SPREAD * random.normal());
  // Liquidity near the price counts, and concentrated pools have most of theirs there.
  const concentration = pool.kind === "v2" ? 1 : 2 * 15 ** random.next();
  const depthUsdFloat = Math.min(Math.max(plain * concentration, LEAST_DEPTH_USD), MOST_DEPTH_USD);
  return {
    fairLogFloat: Math.log(rawPerUsd(second) / rawPerUsd(first)),
    bandFloat: feePpm / 1e6 + gasBandFloat(depthUsdFloat),
    depthUsdFloat,
  };
}

const rawPerUsd = ({ token, usd }: PricedToken): number => 10 ** token.decimals / usd;

/** A price within the band, anywhere as likely. */
export const strayFloat = ({ bandFloat }: Anchor, random: Random): number =>
  bandFloat * (2 * random.next() - 1);

export function makeState(site: Site, anchor: Anchor, random: Random): PoolState {
  const stray = strayFloat(anchor, random);
  const raw0 = anchor.depthUsdFloat * rawPerUsd(site.first) * Math.exp(-stray / 2);
  const raw1 = anchor.depthUsdFloat * rawPerUsd(site.second) * Math.exp(stray / 2);
  return site.pool.kind === "v2"
    ? v2State(site.feePpm, raw0, raw1, random)
    : concentratedState(site, raw0, raw1, random);
}

const v2State = (feePpm: number, raw0: number, raw1: number, random: Random): V2State => ({
  kind: "v2",
  feePpm,
  reserve0: rawNear(raw0, random),
  reserve1: rawNear(raw1, random),
});

/** Virtual reserves at the price are `raw0` and `raw1`: liquidity is the root of their product. */
function concentratedState(site: Site, raw0: number, raw1: number, random: Random): ConcentratedState {
  const { feePpm, tickSpacing, pool } = site;
  const sqrtPriceX96 = rawNear(Math.sqrt(raw1 / raw0) * 2 ** 96, random);
  const tick = tickAtSqrtRatio(sqrtPriceX96);
  const positions = makePositions(tick, tickSpacing, random);
  const inRange = positions.filter(({ lower, upper }) => lower <= tick && tick < upper);
  const unit = Math.sqrt(raw0 * raw1) / inRange.reduce((sum, { weight }) => sum + weight, 0);
  const sized = positions.map((position) => ({ ...position, size: rawNear(position.weight * unit, random) }));
  let liquidity = 0n;
  for (const { lower, upper, size } of sized) if (lower <= tick && tick < upper) liquidity += size;
  return {
    kind: pool.kind === "algebra" ? "algebra" : "v3",
    feePpm,
    tickSpacing,
    sqrtPriceX96,
    tick,
    liquidity,
    ticks: tableOf(sized),
  };
}

interface Position {
  readonly lower: number;
  readonly upper: number;
  readonly weight: number;
}

/** One position holds the price, most pools have one over all prices, the others lie where they like. */
function makePositions(tick: number, spacing: number, random: Random): readonly Position[] {
  const last = Math.floor(MAX_TICK / spacing) * spacing;
  const place = (center: number, width: number, weight: number): Position => {
    const lower = Math.max(Math.floor((center - width / 2) / spacing) * spacing, -last);
    return { lower, upper: Math.min(lower + Math.ceil(width / spacing) * spacing, last), weight };
  };
  const width = (): number => spacing * 3 + 40 * 300 ** random.next();
  const holding = width();
  const positions = [place(tick, holding, 0.2 + random.next())];
  if (random.next() < 0.85) positions.push({ lower: -last, upper: last, weight: 0.05 + 0.2 * random.next() });
  for (let more = random.below(20); more > 0; more--) {
    const wide = width();
    positions.push(place(tick + (random.normal() * wide) / 2, wide, random.next()));
  }
  return positions;
}

function tableOf(
  positions: readonly { readonly lower: number; readonly upper: number; readonly size: bigint }[],
): TickTable {
  const nets = new Map<number, { net: bigint; gross: bigint }>();
  const add = (tick: number, net: bigint, gross: bigint): void => {
    const known = nets.get(tick);
    nets.set(tick, { net: (known?.net ?? 0n) + net, gross: (known?.gross ?? 0n) + gross });
  };
  for (const { lower, upper, size } of positions) {
    add(lower, size, size);
    add(upper, -size, size);
  }
  return tickTable([...nets].map(([tick, { net, gross }]) => [tick, net, gross]));
}
