import type { Channel } from "./channel.ts";

/**
 * The channels that fit a plan. On settled state: all. `behind` a trigger: those that carry `[trigger, ours]`, and
 * where there are none, those that carry ours alone and do not hold it to the state before the trigger.
 */
export function channelsFor(channels: readonly Channel[], behind: boolean): readonly Channel[] {
  if (!behind) return channels;
  const open = channels.filter(({ promises }) => !promises.settledOnly);
  const bundles = open.filter(({ promises }) => promises.carries === "bundle");
  return bundles.length > 0 ? bundles : open;
}
