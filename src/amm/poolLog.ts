import type { Hash, PoolKind } from "../chain/types.ts";
import { int24, type PoolLog, unsigned, wordsOf } from "./logWords.ts";
import type { ConcentratedState, PoolState, V2State } from "./poolState.ts";
import {
  MAX_SQRT_RATIO,
  MAX_TICK,
  MIN_SQRT_RATIO,
  MIN_TICK,
  sqrtRatioAtTick,
  tickAtSqrtRatio,
} from "./tickMath.ts";
import { netBetween, withPosition } from "./tickTable.ts";

/** First topics of the events that move a pool's state. Algebra shares V3's but for the last two. */
export const POOL_TOPICS = {
  sync: "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1",
  initialize: "0x98636036cb66a9c19a37435efc1e90142190214e8abeb821bdba3f2990dd4c95",
  swap: "0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67",
  mint: "0x7a53080ba414158be7ec69b987b5fb7d07dee101fe85488f0853ae16239d0bde",
  burn: "0x0c396cd989a39f4459b5fa1aed6a9a8dcdbc45908acfd67e028cd568da98982c",
  fee: "0x598b9f043c813aa6be3426ca60d1c65d17256312890be5118dab55b0775ebe2a",
  tickSpacing: "0x01413b1d5d4c359e9a0daa7909ecda165f6e8c51fe2ff529d74b22a5a7c02645",
} as const satisfies Record<string, Hash>;

/** `contradiction`: the log cannot follow on this state (or is malformed); the pool has to be read again. */
export type LogEffect =
  | { readonly changed: true; readonly state: PoolState }
  | { readonly changed: false }
  | { readonly contradiction: string };

const UNCHANGED: LogEffect = { changed: false };
const UINT128_MAX = (1n << 128n) - 1n;
/** The largest spacing that keeps a word of the bitmap inside int24; V3's factory allows no more. */
const MAX_TICK_SPACING = 16_383;

const to = (state: PoolState): LogEffect => ({ changed: true, state });
const contradiction = (reason: string): LogEffect => ({ contradiction: reason });
const malformed = (event: string): LogEffect => contradiction(`malformed ${event} log`);

/**
 * What a log of the pool does to its state. With `state` null nothing is known that a log could change, but an
 * Initialize says that there is now something to read. A concentrated state whose pool is not initialised yet has
 * `sqrtPriceX96` 0n. Logs of other events change nothing.
 */
export function applyPoolLog(kind: PoolKind, state: PoolState | null, log: PoolLog): LogEffect {
  if (state === null) {
    const initialised = kind !== "v2" && log.topics[0] === POOL_TOPICS.initialize;
    return initialised ? contradiction("initialised: its state has to be read") : UNCHANGED;
  }
  if (state.kind !== kind) return contradiction(`a log of a ${kind} pool on a ${state.kind} state`);
  return state.kind === "v2" ? applyV2(state, log) : applyConcentrated(state, log);
}

function applyV2(state: V2State, log: PoolLog): LogEffect {
  if (log.topics[0] !== POOL_TOPICS.sync) return UNCHANGED;
  const words = wordsOf(log, 0, 2);
  const reserve0 = unsigned(words?.[0], 112);
  const reserve1 = unsigned(words?.[1], 112);
  if (reserve0 === null || reserve1 === null) return malformed("Sync");
  return to({ ...state, reserve0, reserve1 });
}

function applyConcentrated(state: ConcentratedState, log: PoolLog): LogEffect {
  switch (log.topics[0] ?? "0x") {
    case POOL_TOPICS.swap:
      return applySwap(state, log);
    case POOL_TOPICS.mint:
      return applyPosition(state, wordsOf(log, 3, 4), "Mint");
    case POOL_TOPICS.burn:
      return applyPosition(state, wordsOf(log, 3, 3), "Burn");
    case POOL_TOPICS.initialize:
      return applyInitialize(state, log);
    case POOL_TOPICS.fee:
      return state.kind === "algebra" ? applyFee(state, log) : UNCHANGED;
    case POOL_TOPICS.tickSpacing:
      return state.kind === "algebra" ? applyTickSpacing(state, log) : UNCHANGED;
    default:
      return UNCHANGED;
  }
}

/** After a swap that ended on a tick on its way down, the pool's tick is the one below its price's. */
function tickFits(tick: number, sqrtPriceX96: bigint): boolean {
  if (sqrtPriceX96 < MIN_SQRT_RATIO || sqrtPriceX96 >= MAX_SQRT_RATIO) return false;
  const priceTick = tickAtSqrtRatio(sqrtPriceX96);
  return tick === priceTick || (tick === priceTick - 1 && sqrtRatioAtTick(priceTick) === sqrtPriceX96);
}

/** Swap(sender, recipient, int256 amount0, int256 amount1, uint160 price, uint128 liquidity, int24 tick) */
function applySwap(state: ConcentratedState, log: PoolLog): LogEffect {
  const words = wordsOf(log, 2, 5);
  const sqrtPriceX96 = unsigned(words?.[4], 160);
  const liquidity = unsigned(words?.[5], 128);
  const tick = int24(words?.[6]);
  if (sqrtPriceX96 === null || liquidity === null || tick === null || !tickFits(tick, sqrtPriceX96)) {
    return malformed("Swap");
  }
  if (state.sqrtPriceX96 === 0n) return contradiction("a swap in a pool that is not initialised");
  if (state.ticks !== null) {
    const expected = state.liquidity + netBetween(state.ticks, state.tick, tick);
    if (liquidity !== expected) {
      return contradiction(
        `liquidity ${liquidity} after a swap to tick ${tick}, the tick table says ${expected}`,
      );
    }
  }
  return to({ ...state, sqrtPriceX96, liquidity, tick });
}

/** A burn may concern ticks of a former spacing. */
function placed(state: ConcentratedState, lower: number, upper: number, event: "Mint" | "Burn"): boolean {
  const { tickSpacing } = state;
  const onSpacing = event === "Burn" || (lower % tickSpacing === 0 && upper % tickSpacing === 0);
  return lower < upper && lower >= MIN_TICK && upper <= MAX_TICK && onSpacing;
}

/**
 * Mint(sender, indexed owner, indexed lower, indexed upper, uint128 amount, uint256 amount0, uint256 amount1);
 * Burn is the same without the sender. Indexed words come first.
 */
function applyPosition(
  state: ConcentratedState,
  words: readonly bigint[] | null,
  event: "Mint" | "Burn",
): LogEffect {
  const lower = int24(words?.[1]);
  const upper = int24(words?.[2]);
  const amount = unsigned(words?.[event === "Mint" ? 4 : 3], 127);
  if (lower === null || upper === null || amount === null) return malformed(event);
  if (!placed(state, lower, upper, event)) {
    return contradiction(`${event} over ${lower}..${upper} at tick spacing ${state.tickSpacing}`);
  }
  if (state.sqrtPriceX96 === 0n) return contradiction(`${event} in a pool that is not initialised`);
  // A burn of nothing only settles the owner's fees.
  if (amount === 0n) return event === "Burn" ? UNCHANGED : malformed(event);
  return movePosition(state, lower, upper, event === "Mint" ? amount : -amount);
}

function movePosition(state: ConcentratedState, lower: number, upper: number, change: bigint): LogEffect {
  const inRange = lower <= state.tick && state.tick < upper;
  const liquidity = state.liquidity + (inRange ? change : 0n);
  if (liquidity < 0n || liquidity > UINT128_MAX) return contradiction(`liquidity ${liquidity} out of range`);
  if (state.ticks === null) return inRange ? to({ ...state, liquidity }) : UNCHANGED;
  const ticks = withPosition(state.ticks, lower, upper, change);
  if (ticks === null) return contradiction(`a burn over ${lower}..${upper} of liquidity that is not there`);
  return to({ ...state, liquidity, ticks });
}

/** Initialize(uint160 price, int24 tick) */
function applyInitialize(state: ConcentratedState, log: PoolLog): LogEffect {
  const words = wordsOf(log, 0, 2);
  const sqrtPriceX96 = unsigned(words?.[0], 160);
  const tick = int24(words?.[1]);
  if (sqrtPriceX96 === null || tick === null || !tickFits(tick, sqrtPriceX96)) return malformed("Initialize");
  if (state.sqrtPriceX96 !== 0n) return contradiction("a pool is initialised once");
  return to({ ...state, sqrtPriceX96, tick });
}

/** Fee(uint16) */
function applyFee(state: ConcentratedState, log: PoolLog): LogEffect {
  const fee = unsigned(wordsOf(log, 0, 1)?.[0], 16);
  return fee === null ? malformed("Fee") : to({ ...state, feePpm: Number(fee) });
}

/** TickSpacing(int24) */
function applyTickSpacing(state: ConcentratedState, log: PoolLog): LogEffect {
  const tickSpacing = int24(wordsOf(log, 0, 1)?.[0]);
  if (tickSpacing === null || tickSpacing < 1 || tickSpacing > MAX_TICK_SPACING)
    return malformed("TickSpacing");
  return to({ ...state, tickSpacing });
}
