import { parseAbiParameters } from "viem";
import type { Router } from "../../chain/registry.ts";
import type { Address, Hex } from "../../chain/types.ts";
import type { PermitCall, RouterCall, SwapCall } from "../routerCall.ts";
import { flag, read, reverts, sizeAt, strictAddress, uint, unread } from "./calldata.ts";
import { concentratedSwap, packedPath } from "./concentrated.ts";
import { mapped } from "./constants.ts";
import { THREE, TWO } from "./periphery.ts";
import { type CallContext, partyOf, swapCall } from "./routerFunction.ts";
import { ZERO_ADDRESS } from "./v3.ts";

export type UniversalRouter = Extract<Router, { family: "universal" }>;
export type UniversalContext = CallContext<UniversalRouter>;

/** The router reads inputs word by word, without looking where they end; here they must be whole. */
type ReadInput = (input: Uint8Array, context: UniversalContext, mayFail: boolean) => readonly RouterCall[];
type Exact = SwapCall["exact"];

const V3_SWAP = parseAbiParameters("bytes32, bytes32, bytes32, bytes, bytes32");
const V2_SWAP = parseAbiParameters("bytes32, bytes32, bytes32, bytes32[], bytes32");
const PERMIT = parseAbiParameters("bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes");
const PERMIT_BATCH = parseAbiParameters([
  "Batch batch, bytes signature",
  "struct Details { bytes32 token; bytes32 amount; bytes32 expiration; bytes32 nonce; }",
  "struct Batch { Details[] details; bytes32 spender; bytes32 deadline; }",
]);
const TRANSFERS = parseAbiParameters([
  "Transfer[] transfers",
  "struct Transfer { bytes32 from; bytes32 to; bytes32 amount; bytes32 token; }",
]);
const WORD = 32;
const PERMIT2_BITS = 160;

/** Stands for all that the router has (ActionConstants.CONTRACT_BALANCE). */
const CONTRACT_BALANCE = 1n << 255n;

type Common = Pick<
  SwapCall,
  "exact" | "amount" | "amountIsBalance" | "limit" | "payer" | "recipient" | "receiver"
>;

/** What swaps of both kinds begin with; behind the path stands who pays. */
function common(exact: Exact, words: readonly [Hex, Hex, Hex, Hex], context: UniversalContext): Common {
  const [recipient, amountWord, limit, payerIsUser] = words;
  const amount = uint(amountWord);
  const amountIsBalance = exact === "in" && amount === CONTRACT_BALANCE;
  const payer = flag(payerIsUser) ? "sender" : "router";
  if (amountIsBalance && payer === "sender") return unread("the sender pays what the router has");
  return { exact, amount, amountIsBalance, limit: uint(limit), payer, ...mapped(recipient, context) };
}

const PATH_AT = 3 * WORD;
const PRICES_AT = 5 * WORD;

/**
 * From 2.1.1 on a sixth argument lists the least price of each hop; the head's length, and with it where the path
 * stands, tells which of the two encodings it is. Only empty lists are read.
 */
function assertNoHopPrices(input: Uint8Array, { hopPrices }: UniversalRouter): void {
  const head = PRICES_AT + (hopPrices ? WORD : 0);
  if (sizeAt(input, PATH_AT) !== head) unread("its input is not packed as this router's are");
  if (hopPrices && sizeAt(input, sizeAt(input, PRICES_AT)) > 0) unread("it names a least price for each hop");
}

const v3Swap =
  (exact: Exact): ReadInput =>
  (input, context) => {
    assertNoHopPrices(input, context.router);
    const [recipient, amount, limit, path, payer] = read(V3_SWAP, input);
    const fields = common(exact, [recipient, amount, limit, payer], context);
    return [concentratedSwap(packedPath(path, exact), { ...fields, dex: context.router.dexV3 })];
  };

const v2Swap =
  (exact: Exact): ReadInput =>
  (input, context) => {
    const { dexV2, name } = context.router;
    if (dexV2 === null) return unread(`${name} has no V2 exchange`);
    assertNoHopPrices(input, context.router);
    const [recipient, amount, limit, tokens, payer] = read(V2_SWAP, input);
    const fields = common(exact, [recipient, amount, limit, payer], context);
    if (exact === "in" && fields.amount === 0n) return unread("its pair was paid before");
    return [swapCall({ ...fields, path: tokens.map(strictAddress), dex: dexV2 })];
  };

/** Address zero stands for native coins. */
const tokenOf = (word: Hex): Address | null => {
  const token = strictAddress(word);
  return token === ZERO_ADDRESS ? null : token;
};

const transfer: ReadInput = (input, context) => {
  const [word, to, value] = read(THREE, input);
  const token = tokenOf(word);
  const amount = uint(value);
  const { receiver } = mapped(to, context);
  return token !== null && amount === CONTRACT_BALANCE
    ? [{ type: "sweep", token, minimum: 0n, receiver }]
    : [{ type: "pay", token, amount, unit: "raw", receiver }];
};

const ALL_BIPS = 10_000n;
/** PAY_PORTION_FULL_PRECISION counts in parts of 10^18; those in whole hundredths of a percent are the same thing. */
const WAD_PER_BIP = 10n ** 14n;

const portion =
  (perBip: bigint): ReadInput =>
  (input, context) => {
    const [token, to, part] = read(THREE, input);
    const amount = uint(part) / perBip;
    if (amount > ALL_BIPS) return reverts("it pays more than all");
    if (amount * perBip !== uint(part) || amount === 0n) return unread("it pays a broken share");
    return [
      { type: "pay", token: tokenOf(token), amount, unit: "bips", receiver: mapped(to, context).receiver },
    ];
  };

/** Owners of what is transferred must be the sender; here receivers are addresses as they stand. */
const transferBatch: ReadInput = (input, context) =>
  read(TRANSFERS, input)[0].map(({ from, to, amount, token }) => {
    if (strictAddress(from) !== context.sender) return reverts("it moves what is not the sender's");
    const receiver = partyOf(strictAddress(to), context);
    return { type: "pull", token: strictAddress(token), amount: uint(amount, PERMIT2_BITS), receiver };
  });

const EXPIRATION_BITS = 48;

interface PermitTerms {
  readonly deadline: Hex;
  readonly mayFail: boolean;
  readonly context: UniversalContext;
}

/** A permit for somebody else leaves what the router may take as it was (AllowanceTransfer.permit). */
function permit(
  details: readonly { readonly token: Hex; readonly amount: Hex; readonly expiration: Hex }[],
  spender: Hex,
  { deadline, mayFail, context }: PermitTerms,
): PermitCall {
  const allowances = details.map(({ token, amount, expiration }) => ({
    token: strictAddress(token),
    amount: uint(amount, PERMIT2_BITS),
    expiration: uint(expiration, EXPIRATION_BITS),
  }));
  const isOurs = strictAddress(spender) === context.router.address;
  return { type: "permit", allowances: isOurs ? allowances : [], deadline: uint(deadline), mayFail };
}

/** Each command's input by its code (Commands.sol); what is not here, V4 and positions above all, is not read. */
export const COMMANDS: ReadonlyMap<number, ReadInput> = new Map<number, ReadInput>([
  [0x00, v3Swap("in")],
  [0x01, v3Swap("out")],
  [
    0x02, // PERMIT2_TRANSFER_FROM
    (input, context) => {
      const [token, to, amount] = read(THREE, input);
      const { receiver } = mapped(to, context);
      return [{ type: "pull", token: strictAddress(token), amount: uint(amount, PERMIT2_BITS), receiver }];
    },
  ],
  [
    0x03, // PERMIT2_PERMIT_BATCH
    (input, context, mayFail) => {
      const [{ details, spender, deadline }] = read(PERMIT_BATCH, input);
      return [permit(details, spender, { deadline, mayFail, context })];
    },
  ],
  [
    0x04, // SWEEP, whose minimum the router takes as uint160
    (input, context) => {
      const [token, to, minimum] = read(THREE, input);
      const { receiver } = mapped(to, context);
      return [{ type: "sweep", token: tokenOf(token), minimum: uint(minimum, PERMIT2_BITS), receiver }];
    },
  ],
  [0x05, transfer],
  [0x06, portion(1n)],
  [
    0x07, // PAY_PORTION_FULL_PRECISION, since 2.1.1
    (input, context, mayFail) =>
      context.router.hopPrices ? portion(WAD_PER_BIP)(input, context, mayFail) : reverts("command 0x07"),
  ],
  [0x08, v2Swap("in")],
  [0x09, v2Swap("out")],
  [
    0x0a, // PERMIT2_PERMIT
    (input, context, mayFail) => {
      const [token, amount, expiration, , spender, deadline] = read(PERMIT, input);
      return [permit([{ token, amount, expiration }], spender, { deadline, mayFail, context })];
    },
  ],
  [
    0x0b, // WRAP_ETH
    (input, context) => {
      const [to, word] = read(TWO, input);
      const amount = uint(word);
      const { receiver } = mapped(to, context);
      return [{ type: "wrap", amount: amount === CONTRACT_BALANCE ? null : amount, receiver }];
    },
  ],
  [
    0x0c, // UNWRAP_WETH
    (input, context) => {
      const [to, minimum] = read(TWO, input);
      return [{ type: "unwrap", minimum: uint(minimum), receiver: mapped(to, context).receiver }];
    },
  ],
  [0x0d, transferBatch],
  [
    0x0e, // BALANCE_CHECK_ERC20
    (input, _context, mayFail) => {
      read(THREE, input);
      return mayFail ? [] : unread("it looks at a balance");
    },
  ],
]);
