import type { Opportunity } from "../search/opportunity.ts";

/** An opportunity as `scan` and `replay` print it: amounts as decimal text. */
export interface PrintedOpportunity {
  readonly id: string;
  readonly base: string;
  readonly amountIn: string;
  readonly amountOut: string;
  readonly profit: string;
  readonly marginal: number;
  readonly verdict: string;
  readonly hops: readonly {
    readonly pool: string;
    readonly kind: string;
    readonly tokenIn: string;
    readonly tokenOut: string;
    readonly amountIn: string;
    readonly amountOut: string;
  }[];
}

export const printed = ({ cycle, hops, ...rest }: Opportunity): PrintedOpportunity => ({
  id: cycle.id,
  base: cycle.base,
  amountIn: rest.amountIn.toString(),
  amountOut: rest.amountOut.toString(),
  profit: rest.profit.toString(),
  marginal: rest.marginal,
  verdict: rest.verdict,
  hops: hops.map(({ pool, kind, tokenIn, tokenOut, amountIn, amountOut }) => ({
    pool,
    kind,
    tokenIn,
    tokenOut,
    amountIn: amountIn.toString(),
    amountOut: amountOut.toString(),
  })),
});
