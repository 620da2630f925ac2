import type { BenchMarket } from "../market/types.ts";
import { createViemDecoder } from "./decodePeers.ts";
import { ternary } from "./ternary.ts";
import type { Choice, Chooser, PeerWallet, ThreeHopParts, ThreeHopPipeline } from "./threeHopPipeline.ts";
import { createThreeHopPipeline, legsOf, nativeValueFloat } from "./threeHopPipeline.ts";
import type { ThreeHopList } from "./threeHops.ts";

/**
 * STOCK3: what a good peer in TypeScript does with stock parts. JSON.parse and viem's `decodeEventLog` a frame, bigint
 * state, the listed three-hop cycles through the changed pools, a float spot filter, a bigint ternary search on each
 * survivor (concentrated pools by exact stepping), the best by value in native, viem's encoder and signer.
 *
 * It does not search two or four hops, and it does not rank survivors before it sizes them.
 */
export const createStock3 = (
  market: BenchMarket,
  wallet: PeerWallet,
  list?: ThreeHopList,
): ThreeHopPipeline =>
  createThreeHopPipeline(
    market,
    { wallet, decode: createViemDecoder(market.pools), createChooser: ternaryChooser },
    list,
  );

export const ternaryChooser = (parts: ThreeHopParts): Chooser => ({
  choose: (survivors) => {
    let best: Choice | null = null;
    let bestValueFloat = 0;
    for (const cycle of survivors) {
      const size = ternary(legsOf(parts, cycle));
      if (size === null) continue;
      const valueFloat = nativeValueFloat(parts, cycle, Number(size.profit));
      if (valueFloat > bestValueFloat) {
        best = { cycle, size };
        bestValueFloat = valueFloat;
      }
    }
    return best;
  },
});
