import type { Address } from "../chain/types.ts";
import { REASONS } from "./effectsReasons.ts";
import { receive } from "./effectsRun.ts";
import type { Outcome, Run } from "./effectsRun.ts";
import type { Party, PaymentCall } from "./routerCall.ts";

const BIPS = 10_000n;

/** Moves coins out of the router's balance; fails when there are too few. */
function send(run: Run, token: Address | null, amount: bigint, receiver: Party): Outcome {
  const { transferNative, transferToken } = REASONS[run.dialect].payments;
  if (!run.balances.debit(token, amount)) return token === null ? transferNative : transferToken;
  receive(run, receiver, token, amount);
  return null;
}

/** What a router does with its own balances. Where those are not known any more, nothing can be said to fail. */
export function runPayment(run: Run, call: PaymentCall): Outcome {
  const { balances, context } = run;
  const { payments: reasons } = REASONS[run.dialect];
  const wrapped = context.wrappedNative;
  const failed = (reason: string): Outcome => (run.complete ? reason : null);
  switch (call.type) {
    case "wrap": {
      const amount = call.amount ?? balances.of(null);
      if (!balances.debit(null, amount)) return failed(reasons.wrap);
      receive(run, call.receiver, wrapped, amount);
      return null;
    }
    case "unwrap": {
      if (balances.of(wrapped) < call.minimum) return failed(reasons.unwrap);
      receive(run, call.receiver, null, balances.drain(wrapped));
      return null;
    }
    case "sweep": {
      const { token } = call;
      const reason = token === null ? reasons.sweepNative : reasons.sweepToken;
      if (balances.of(token) < call.minimum) return failed(reason);
      receive(run, call.receiver, token, balances.drain(token));
      return null;
    }
    case "pay": {
      const { token, unit } = call;
      const amount = unit === "raw" ? call.amount : (balances.of(token) * call.amount) / BIPS;
      const reason = send(run, token, amount, call.receiver);
      return reason === null ? null : failed(reason);
    }
    case "pull":
      receive(run, call.receiver, call.token, call.amount);
      return null;
  }
}
