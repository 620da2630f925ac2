import type { ChainLog, Hash } from "../chain/types.ts";
import type { BlockLogs } from "./blockLogs.ts";
import { createLogFrames } from "./frames/logFrames.ts";
import type { Heads } from "./heads.ts";
import type { HeadTarget } from "./headTarget.ts";
import type { DecodedFrames } from "./logQuery.ts";
import type { NoticedLogs } from "./noticedLogs.ts";
import { parseLog } from "./parse.ts";
import type { FrameReader } from "./rpcConnection.ts";

/** Hears the log subscription: frames of the usual form are read in place, all others by the general decoder. */
export interface LogListener extends FrameReader {
  /** The result of a notification that `take` left. */
  readonly onLog: (value: unknown) => void;
  readonly stats: Readonly<DecodedFrames>;
}

interface LogListenerParts {
  readonly blockLogs: BlockLogs;
  readonly noticed: NoticedLogs;
  readonly heads: Heads;
  readonly target: HeadTarget;
}

export function createLogListener(
  options: { readonly topics: readonly Hash[] },
  { blockLogs, noticed, heads, target }: LogListenerParts,
): LogListener {
  const frames = createLogFrames({ topics: options.topics, pools: blockLogs.pools });
  const stats: DecodedFrames = { fast: 0, general: 0 };

  const note = (log: ChainLog, removed: boolean): void => {
    if (!removed) noticed.add(log);
    // Only a hint, since some nodes never send it and some send it late.
    else if (heads.holds(log.blockHash)) target.check();
  };

  return {
    follow: (subscription) => frames.follow(subscription),
    take: (frame) => {
      if (!frames.read(frame)) return false;
      stats.fast++;
      if (frames.record.pool >= 0) note(frames.chainLog(frame), frames.record.removed);
      return true;
    },
    onLog: (value) => {
      stats.general++;
      const noted = parseLog(value);
      if (noted === null || !blockLogs.watches(noted.log.address, noted.log.topics[0])) return;
      note(noted.log, noted.removed);
    },
    stats,
  };
}
