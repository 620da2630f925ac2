import { losesOne, type PendingRef } from "./behind.ts";
import type { Channel, SendResult } from "./channels/channel.ts";
import type { Dispatch, ExecutionState, Standing } from "./context.ts";
import { textOf, type Refusal } from "./refusal.ts";

const rowAt = ({ standing }: ExecutionState, place: Channel): readonly Standing[] =>
  standing.get(place) ?? [];

/** Its bytes are on their way to the place: whatever was there by its name is there only where it is refused. */
export function standAt(state: ExecutionState, place: Channel, dispatch: Dispatch): void {
  if (place.cancel === undefined) return;
  state.standing.set(place, [...rowAt(state, place), { dispatch, answered: false }]);
}

/**
 * The place has answered: the bundle stands there, or what was there before it does. What that is, it is taken back when
 * it was withdrawn meanwhile. Never rejects.
 */
export async function answeredAt(
  state: ExecutionState,
  place: Channel,
  dispatch: Dispatch,
  { result }: SendResult,
): Promise<void> {
  const row = rowAt(state, place);
  const at = row.findIndex((each) => each.dispatch === dispatch);
  const own = row[at];
  // A newer one is there, whatever became of this one.
  if (own === undefined) return;
  own.answered = true;
  state.standing.set(place, result === "refused" ? row.toSpliced(at, 1) : row.slice(at));
  await takeBackAt(state, place);
}

/**
 * Takes the bundle back that stands at the place, where it was withdrawn. One that is still on its way may come there
 * behind our word: it is taken back once more when the place has answered.
 */
async function takeBackAt(state: ExecutionState, place: Channel): Promise<void> {
  const row = rowAt(state, place);
  const last = row.at(-1);
  if (last === undefined || last.dispatch.withdrawn === null) return;
  if (last.answered) state.standing.set(place, row.slice(0, -1));
  const { options, parts } = state;
  const { decision, bundle, withdrawn: reason } = last.dispatch;
  const answer = await place.cancel?.(bundle, { deadlineMs: options.sendTimeoutMs });
  parts.log.info(
    { intent: decision.intentId, channel: place.name, reason, ...answer },
    "bundle is taken back",
  );
}

async function withdraw(
  state: ExecutionState,
  dispatches: Iterable<Dispatch>,
  reason: string,
): Promise<void> {
  for (const dispatch of dispatches) dispatch.withdrawn = reason;
  await Promise.all([...state.standing.keys()].map((place) => takeBackAt(state, place)));
}

/**
 * Takes the bundles back whose trigger was replaced by its own sender: they hold the trigger's bytes, and would bring a
 * transaction into the block that its sender does not want any more. Where a place cannot, or it is too late, the fate
 * says so. Null: there is none behind what the newcomer replaces. Never rejects.
 */
export function withdrawBundles(state: ExecutionState, seen: PendingRef): Promise<void> | null {
  const lost = new Set<Dispatch>();
  for (const row of state.standing.values())
    for (const { dispatch } of row)
      if (dispatch.withdrawn === null && losesOne(dispatch.decision.behind, seen)) lost.add(dispatch);
  return lost.size === 0 ? null : withdraw(state, lost, "trigger replaced");
}

/**
 * Takes a bundle back that should not have gone, for this reason, wherever no newer one has its place: the two go by one
 * name. The engine hears of it now: its fate comes with the block. Never rejects.
 */
export async function takeBack(state: ExecutionState, dispatch: Dispatch, reason: Refusal): Promise<void> {
  state.tracker.doubt(dispatch.decision.intentId, textOf(reason));
  await withdraw(state, [dispatch], textOf(reason));
}
