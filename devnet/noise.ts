import { encodeFunctionData, encodePacked, parseAbi } from "viem";
import type { Address } from "../src/chain/types.ts";
import { TRADER_COUNT } from "./accounts.ts";
import { VENUES, amountWorth, routerOf, tokenBySymbol } from "./market.ts";
import type { PricedToken, Venue } from "./market.ts";
import { FAR_DEADLINE } from "./pools.ts";
import { createRandom } from "./random.ts";
import type { DevRegistry } from "./registry.ts";
import type { Call, Fees } from "./signing.ts";

const V2_ABI = parseAbi([
  "function swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
  "function swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)",
  "function swapTokensForExactTokens(uint256,uint256,address[],address,uint256)",
  "function swapExactETHForTokens(uint256,address[],address,uint256) payable",
  "function swapExactTokensForETH(uint256,uint256,address[],address,uint256)",
]);
const V3_ABI = parseAbi([
  "struct In { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96; }",
  "struct Out { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountOut; uint256 amountInMaximum; uint160 sqrtPriceLimitX96; }",
  "struct Path { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; }",
  "function exactInputSingle(In)",
  "function exactOutputSingle(Out)",
  "function exactInput(Path)",
]);
const ROUTER02_ABI = parseAbi([
  "struct In { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96; }",
  "function exactInputSingle(In)",
]);
const ALGEBRA_ABI = parseAbi([
  "struct In { address tokenIn; address tokenOut; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; uint160 limitSqrtPrice; }",
  "function exactInputSingle(In)",
]);

const GWEI = 1_000_000_000n;
const SWAP_GAS = 400_000n;
/** A trade is undone by an equal one this many blocks later: prices come back to their anchors by themselves. */
const LAGS = { shortest: 3, spread: 10 } as const;
/** Openings in a block; about as many closings come on top. */
const OPENINGS = { fewest: 2, spread: 3 } as const;
/** Trade size as a share of one side of the pool; concentrated pools are some eight times deeper near the price. */
const SHARES = {
  v2: { least: 0.003, spread: 0.013 },
  concentrated: { least: 0.01, spread: 0.03 },
} as const;

/** A trade as planned: dollars of one token into a pool, and back `lag` blocks later. */
interface Opening {
  readonly venue: Venue;
  readonly sellsFirst: boolean;
  readonly usd: number;
  readonly lag: number;
}

/** One transaction of a trader, by its index. */
export interface NoiseTrade {
  readonly trader: number;
  readonly call: Call;
  readonly fees: Fees;
}

type Random = () => number;

const blockRandom = (seed: number, block: number, salt: number): Random =>
  createRandom(Math.imul(seed, 0x9e37_79b1) ^ Math.imul(block, 0x85eb_ca6b) ^ salt);

const pick = <T>(random: Random, from: readonly T[]): T => {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
};

const isV2 = ({ dex }: Venue): boolean => dex.endsWith("_v2");
const V2_VENUES = VENUES.filter(isV2);
const OTHER_VENUES = VENUES.filter((venue) => !isV2(venue));

function openingsOf(seed: number, block: number): readonly Opening[] {
  const random = blockRandom(seed, block, 1);
  const count = OPENINGS.fewest + Math.floor(random() * OPENINGS.spread);
  return Array.from({ length: count }, () => {
    const venue = pick(random, random() < 0.65 ? V2_VENUES : OTHER_VENUES);
    const { least, spread } = isV2(venue) ? SHARES.v2 : SHARES.concentrated;
    return {
      venue,
      sellsFirst: random() < 0.5,
      usd: Math.round(venue.usd * (least + random() * spread)),
      lag: LAGS.shortest + Math.floor(random() * LAGS.spread),
    };
  });
}

interface Order {
  readonly venue: Venue;
  readonly tokenIn: PricedToken;
  readonly tokenOut: PricedToken;
  readonly usd: number;
  readonly amountIn: bigint;
  readonly amountOutMinimum: bigint;
  readonly recipient: Address;
}

/** Accounts, tokens and routers that the trades use. */
export interface NoiseMarket {
  readonly registry: DevRegistry;
  readonly tokens: readonly PricedToken[];
  readonly traders: readonly Address[];
}

function v2Call({ registry }: NoiseMarket, order: Order, random: Random): Call {
  const { tokenIn, tokenOut, amountIn, amountOutMinimum, recipient } = order;
  const to = routerOf(registry, order.venue.dex);
  const path = [tokenIn.address, tokenOut.address];
  const dice = random();
  const swap = (data: Call["data"], value = 0n): Call => ({ to, data, gas: SWAP_GAS, value });
  if (tokenIn.address === registry.wrapped && dice < 0.3) {
    const args = [amountOutMinimum, path, recipient, FAR_DEADLINE] as const;
    return swap(encodeFunctionData({ abi: V2_ABI, functionName: "swapExactETHForTokens", args }), amountIn);
  }
  if (dice < 0.1) {
    const args = [amountWorth(tokenOut, order.usd), amountIn * 2n, path, recipient, FAR_DEADLINE] as const;
    return swap(encodeFunctionData({ abi: V2_ABI, functionName: "swapTokensForExactTokens", args }));
  }
  const functionName =
    tokenOut.address === registry.wrapped && dice < 0.4
      ? "swapExactTokensForETH"
      : dice > 0.93
        ? "swapExactTokensForTokensSupportingFeeOnTransferTokens"
        : "swapExactTokensForTokens";
  const args = [amountIn, amountOutMinimum, path, recipient, FAR_DEADLINE] as const;
  return swap(encodeFunctionData({ abi: V2_ABI, functionName, args }));
}

function v3Call({ registry }: NoiseMarket, order: Order, random: Random): Call {
  const { amountIn, amountOutMinimum, recipient, venue, usd } = order;
  const [tokenIn, tokenOut] = [order.tokenIn.address, order.tokenOut.address];
  const fee = venue.fee ?? 3000;
  const deadline = FAR_DEADLINE;
  const plain = { tokenIn, tokenOut, fee, recipient, sqrtPriceLimitX96: 0n };
  const swap = (data: Call["data"], to = registry.v3.router): Call => ({ to, data, gas: SWAP_GAS });
  const dice = random();
  if (dice < 0.15) {
    const amountOut = amountWorth(order.tokenOut, usd);
    const args = [{ ...plain, deadline, amountOut, amountInMaximum: amountIn * 2n }] as const;
    return swap(encodeFunctionData({ abi: V3_ABI, functionName: "exactOutputSingle", args }));
  }
  if (dice < 0.3) {
    const path = encodePacked(["address", "uint24", "address"], [tokenIn, fee, tokenOut]);
    const args = [{ path, recipient, deadline, amountIn, amountOutMinimum }] as const;
    return swap(encodeFunctionData({ abi: V3_ABI, functionName: "exactInput", args }));
  }
  if (dice < 0.5) {
    const args = [{ ...plain, amountIn, amountOutMinimum }] as const;
    const data = encodeFunctionData({ abi: ROUTER02_ABI, functionName: "exactInputSingle", args });
    return swap(data, registry.swapRouter02);
  }
  const args = [{ ...plain, deadline, amountIn, amountOutMinimum }] as const;
  return swap(encodeFunctionData({ abi: V3_ABI, functionName: "exactInputSingle", args }));
}

function algebraCall({ registry }: NoiseMarket, order: Order): Call {
  const { amountIn, amountOutMinimum, recipient } = order;
  const [tokenIn, tokenOut] = [order.tokenIn.address, order.tokenOut.address];
  const rest = { recipient, deadline: FAR_DEADLINE, amountIn, amountOutMinimum, limitSqrtPrice: 0n };
  const data = encodeFunctionData({
    abi: ALGEBRA_ABI,
    functionName: "exactInputSingle",
    args: [{ tokenIn, tokenOut, ...rest }],
  });
  return { to: registry.algebra.router, data, gas: 600_000n };
}

function tradeOf(market: NoiseMarket, opening: Opening, closes: boolean, random: Random): NoiseTrade {
  const { venue, usd } = opening;
  const [first, second] = venue.pair.map((symbol) => tokenBySymbol(market.tokens, symbol));
  if (first === undefined || second === undefined) throw new Error(`${venue.dex} has a pool without a pair`);
  const [tokenIn, tokenOut] = opening.sellsFirst !== closes ? [first, second] : [second, first];
  const trader = Math.floor(random() * TRADER_COUNT);
  const recipient = market.traders[trader];
  if (recipient === undefined) throw new Error("too few trader accounts");
  // Most give no bound, as careless users do; some bear 4 % and then may fail.
  const amountOutMinimum = random() < 0.8 ? 0n : (amountWorth(tokenOut, usd) * 96n) / 100n;
  const order = {
    venue,
    tokenIn,
    tokenOut,
    usd,
    amountIn: amountWorth(tokenIn, usd),
    amountOutMinimum,
    recipient,
  };
  const call = isV2(venue)
    ? v2Call(market, order, random)
    : venue.dex === market.registry.v3.name
      ? v3Call(market, order, random)
      : algebraCall(market, order);
  const tip = 30n * GWEI + BigInt(Math.floor(random() * 90e9));
  return { trader, call, fees: { maxFeePerGas: 2000n * GWEI, maxPriorityFeePerGas: tip } };
}

/**
 * All trades of one block: a function of seed and block number alone, never of prices, clock or what happened to
 * earlier ones. `firstBlock` is the first with trades, so that nothing closes which never opened.
 */
export function noiseOf(
  market: NoiseMarket,
  { seed, firstBlock }: { readonly seed: number; readonly firstBlock: number },
  block: number,
): readonly NoiseTrade[] {
  const random = blockRandom(seed, block, 2);
  const opened = openingsOf(seed, block).map((opening) => tradeOf(market, opening, false, random));
  const closed: NoiseTrade[] = [];
  for (let lag = LAGS.shortest; lag < LAGS.shortest + LAGS.spread; lag++) {
    if (block - lag < firstBlock) break;
    for (const opening of openingsOf(seed, block - lag)) {
      if (opening.lag === lag) closed.push(tradeOf(market, opening, true, random));
    }
  }
  return [...opened, ...closed];
}
