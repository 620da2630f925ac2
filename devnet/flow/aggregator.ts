import { concatHex, numberToHex } from "viem";
import { callOf, isV2, poolOf } from "./order.ts";
import type { FlowKind } from "./order.ts";

/** 1inch's `swap` selector; what follows is in no ABI (see Aggregator.sol). */
const SELECTOR = "0x07ed2379";

const word16 = (value: bigint) => numberToHex(value, { size: 16 });

/** Swaps straight against the pools of any exchange: only a simulation tells what they do. */
export const AGGREGATOR_KINDS: readonly FlowKind[] = [
  {
    name: "aggregator.swap",
    weight: 0.6,
    hasDeadline: false,
    fits: () => true,
    call: (order, market) => {
      const { hops, path, amountIn, amountOutMinimum } = order;
      const data = concatHex([
        SELECTOR,
        path[0] ?? "0x",
        word16(amountIn),
        word16(amountOutMinimum),
        ...hops.flatMap(({ venue }) => [
          numberToHex(isV2(venue) ? 0 : 1, { size: 1 }),
          poolOf(market, venue),
        ]),
      ]);
      return callOf(order, market.registry.aggregator, data);
    },
  },
];
