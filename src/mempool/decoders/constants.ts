import type { Address, Hex } from "../../chain/types.ts";
import type { SwapCall } from "../routerCall.ts";
import { strictAddress } from "./calldata.ts";
import { type CallContext, partyOf } from "./routerFunction.ts";

// SwapRouter02's and Universal Router's names for who is meant (Constants.sol, ActionConstants.sol).
const MSG_SENDER: Address = `0x${"1".padStart(40, "0")}`;
const ADDRESS_THIS: Address = `0x${"2".padStart(40, "0")}`;

/** Who is meant by a word: the sender, the router, or the one that it names. */
export function mapped(word: Hex, context: CallContext): Pick<SwapCall, "recipient" | "receiver"> {
  const named = strictAddress(word);
  const recipient =
    named === MSG_SENDER ? context.sender : named === ADDRESS_THIS ? context.router.address : named;
  return { recipient, receiver: partyOf(recipient, context) };
}
