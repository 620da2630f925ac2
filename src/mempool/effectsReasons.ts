/**
 * How a family of routers trades and speaks. `v2Router`: UniswapV2Router02 and its forks; `periphery`: SwapRouter and
 * SwapRouter02; `algebra`: Algebra's, which calls the native coin by another name; `universal`: Universal Router.
 */
export type Dialect = "v2Router" | "periphery" | "algebra" | "universal";

/** What a contract that gives no reason, or one without a text, is known to answer. */
export const NO_REASON = "execution reverted";

/** What a pair says itself (UniswapV2Pair.swap). */
export const PAIR = {
  noOutput: "UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT",
  noLiquidity: "UniswapV2: INSUFFICIENT_LIQUIDITY",
  badRecipient: "UniswapV2: INVALID_TO",
  noInput: "UniswapV2: INSUFFICIENT_INPUT_AMOUNT",
  product: "UniswapV2: K",
  overflow: "UniswapV2: OVERFLOW",
} as const;

/** What a concentrated pool says itself; Algebra uses the same letters. */
export const POOL = { zeroAmount: "AS", priceLimit: "SPL", locked: "LOK" } as const;

/** Names of Permit2's errors. */
export const PERMIT2 = {
  signatureExpired: "SignatureExpired",
  allowanceExpired: "AllowanceExpired",
  insufficientAllowance: "InsufficientAllowance",
} as const;

interface V2Reasons {
  readonly tooLittle: string;
  readonly tooMuch: string;
  /** Of its library: nothing in, nothing out, an empty pair, more than the pair has, a product beyond uint256. */
  readonly noInput: string;
  readonly noOutput: string;
  readonly noLiquidity: string;
  readonly beyondReserve: string;
  readonly overflow: string;
}

interface ConcentratedReasons {
  readonly tooLittle: string;
  readonly tooMuch: string;
  /** The pool exchanged nothing. */
  readonly nothing: string;
  /** The pool gave less than an exact output. */
  readonly short: string;
}

interface PaymentReasons {
  readonly wrap: string;
  readonly unwrap: string;
  readonly sweepNative: string;
  readonly sweepToken: string;
  /** The router has less than it is to pay, or who is to receive coins refuses them. */
  readonly transferNative: string;
  readonly transferToken: string;
}

export interface Reasons {
  readonly expired: string;
  readonly identical: string;
  readonly v2: V2Reasons;
  readonly concentrated: ConcentratedReasons;
  readonly payments: PaymentReasons;
}

const PERIPHERY: Reasons = {
  expired: "Transaction too old",
  identical: NO_REASON,
  v2: {
    tooLittle: "Too little received",
    tooMuch: "Too much requested",
    noInput: "INSUFFICIENT_INPUT_AMOUNT",
    noOutput: "INSUFFICIENT_OUTPUT_AMOUNT",
    noLiquidity: NO_REASON,
    beyondReserve: NO_REASON,
    overflow: NO_REASON,
  },
  concentrated: {
    tooLittle: "Too little received",
    tooMuch: "Too much requested",
    nothing: NO_REASON,
    short: NO_REASON,
  },
  payments: {
    wrap: NO_REASON,
    unwrap: "Insufficient WETH9",
    sweepNative: "Insufficient ETH",
    sweepToken: "Insufficient token",
    transferNative: "STE",
    transferToken: "ST",
  },
};

/** The reverts' texts; for Universal Router, whose errors have no text, their names. */
export const REASONS: Readonly<Record<Dialect, Reasons>> = {
  v2Router: {
    ...PERIPHERY,
    expired: "UniswapV2Router: EXPIRED",
    identical: "UniswapV2Library: IDENTICAL_ADDRESSES",
    v2: {
      tooLittle: "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT",
      tooMuch: "UniswapV2Router: EXCESSIVE_INPUT_AMOUNT",
      noInput: "UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT",
      noOutput: "UniswapV2Library: INSUFFICIENT_OUTPUT_AMOUNT",
      noLiquidity: "UniswapV2Library: INSUFFICIENT_LIQUIDITY",
      beyondReserve: "ds-math-sub-underflow",
      overflow: "ds-math-mul-overflow",
    },
    payments: { ...PERIPHERY.payments, transferNative: "TransferHelper: ETH_TRANSFER_FAILED" },
  },
  periphery: PERIPHERY,
  algebra: { ...PERIPHERY, payments: { ...PERIPHERY.payments, unwrap: "Insufficient WNativeToken" } },
  universal: {
    expired: "TransactionDeadlinePassed",
    identical: NO_REASON,
    v2: {
      tooLittle: "V2TooLittleReceived",
      tooMuch: "V2TooMuchRequested",
      noInput: PAIR.noOutput,
      noOutput: PAIR.noOutput,
      noLiquidity: "InvalidReserves",
      beyondReserve: NO_REASON,
      overflow: NO_REASON,
    },
    concentrated: {
      tooLittle: "V3TooLittleReceived",
      tooMuch: "V3TooMuchRequested",
      nothing: "V3InvalidSwap",
      short: "V3InvalidAmountOut",
    },
    payments: {
      wrap: "InsufficientETH",
      unwrap: "InsufficientETH",
      sweepNative: "InsufficientETH",
      sweepToken: "InsufficientToken",
      transferNative: "ETH_TRANSFER_FAILED",
      transferToken: "TRANSFER_FAILED",
    },
  },
};
