import type { PoolState } from "../amm/poolState.ts";

/** What a swap changes of a pool, as `quote` and `decode` print it. */
export const printedState = (state: PoolState): Record<string, string | number> =>
  state.kind === "v2"
    ? { reserve0: state.reserve0.toString(), reserve1: state.reserve1.toString() }
    : {
        sqrtPriceX96: state.sqrtPriceX96.toString(),
        tick: state.tick,
        liquidity: state.liquidity.toString(),
      };
