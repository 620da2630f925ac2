import { concatHex, encodeAbiParameters, encodeFunctionData, parseAbi, parseAbiParameters } from "viem";
import type { Address, Hex } from "../../src/chain/types.ts";
import { VENUES } from "../market.ts";
import { callOf, everyHop, getsWrapped, halfOf, isUniswapV2, isUniswapV3, paysWrapped } from "./order.ts";
import type { FlowKind, FlowMarket, Order } from "./order.ts";
import { packedPath, packedPathBack } from "./path.ts";

const ABI = parseAbi([
  "function execute(bytes,bytes[],uint256) payable",
  "function execute(bytes,bytes[]) payable",
]);

/** One command of a plan with its input. */
interface Command {
  readonly id: Hex;
  readonly input: Hex;
}

/** The router's own words for the sender, for itself, for native coins, and for all that it holds. */
const SENDER: Address = "0x0000000000000000000000000000000000000001";
const ROUTER: Address = "0x0000000000000000000000000000000000000002";
const BALANCE = 1n << 255n;

/** Who gets the interface's share; nobody has its key. */
const FEE_TAKER: Address = "0x0000000000000000000000000000000000fee000";
const FEE_BIPS = 25n;

const V3_PATH = parseAbiParameters("address, uint256, uint256, bytes, bool");
const V2_PATH = parseAbiParameters("address, uint256, uint256, address[], bool");
const TOKEN_TO = parseAbiParameters("address, address, uint256");
const TO_AMOUNT = parseAbiParameters("address, uint256");
const PERMIT_SINGLE = parseAbiParameters(
  "((address token, uint160 amount, uint48 expiration, uint48 nonce) details, address spender, uint256 sigDeadline), bytes",
);
const PLAN = parseAbiParameters("bytes, bytes[]");

interface Ends {
  readonly to: Address;
  /** The sender pays by Permit2; else the router pays with what it holds. */
  readonly senderPays: boolean;
}

function exactIn(order: Order, { to, senderPays }: Ends): Command {
  const { amountIn, amountOutMinimum, path } = order;
  if (everyHop(order, isUniswapV2)) {
    const input = encodeAbiParameters(V2_PATH, [to, amountIn, amountOutMinimum, path, senderPays]);
    return { id: "0x08", input };
  }
  const args = [to, amountIn, amountOutMinimum, packedPath(order), senderPays] as const;
  return { id: "0x00", input: encodeAbiParameters(V3_PATH, args) };
}

function exactOut(order: Order, { to, senderPays }: Ends): Command {
  const { amountOut, amountInMaximum, path } = order;
  if (everyHop(order, isUniswapV2)) {
    const input = encodeAbiParameters(V2_PATH, [to, amountOut, amountInMaximum, path, senderPays]);
    return { id: "0x09", input };
  }
  const args = [to, amountOut, amountInMaximum, packedPathBack(order), senderPays] as const;
  return { id: "0x01", input: encodeAbiParameters(V3_PATH, args) };
}

const transferIn = (token: Address, amount: bigint): Command => ({
  id: "0x02",
  input: encodeAbiParameters(TOKEN_TO, [token, ROUTER, amount]),
});
const sweep = (token: Address, least: bigint): Command => ({
  id: "0x04",
  input: encodeAbiParameters(TOKEN_TO, [token, SENDER, least]),
});
const payPortion = (token: Address): Command => ({
  id: "0x06",
  input: encodeAbiParameters(TOKEN_TO, [token, FEE_TAKER, FEE_BIPS]),
});
const wrap = (amount: bigint): Command => ({
  id: "0x0b",
  input: encodeAbiParameters(TO_AMOUNT, [ROUTER, amount]),
});
const unwrap = (least: bigint): Command => ({
  id: "0x0c",
  input: encodeAbiParameters(TO_AMOUNT, [SENDER, least]),
});

/** A permit without an end, so that it changes nothing; the local Permit2 looks at no signature. */
function permit({ path, deadline }: Order, spender: Address): Command {
  const [token = SENDER] = path;
  const details = { token, amount: (1n << 160n) - 1n, expiration: 2 ** 48 - 1, nonce: 0 };
  const signature: Hex = `0x${"1b".padStart(130, "0")}`;
  const input = encodeAbiParameters(PERMIT_SINGLE, [{ details, spender, sigDeadline: deadline }, signature]);
  return { id: "0x0a", input };
}

const plan = (commands: readonly Command[]) =>
  [concatHex(commands.map(({ id }) => id)), commands.map(({ input }) => input)] as const;

const subPlan = (commands: readonly Command[], mayRevert = false): Command => ({
  id: mayRevert ? "0xa1" : "0x21",
  input: encodeAbiParameters(PLAN, plan(commands)),
});

/** One swap a hop, each with what the one before left in the router. */
const chained = (order: Order): readonly Command[] =>
  order.hops.map((hop, i) => {
    const [isFirst, isLast] = [i === 0, i === order.hops.length - 1];
    const step: Order = {
      ...order,
      hops: [hop],
      path: order.path.slice(i, i + 2),
      amountIn: isFirst ? order.amountIn : BALANCE,
      amountOutMinimum: isLast ? order.amountOutMinimum : 0n,
    };
    return exactIn(step, { to: isLast ? SENDER : ROUTER, senderPays: isFirst });
  });

const pairKey = (pair: readonly [string, string]): string => pair.toSorted().join("/");

/** The same trade at the pool of Uniswap V3 with the same pair, if there is one. */
function besideV3(order: Order): Order | null {
  const [hop] = order.hops;
  if (hop === undefined || order.hops.length > 1 || !isUniswapV2(hop.venue)) return null;
  const wanted = pairKey(hop.venue.pair);
  const venue = VENUES.find((one) => isUniswapV3(one) && pairKey(one.pair) === wanted);
  return venue === undefined ? null : { ...order, hops: [{ ...hop, venue }] };
}

/** Half at each of two pools. */
function split(order: Order): readonly Command[] {
  const other = besideV3(order);
  if (other === null) throw new Error("no second pool for this pair");
  const ends: Ends = { to: SENDER, senderPays: true };
  return [exactIn(halfOf(order), ends), exactIn(halfOf(other), ends)];
}

const SENDER_TO_SENDER: Ends = { to: SENDER, senderPays: true };
const INTO_ROUTER: Ends = { to: ROUTER, senderPays: true };
const OUT_OF_ROUTER: Ends = { to: SENDER, senderPays: false };

const firstToken = ({ path }: Order): Address => path[0] ?? SENDER;
const lastToken = ({ path }: Order): Address => path.at(-1) ?? SENDER;
const unbound = (order: Order): Order => ({ ...order, amountOutMinimum: 0n });
const impossible = (order: Order): Order => ({ ...order, amountOutMinimum: order.amountOut * 3n });

type Fits = (order: Order, market: FlowMarket) => boolean;

const isV2: Fits = (order) => everyHop(order, isUniswapV2);
const isV3: Fits = (order) => everyHop(order, isUniswapV3);
const isOneFamily: Fits = (order, market) => isV2(order, market) || isV3(order, market);
const isUniswap: Fits = (order) =>
  order.hops.length > 1 && everyHop(order, (venue) => isUniswapV2(venue) || isUniswapV3(venue));
const nativeIn: Fits = (order, market) => isOneFamily(order, market) && paysWrapped(order, market);
const nativeOut: Fits = (order, market) => isOneFamily(order, market) && getsWrapped(order, market);

interface Facts {
  readonly weight: number;
  readonly fits: Fits;
  readonly commands: (order: Order, market: FlowMarket) => readonly Command[];
  /** Native coins sent along; default none. */
  readonly value?: (order: Order) => bigint;
  readonly hasDeadline?: boolean;
}

const kind = (name: string, facts: Facts): FlowKind => ({
  name: `universal.${name}`,
  weight: facts.weight,
  hasDeadline: facts.hasDeadline ?? true,
  fits: facts.fits,
  call: (order, market) => {
    const [commands, inputs] = plan(facts.commands(order, market));
    const data =
      facts.hasDeadline === false
        ? encodeFunctionData({ abi: ABI, functionName: "execute", args: [commands, inputs] })
        : encodeFunctionData({ abi: ABI, functionName: "execute", args: [commands, inputs, order.deadline] });
    return callOf(order, market.registry.universalRouter, data, facts.value?.(order));
  },
});

/** The Universal Router: plans of commands over Uniswap V2 and V3, paid by Permit2 or with native coins. */
export const UNIVERSAL_KINDS: readonly FlowKind[] = [
  kind("v2ExactIn", { weight: 5, fits: isV2, commands: (order) => [exactIn(order, SENDER_TO_SENDER)] }),
  kind("v2ExactOut", { weight: 1, fits: isV2, commands: (order) => [exactOut(order, SENDER_TO_SENDER)] }),
  kind("v3ExactIn", { weight: 5, fits: isV3, commands: (order) => [exactIn(order, SENDER_TO_SENDER)] }),
  kind("v3ExactOut", { weight: 1, fits: isV3, commands: (order) => [exactOut(order, SENDER_TO_SENDER)] }),
  kind("noDeadline", {
    weight: 0.5,
    hasDeadline: false,
    fits: isOneFamily,
    commands: (order) => [exactIn(order, SENDER_TO_SENDER)],
  }),
  kind("permit", {
    weight: 1,
    fits: isOneFamily,
    commands: (order, { registry }) => [
      permit(order, registry.universalRouter),
      exactIn(order, SENDER_TO_SENDER),
    ],
  }),
  kind("nativeIn", {
    weight: 5,
    fits: nativeIn,
    commands: (order) => [wrap(order.amountIn), exactIn(order, OUT_OF_ROUTER)],
    value: ({ amountIn }) => amountIn,
  }),
  kind("nativeInExactOut", {
    weight: 1,
    fits: nativeIn,
    commands: (order) => [wrap(order.amountInMaximum), exactOut(order, OUT_OF_ROUTER), unwrap(0n)],
    value: ({ amountInMaximum }) => amountInMaximum,
  }),
  kind("nativeOut", {
    weight: 5,
    fits: nativeOut,
    commands: (order) => [exactIn(unbound(order), INTO_ROUTER), unwrap(order.amountOutMinimum)],
  }),
  kind("sweep", {
    weight: 0.7,
    fits: isOneFamily,
    commands: (order) => [
      exactIn(unbound(order), INTO_ROUTER),
      sweep(lastToken(order), order.amountOutMinimum),
    ],
  }),
  kind("portion", {
    weight: 1,
    fits: isOneFamily,
    commands: (order) => [
      exactIn(unbound(order), INTO_ROUTER),
      payPortion(lastToken(order)),
      sweep(lastToken(order), order.amountOutMinimum),
    ],
  }),
  kind("transferFrom", {
    weight: 0.7,
    fits: isOneFamily,
    commands: (order) => [
      transferIn(firstToken(order), order.amountIn),
      exactIn({ ...order, amountIn: BALANCE }, OUT_OF_ROUTER),
    ],
  }),
  kind("chained", { weight: 3, fits: isUniswap, commands: chained }),
  kind("split", { weight: 2, fits: (order) => besideV3(order) !== null, commands: split }),
  kind("subPlan", {
    weight: 0.5,
    fits: isOneFamily,
    commands: (order) => [subPlan([exactIn(order, SENDER_TO_SENDER)])],
  }),
  // The first plan fails and may: only the swap behind it happens.
  kind("optional", {
    weight: 0.5,
    fits: isOneFamily,
    commands: (order) => [
      subPlan([exactIn(impossible(order), SENDER_TO_SENDER)], true),
      exactIn(order, SENDER_TO_SENDER),
    ],
  }),
];
