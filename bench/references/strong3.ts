import type { BenchMarket } from "../market/types.ts";
import type { ClosedForm } from "./closedForm.ts";
import { closedFormInput, createClosedForm, exactGain, readPool } from "./closedForm.ts";
import type { FrameDecoder } from "./decodePeers.ts";
import type { Choice, Chooser, PeerWallet, ThreeHopParts, ThreeHopPipeline } from "./threeHopPipeline.ts";
import { createThreeHopPipeline, nativeValueFloat } from "./threeHopPipeline.ts";
import type { ThreeHopList } from "./threeHops.ts";

export interface Strong3Options {
  readonly wallet: PeerWallet;
  /** Any decoder; the product's own makes the comparison one of search and signing. */
  readonly decode: FrameDecoder;
  /**
   * `each` survivor is checked in exact integers (default: the closed form stands in for the search by quotes, and
   * nothing else changes), or only the `best` by its float estimate, and the next best where integers deny it.
   */
  readonly exactCheck?: "each" | "best";
}

/**
 * STRONG3: STOCK3 with a float closed form in the place of the ternary search, and a frame decoder of choice. Cycles of
 * V2 pools alone have the classical closed form over typed arrays; those with a concentrated pool the piecewise one
 * (`src/search`). The size is rounded down and checked once in exact integers. List, filter, encoder and signer are
 * STOCK3's; it does not refine a size on the integer staircase.
 */
export const createStrong3 = (
  market: BenchMarket,
  { wallet, decode, exactCheck = "each" }: Strong3Options,
  list?: ThreeHopList,
): ThreeHopPipeline =>
  createThreeHopPipeline(
    market,
    {
      wallet,
      decode,
      createChooser: (parts) => {
        const form = createClosedForm(parts.list, parts.state);
        const choose = exactCheck === "each" ? chooseByExact(parts, form) : chooseByFloat(parts, form);
        return { choose, updated: (pool) => readPool(form, pool) };
      },
    },
    list,
  );

const chooseByExact =
  (parts: ThreeHopParts, form: ClosedForm): Chooser["choose"] =>
  (survivors) => {
    let best: Choice | null = null;
    let bestValueFloat = 0;
    for (const cycle of survivors) {
      const amountIn = BigInt(Math.floor(closedFormInput(form, cycle)));
      if (amountIn === 0n) continue;
      const profit = exactGain(form, cycle, amountIn);
      const valueFloat = nativeValueFloat(parts, cycle, Number(profit));
      if (valueFloat > bestValueFloat) {
        best = { cycle, size: { amountIn, profit } };
        bestValueFloat = valueFloat;
      }
    }
    return best;
  };

const chooseByFloat =
  (parts: ThreeHopParts, form: ClosedForm): Chooser["choose"] =>
  (survivors) => {
    const ranked: { cycle: number; inputFloat: number; valueFloat: number }[] = [];
    for (const cycle of survivors) {
      const inputFloat = closedFormInput(form, cycle);
      const valueFloat = nativeValueFloat(parts, cycle, form.profitFloat);
      if (inputFloat >= 1 && valueFloat > 0) ranked.push({ cycle, inputFloat, valueFloat });
    }
    ranked.sort((a, b) => b.valueFloat - a.valueFloat);
    for (const { cycle, inputFloat } of ranked) {
      const amountIn = BigInt(Math.floor(inputFloat));
      const profit = exactGain(form, cycle, amountIn);
      if (profit > 0n) return { cycle, size: { amountIn, profit } };
    }
    return null;
  };
