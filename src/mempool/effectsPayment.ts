import type { Address } from "../chain/types.ts";
import { PERMIT2, REASONS } from "./effectsReasons.ts";
import { receive, take } from "./effectsRun.ts";
import type { Outcome, Run } from "./effectsRun.ts";
import type { Party, PaymentCall, PermitCall } from "./routerCall.ts";

const BIPS = 10_000n;
const share = (amount: bigint, bips: bigint): bigint => (amount * bips) / BIPS;

/** Books what a router gives out of its balance. All but old universal ones refuse native coins that they send themselves. */
export function give(run: Run, receiver: Party, token: Address | null, amount: bigint): Outcome {
  if (token === null && receiver === "router" && !run.takesCoins)
    return REASONS[run.dialect].payments.transferNative;
  receive(run, receiver, token, amount);
  return null;
}

/** Moves coins out of the router's balance; fails when there are too few. */
function send(run: Run, token: Address | null, amount: bigint, receiver: Party): Outcome {
  const { transferNative, transferToken } = REASONS[run.dialect].payments;
  if (!run.balances.debit(token, amount)) return token === null ? transferNative : transferToken;
  return give(run, receiver, token, amount);
}

/** Where a router's balances are not known any more, nothing can be said to fail. */
export function runPayment(run: Run, call: PaymentCall): Outcome {
  // An allowance is not one of them.
  if (call.type === "pull") return pull(run, call);
  const reason = payOut(run, call);
  return run.complete ? reason : null;
}

type Of<T extends PaymentCall["type"]> = Extract<PaymentCall, { type: T }>;

function pull(run: Run, { token, amount, receiver }: Of<"pull">): Outcome {
  const reason = take(run, token, amount);
  if (reason === null) receive(run, receiver, token, amount);
  return reason;
}

/** What a router does with its own balances. */
function payOut(run: Run, call: Exclude<PaymentCall, Of<"pull">>): Outcome {
  const { balances } = run;
  const { payments: reasons } = REASONS[run.dialect];
  switch (call.type) {
    case "wrap": {
      const amount = call.amount ?? balances.of(null);
      if (!balances.debit(null, amount)) return reasons.wrap;
      receive(run, call.receiver, run.context.wrappedNative, amount);
      return null;
    }
    case "unwrap":
      return unwrap(run, call);
    case "sweep": {
      const { token } = call;
      if (balances.of(token) < call.minimum) return token === null ? reasons.sweepNative : reasons.sweepToken;
      const amount = balances.drain(token);
      return amount === 0n ? null : give(run, call.receiver, token, amount);
    }
    case "split":
      return split(run, call);
    case "pay": {
      const { token, unit } = call;
      const amount = unit === "raw" ? call.amount : share(balances.of(token), call.amount);
      return send(run, token, amount, call.receiver);
    }
  }
}

function unwrap(run: Run, { minimum, receiver }: Of<"unwrap">): Outcome {
  const { balances, context, dialect } = run;
  if (balances.of(context.wrappedNative) < minimum) return REASONS[dialect].payments.unwrap;
  const amount = balances.drain(context.wrappedNative);
  // What it is to keep a universal router does not send (Payments.unwrapWETH9).
  if (dialect === "universal" && receiver === "router") balances.credit(null, amount);
  else if (amount > 0n) return give(run, receiver, null, amount);
  return null;
}

/** PeripheryPaymentsWithFee: a fee of nothing is not sent. */
function split(run: Run, { token, unwraps, minimum, feeBips, feeReceiver, receiver }: Of<"split">): Outcome {
  const { balances, dialect } = run;
  const { payments: reasons } = REASONS[dialect];
  if (balances.of(token) < minimum) return unwraps ? reasons.unwrap : reasons.sweepToken;
  const amount = balances.drain(token);
  if (amount === 0n) return null;
  const given = unwraps ? null : token;
  const fee = share(amount, feeBips);
  return (fee > 0n ? give(run, feeReceiver, given, fee) : null) ?? give(run, receiver, given, amount - fee);
}

/** AllowanceTransfer.permit. The signature and its nonce are taken for good. */
export function runPermit(run: Run, { allowances, deadline, mayFail }: PermitCall): Outcome {
  const { timestamp } = run.context;
  if (timestamp !== null && deadline < timestamp && !mayFail) return PERMIT2.signatureExpired;
  const allowed = new Map(run.allowances);
  for (const allowance of allowances)
    if (mayFail) allowed.delete(allowance.token);
    else allowed.set(allowance.token, allowance);
  run.allowances = allowed;
  return null;
}
