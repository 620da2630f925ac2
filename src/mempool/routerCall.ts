import type { Router } from "../chain/registry.ts";
import type { Address, Hash } from "../chain/types.ts";

/** A router's place: the one who sent the transaction, the router's own balance, or an address that is named. */
export type Party = "sender" | "router" | Address;

/**
 * One swap that a transaction asks for. `path` and `feesPpm` run from the token paid to the token received, also where
 * the calldata has them reversed. `amount` is the exact side, `limit` the bound on the other, in raw units.
 */
export interface SwapCall {
  readonly type: "swap";
  readonly exact: "in" | "out";
  readonly amount: bigint;
  readonly limit: bigint;
  /** At least two tokens. */
  readonly path: readonly Address[];
  /** As in the registry. */
  readonly dex: string;
  /** Fee tier of each hop, in parts per million; null where the exchange has one pool a pair. */
  readonly feesPpm: readonly number[] | null;
  /** As the calldata names it; the router's own address where it stays there. */
  readonly recipient: Address;
  /** Seconds since 1970, after which the router reverts; null where it has none. */
  readonly deadline: bigint | null;
  /** The token may take a fee at each transfer: what it does is an estimate. */
  readonly feeOnTransfer: boolean;

  /** The whole balance of the router in the first token is paid: `amount` is not known before. */
  readonly amountIsBalance: boolean;
  /** Whose first token is paid. A `sender` may pay the wrapped coin with the transaction's value. */
  readonly payer: "sender" | "router";
  /** Who receives: "router" when the output stays there for the steps that follow. */
  readonly receiver: Party;
  /** Q64.96, where a single hop has a limit of price; 0: none. */
  readonly sqrtPriceLimitX96: bigint;
}

/** What a router does with its own balances between swaps. Native coins count as one of its balances. */
export type PaymentCall =
  /** Native into wrapped, all of it where `amount` is null; fails when there is less. */
  | { readonly type: "wrap"; readonly amount: bigint | null; readonly receiver: Party }
  /** All wrapped coins into native ones; fails below `minimum`. */
  | { readonly type: "unwrap"; readonly minimum: bigint; readonly receiver: Party }
  /** The whole balance of a token, null for native coins; fails below `minimum`. */
  | {
      readonly type: "sweep";
      readonly token: Address | null;
      readonly minimum: bigint;
      readonly receiver: Party;
    }
  /** Out of the router's balance: an amount, or a share of it in hundredths of a percent, rounded down. */
  | {
      readonly type: "pay";
      readonly token: Address | null;
      readonly amount: bigint;
      readonly unit: "raw" | "bips";
      readonly receiver: Party;
    }
  /**
   * The whole balance of a token, as native coins where it `unwraps`, which is then the wrapped coin: a fee, in hundredths
   * of a percent and rounded down, to one, the rest to the other; fails below `minimum`.
   */
  | {
      readonly type: "split";
      readonly token: Address;
      readonly unwraps: boolean;
      readonly minimum: bigint;
      readonly feeBips: bigint;
      readonly feeReceiver: Party;
      readonly receiver: Party;
    }
  /** From the sender into the router, or to whom is named. */
  | {
      readonly type: "pull";
      readonly token: Address;
      readonly amount: bigint;
      readonly receiver: Party;
    };

/** What the router may take from the sender by way of Permit2, in place of what it might take before. */
export interface Allowance {
  readonly token: Address;
  /** uint160; all ones: without end. */
  readonly amount: bigint;
  /** Seconds since 1970; 0: the block's own. */
  readonly expiration: bigint;
}

/** A permit of Permit2, which fails behind its deadline (seconds since 1970). For other spenders it allows nothing here. */
export interface PermitCall {
  readonly type: "permit";
  readonly allowances: readonly Allowance[];
  readonly deadline: bigint;
  /** It may fail for reasons that are not known, and the rest goes on. */
  readonly mayFail: boolean;
}

/** Steps of which none happens when one fails; the transaction goes on all the same. */
export interface OptionalCalls {
  readonly type: "optional";
  readonly calls: readonly RouterCall[];
}

export type RouterCall = SwapCall | PaymentCall | PermitCall | OptionalCalls;

/** Families of routers whose calls are read. */
export type ReadFamily = Exclude<Router["family"], "opaque">;

/** A transaction that a decoder has read wholly: nothing else of it touches a pool. */
export interface DecodedTransaction {
  readonly type: "decoded";
  /** The contract that was called, and how its kind trades. */
  readonly router: Address;
  readonly family: ReadFamily;
  /** It takes native coins from itself; others take them from the wrapped coin alone. */
  readonly takesCoins: boolean;
  /** The exchange with which it may not trade at all: its swaps there are estimates. */
  readonly unsureDex: string | null;
  /** Name of the function, as in its source; the outermost of a multicall. */
  readonly functionName: string;
  /** In order. */
  readonly calls: readonly RouterCall[];
  /** Seconds since 1970, after which the whole transaction reverts; null: none beside those of its swaps. */
  readonly deadline: bigint | null;
  /** The block that it must follow directly, else it reverts; null: any. */
  readonly parentHash: Hash | null;
}

/** Not read, and why; never a guess. `opaque`: a contract whose effect only a simulation tells. */
export interface UnsupportedTransaction {
  readonly type: "unsupported";
  readonly why: string;
  readonly opaque: boolean;
}

export type Decoding = DecodedTransaction | UnsupportedTransaction;

/** The swaps of a transaction, in order. */
export function swapsOf(calls: readonly RouterCall[]): readonly SwapCall[] {
  return calls.flatMap((call) =>
    call.type === "swap" ? [call] : call.type === "optional" ? swapsOf(call.calls) : [],
  );
}

/** Accounts that a transaction names as receivers of what its steps give: neither its sender nor its router. */
export function receiversOf(calls: readonly RouterCall[]): readonly Address[] {
  return calls.flatMap((call) => {
    if (call.type === "optional") return receiversOf(call.calls);
    if (call.type === "permit") return [];
    const named = call.type === "split" ? [call.receiver, call.feeReceiver] : [call.receiver];
    return named.flatMap((receiver) => (receiver === "sender" || receiver === "router" ? [] : [receiver]));
  });
}

/** Whether steps go by what the router has of its own, which anyone may add to. */
export function leansOnRouter(calls: readonly RouterCall[]): boolean {
  return calls.some((call) => {
    switch (call.type) {
      case "optional":
        return leansOnRouter(call.calls);
      case "swap":
        return call.amountIsBalance || call.payer === "router";
      case "wrap":
        return call.amount === null;
      case "permit":
      case "pull":
        return false;
      case "unwrap":
      case "sweep":
      case "split":
      case "pay":
        return true;
    }
  });
}
