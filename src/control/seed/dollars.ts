import type { Token } from "../../chain/types.ts";
import type { Valuer } from "../../search/prices.ts";
import type { ControlPorts } from "../ports.ts";

type DollarPorts = Pick<ControlPorts, "tokens" | "usd">;

/**
 * The market's price has the fee of selling dollars in it; native is sold the other way. Twice what the dearest usual
 * pool takes (0.3 %) is left off what we earn.
 */
const SALE_SHARE = 0.994;
const DECIMALS = 6;

/**
 * Wei of the native token in US dollars, as a decimal: an estimate through the market's own prices, rounded against
 * us. Of several dollars the one that makes least of it counts. "0" where none has a price.
 */
export function dollarsOf(wei: bigint, valuer: Valuer, { tokens, usd }: DollarPorts): string {
  const weiPerDollar = usd
    .flatMap((address) => tokens.get(address) ?? [])
    .map((token) => weiPerDollarFloat(token, valuer))
    .filter((rate) => rate > 0 && rate < Infinity);
  if (weiPerDollar.length === 0 || wei === 0n) return "0";
  const gains = wei > 0n;
  const rate = gains ? Math.max(...weiPerDollar) / SALE_SHARE : Math.min(...weiPerDollar);
  const unit = 10 ** DECIMALS;
  const rounded = Math.floor((Number(wei) / rate) * unit) / unit;
  return Math.abs(rounded) < 1e15 ? (rounded || 0).toFixed(DECIMALS) : "0";
}

const weiPerDollarFloat = ({ address, decimals }: Token, valuer: Valuer): number =>
  valuer.rateFloat(address) * 10 ** decimals;
