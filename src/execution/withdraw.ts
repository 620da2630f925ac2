import { losesOne, type PendingRef } from "./behind.ts";
import type { Dispatch, ExecutionState } from "./context.ts";
import { textOf, type Refusal } from "./refusal.ts";

/**
 * Takes a bundle back whose trigger was replaced by its own sender: it holds the trigger's bytes, and would bring a
 * transaction into the block that its sender does not want any more. Where a place cannot, or it is too late, the fate
 * says so. Null: there is none behind what the newcomer replaces. Never rejects.
 */
export function withdrawBundle(state: ExecutionState, seen: PendingRef): Promise<void> | null {
  const { lastBundle } = state;
  if (lastBundle === null || !losesOne(lastBundle.decision.behind, seen)) return null;
  state.lastBundle = null;
  return cancel(state, lastBundle, "trigger replaced, its bundle is taken back");
}

/**
 * Takes a bundle back that should not have gone, for this reason, unless a newer one has its place by now: the two go by
 * one name. The engine hears of it now: its fate comes with the block. Never rejects.
 */
export async function takeBack(state: ExecutionState, dispatch: Dispatch, reason: Refusal): Promise<void> {
  state.tracker.doubt(dispatch.decision.intentId, textOf(reason));
  if (state.lastBundle !== dispatch) return;
  state.lastBundle = null;
  await cancel(state, dispatch, "its simulation came too late, the bundle is taken back");
}

async function cancel(
  { options, parts }: ExecutionState,
  { decision, way, bundle }: Dispatch,
  message: string,
): Promise<void> {
  const deadline = { deadlineMs: options.sendTimeoutMs };
  const answers = await Promise.all(
    way.channels.map(async (channel) => await channel.cancel?.(bundle, deadline)),
  );
  parts.log.info({ intent: decision.intentId, answers }, message);
}
